// Bytes of a record <-> Event. Reading checks everything that can be judged from the record alone and its topic.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "proto/event.h"
#include "proto/rejection.h"

namespace wardpulse {

inline constexpr std::size_t kMaxRecordBytes = 1 << 20; // larger: too_large

// Not thread-safe: one decoder a thread. Reuses its buffers; no allocation per event once warm.
class Decoder {
 public:
  Decoder();
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  // Judges in this order: too_large, malformed_json, bad_type (not an object), unsupported_schema,
  // unknown_event_type (also: not a type of `topic`), missing_field, bad_type (also text length), bad_time. The event
  // stays valid until the next call. `bytes` need no padding. A record without a value (tombstone) is malformed_json.
  tl::expected<const Event*, Rejection> decode(Topic topic, std::string_view bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Appends the event as one JSON object in the envelope's field order, fields that are absent left out.
// REQUIRES: the fields that event.type requires are set.
void encode_event(const Event& event, std::string* out);

// The message key: patient_id, or entity_id on topic workflow.
std::string_view event_key(const Event& event);
Topic event_topic(EventType type); // kHeartbeat: kCheckins

} // namespace wardpulse
