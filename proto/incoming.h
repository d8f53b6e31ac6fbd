// One JSON record from outside, by file or by HTTP: a whole envelope, or one of the two short forms, which are turned into
// an envelope. What is made here has a digest of the record as its event_id, so that a repeat is a duplicate and not a
// second event.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/time_zone.h"
#include "proto/codec.h"
#include "proto/json_scanner.h"

namespace wardpulse {

// Digest of a record's content: an event_id that is the same whenever the same content comes again.
std::string content_id(std::string_view content);

struct Incoming {
  Topic topic{};
  const Event* event = nullptr; // like `envelope`, valid until the next read()
  std::string_view envelope;    // the record's bytes for Kafka
  LocalTimeKind local_time = LocalTimeKind::kUnique; // how a time without offset was understood
};

// Not thread-safe; reuses its buffers.
class IncomingReader {
 public:
  explicit IncomingReader(TimeZone zone) : zone_(std::move(zone)) {} // of times without offset in short forms

  // Judges as the consumer's decoder does. A record that is taken may still break a quality rule.
  tl::expected<Incoming, Rejection> read(std::string_view record);

 private:
  using Done = tl::expected<void, Rejection>;

  // Each fills in the topic and the envelope's bytes.
  Done read_envelope(std::string_view record);
  Done read_step(std::string_view record);
  Done read_check_in();
  const JsonMember* member(std::string_view name) const;
  Done text_of(std::string_view name, bool required, std::string_view* out) const;
  Done time_of(std::string_view name, Time* out);

  const TimeZone zone_;
  JsonScanner scanner_;
  Decoder decoder_;
  Topic topic_{};
  LocalTimeKind local_time_{};
  std::string envelope_;
};

} // namespace wardpulse
