// Event time and durations: integer milliseconds, never floating point.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wardpulse {

using Duration = std::chrono::milliseconds;
// A moment, in milliseconds since 1970-01-01T00:00:00Z (proleptic Gregorian, no leap seconds).
using Time = std::chrono::sys_time<Duration>;

inline constexpr Time kNever = Time::min();   // before every event
inline constexpr Time kForever = Time::max(); // after every event

constexpr std::int64_t to_ms(Time time) { return time.time_since_epoch().count(); }
constexpr Time from_ms(std::int64_t ms) { return Time{Duration{ms}}; }

// RFC 3339 with offset ("2026-11-21T13:41:07.250Z", "...+01:00"). Digits after the third decimal are
// cut off, not rounded; second 60 is refused, as are dates that do not exist and years outside 0001..9999.
std::optional<Time> parse_rfc3339(std::string_view text);

// The same for what format_rfc3339 wrote. Windows and watermarks of the first and the last events that there may be reach beyond these
// years: the year before, written 0000, and the one after, 10000.
std::optional<Time> parse_written_rfc3339(std::string_view text);

// UTC with three decimals, or none when `time` is a whole second: "2026-11-21T13:41:07.250Z".
std::string format_rfc3339(Time time);
// The same moment with a fixed offset: "2017-02-21T00:00:00+01:00" (offset zero is written "Z").
std::string format_rfc3339(Time time, std::chrono::seconds utc_offset);

// A calendar date "2026-11-21"; nullopt when it is not one.
std::optional<std::chrono::year_month_day> parse_date(std::string_view text);
std::string format_date(std::chrono::year_month_day date);

// "250ms", "5s", "10m", "48h", "31d"; whole numbers only.
std::optional<Duration> parse_duration(std::string_view text);
// The shortest exact form: 600000 ms -> "10m".
std::string format_duration(Duration duration);

} // namespace wardpulse
