// Local days and months of one IANA time zone, with the zone's real clock changes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace wardpulse {

struct TimeSpan {
  Time start; // inclusive
  Time end;   // exclusive
  friend bool operator==(const TimeSpan&, const TimeSpan&) = default;
};

// How a local time without offset was turned into a moment.
enum class LocalTimeKind {
  kUnique,
  kSkipped,  // did not exist (clocks went forward): the moment with the offset in force before the change
  kRepeated, // existed twice (clocks went back): the earlier of the two
};

struct LocalTime {
  Time time;
  LocalTimeKind kind;
};

// Copyable and cheap to copy. Const calls may run concurrently from copies on different threads; one object
// keeps a one-entry cache and must not be shared between threads.
class TimeZone {
 public:
  static Result<TimeZone> load(const std::string& iana_name); // "Europe/Stockholm", "UTC"
  static TimeZone utc();

  const std::string& name() const;
  // [midnight, next midnight) around `time`: 23, 24 or 25 hours. A day whose midnight is skipped starts at the
  // first moment that has its date.
  TimeSpan day(Time time) const;
  TimeSpan month(Time time) const;
  std::chrono::year_month_day date(Time time) const;
  std::chrono::seconds utc_offset(Time time) const;
  LocalTime from_local(std::chrono::year_month_day date, Duration time_of_day) const;

 private:
  struct Impl;
  explicit TimeZone(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
  mutable TimeSpan day_cache_{kNever, kNever};
  mutable TimeSpan month_cache_{kNever, kNever};
};

} // namespace wardpulse
