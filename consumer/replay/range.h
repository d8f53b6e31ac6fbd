// --from and --to: what may be written there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/time.h"

namespace wardpulse::consumer {

using OffsetTable = std::map<std::pair<std::string, std::int32_t>, std::int64_t>; // by topic and partition

struct RangeEnd {
  enum class Kind { kEarliest, kLatest, kEventTime, kLogTime, kOffsets } kind{};
  Time time{};         // kEventTime, kLogTime
  OffsetTable offsets; // kOffsets
};

// "earliest", "latest", an RFC 3339 time, or the path of a file of offsets.
Result<RangeEnd> parse_range_end(const std::string& text, bool log_time);
// Lines "topic,partition,offset", as kafka-consumer-groups.sh writes and reads them; blank lines and # comments too.
Result<OffsetTable> parse_offsets_file(std::string_view text, const std::string& name);
// "7d", "12h", and the ISO 8601 form of Kafka's tools: "P7DT12H30M".
std::optional<Duration> parse_by_duration(std::string_view text);

} // namespace wardpulse::consumer
