// Reads events from JSON lines: whole envelopes, and the two short forms.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time_zone.h"
#include "producer/imported.h"
#include "producer/input_files.h"
#include "producer/message.h"
#include "producer/rejects.h"
#include "proto/codec.h"
#include "proto/json_scanner.h"

namespace wardpulse::producer {

// One record to one message. Not thread-safe; reuses its buffers.
class JsonLine {
 public:
  explicit JsonLine(TimeZone zone) : zone_(std::move(zone)) {} // of times without offset in short forms

  // Why it cannot be sent, or nothing. A record that can be sent may still break a quality rule: that is for the consumer
  // to judge. With a shift, times move and what the engine does not read is left out.
  std::string read(std::string_view line, Duration shift, Message* out, LocalTimeCounts* counts);

 private:
  // Each fills in the topic and the envelope's bytes.
  std::string read_envelope(std::string_view line);
  std::string read_step(std::string_view line, LocalTimeCounts* counts);
  std::string read_check_in(LocalTimeCounts* counts);
  const JsonMember* member(std::string_view name) const;
  std::string text_of(std::string_view name, bool required, std::string_view* out) const;
  std::string time_of(std::string_view name, LocalTimeCounts* counts, Time* out) const;

  const TimeZone zone_;
  JsonScanner scanner_;
  Decoder decoder_;
  Topic topic_{};
  std::string envelope_;
};

Result<Imported> read_json_lines(const std::vector<std::string>& paths, const TimeZone& zone, Duration shift,
                                 InputFiles* files, Rejects* rejects);

} // namespace wardpulse::producer
