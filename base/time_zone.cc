#include "base/time_zone.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

namespace wardpulse {
namespace {

using std::chrono::year_month_day;

Time from_absl(absl::Time time) { return from_ms(absl::ToUnixMillis(time)); }
absl::Time to_absl(Time time) { return absl::FromUnixMillis(to_ms(time)); }

// Abseil also opens paths, "localtime" and leap-second zones; those would make a number depend on the machine.
bool is_iana_form(const std::string& name) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
  return !name.empty() && name.find_first_not_of(kAllowed) == std::string::npos && name.front() != '/' &&
         name != "localtime" && !name.starts_with("right/");
}

year_month_day to_date(absl::CivilDay day) {
  return {std::chrono::year{static_cast<int>(day.year())}, std::chrono::month{static_cast<unsigned>(day.month())},
          std::chrono::day{static_cast<unsigned>(day.day())}};
}

// First moment of a local day: its first midnight, or the clock change that skipped midnight.
Time start_of(const absl::TimeZone& zone, absl::CivilDay day) {
  const absl::TimeZone::TimeInfo info = zone.At(absl::CivilSecond(day));
  return from_absl(info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre);
}

bool contains(const TimeSpan& span, Time time) { return span.start <= time && time < span.end; }

} // namespace

struct TimeZone::Impl {
  std::string name;
  absl::TimeZone zone;

  // The local day that holds `time`. Clocks that go back over midnight show a date, then the day before, then the date
  // again: the day begins at its first midnight, so that days never overlap.
  absl::CivilDay civil_day(Time time) const {
    absl::CivilDay day(zone.At(to_absl(time)).cs);
    if (time >= start_of(zone, day + 1)) ++day;
    return day;
  }
};

TimeZone::TimeZone(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

Result<TimeZone> TimeZone::load(const std::string& iana_name) {
  absl::TimeZone zone;
  if (!is_iana_form(iana_name) || !absl::LoadTimeZone(iana_name, &zone)) {
    return fail("time zone '" + iana_name + "' is not known here",
                "give an IANA name such as Europe/Stockholm or UTC; the zones come from package tzdata");
  }
  return TimeZone(std::make_shared<const Impl>(Impl{iana_name, zone}));
}

TimeZone TimeZone::utc() { return TimeZone(std::make_shared<const Impl>(Impl{"UTC", absl::UTCTimeZone()})); }

const std::string& TimeZone::name() const { return impl_->name; }

TimeSpan TimeZone::day(Time time) const {
  if (!contains(day_cache_, time)) {
    const absl::CivilDay day = impl_->civil_day(time);
    day_cache_ = {start_of(impl_->zone, day), start_of(impl_->zone, day + 1)};
  }
  return day_cache_;
}

TimeSpan TimeZone::month(Time time) const {
  if (!contains(month_cache_, time)) {
    const absl::CivilMonth month(impl_->civil_day(time));
    month_cache_ = {start_of(impl_->zone, absl::CivilDay(month)), start_of(impl_->zone, absl::CivilDay(month + 1))};
  }
  return month_cache_;
}

year_month_day TimeZone::date(Time time) const { return to_date(impl_->civil_day(time)); }

std::chrono::seconds TimeZone::utc_offset(Time time) const {
  return std::chrono::seconds{impl_->zone.At(to_absl(time)).offset};
}

LocalTime TimeZone::from_local(year_month_day date, Duration time_of_day) const {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time_of_day);
  const absl::CivilDay day(static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
                           static_cast<int>(static_cast<unsigned>(date.day())));
  const absl::TimeZone::TimeInfo info = impl_->zone.At(absl::CivilSecond(day) + seconds.count());
  const Time time = from_absl(info.pre) + (time_of_day - seconds);
  switch (info.kind) {
    case absl::TimeZone::TimeInfo::SKIPPED: return {time, LocalTimeKind::kSkipped};
    case absl::TimeZone::TimeInfo::REPEATED: return {time, LocalTimeKind::kRepeated};
    case absl::TimeZone::TimeInfo::UNIQUE: break;
  }
  return {time, LocalTimeKind::kUnique};
}

} // namespace wardpulse
