#include "base/time_zone.h"

#include <gtest/gtest.h>

namespace wardpulse {
namespace {

using namespace std::chrono_literals;
using std::chrono::year;

Time time(const char* text) { return parse_rfc3339(text).value(); }
TimeZone zone(const char* name) { return TimeZone::load(name).value(); }
TimeSpan span(const char* start, const char* end) { return {time(start), time(end)}; }

TEST(TimeZone, RefusesWhatIsNotAnIanaName) {
  for (const char* name : {"", "Europe/Malmo", "localtime", "/etc/localtime", "../zoneinfo/UTC", "right/UTC",
                           "Fixed/UTC+01:00:00", "libc:localtime", "CEST"}) {
    const auto loaded = TimeZone::load(name);
    ASSERT_FALSE(loaded.has_value()) << name;
    EXPECT_NE(loaded.error().message.find("'" + std::string(name) + "'"), std::string::npos);
  }
}

TEST(TimeZone, UtcDaysAreAligned) {
  for (const TimeZone& utc : {TimeZone::utc(), zone("UTC")}) {
    EXPECT_EQ(utc.name(), "UTC");
    EXPECT_EQ(utc.day(time("2026-11-21T23:59:59.999Z")), span("2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"));
    EXPECT_EQ(utc.day(time("2026-11-22T00:00:00Z")), span("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"));
    EXPECT_EQ(utc.month(time("2024-02-29T12:00:00Z")), span("2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"));
  }
}

TEST(TimeZone, DaysOfClockChangesHave23And25Hours) {
  const TimeZone stockholm = zone("Europe/Stockholm");
  const TimeSpan spring = stockholm.day(time("2017-03-26T10:00:00Z"));
  EXPECT_EQ(spring, span("2017-03-26T00:00:00+01:00", "2017-03-27T00:00:00+02:00"));
  EXPECT_EQ(spring.end - spring.start, 23h);
  const TimeSpan autumn = stockholm.day(time("2017-10-29T10:00:00Z"));
  EXPECT_EQ(autumn, span("2017-10-29T00:00:00+02:00", "2017-10-30T00:00:00+01:00"));
  EXPECT_EQ(autumn.end - autumn.start, 25h);
  EXPECT_EQ(stockholm.month(time("2017-03-31T22:00:00Z")),
            span("2017-04-01T00:00:00+02:00", "2017-05-01T00:00:00+02:00"));
  EXPECT_EQ(stockholm.utc_offset(spring.start), 1h);
  EXPECT_EQ(stockholm.utc_offset(spring.end), 2h);
}

TEST(TimeZone, KnowsTheFarPastAndFuture) {
  const TimeZone stockholm = zone("Europe/Stockholm");
  EXPECT_EQ(stockholm.day(time("1931-07-01T12:00:00Z")),
            span("1931-07-01T00:00:00+01:00", "1931-07-02T00:00:00+01:00")); // no summer time then
  EXPECT_EQ(stockholm.day(time("2190-07-01T12:00:00Z")),
            span("2190-07-01T00:00:00+02:00", "2190-07-02T00:00:00+02:00"));
  EXPECT_EQ(stockholm.date(time("2190-01-31T23:30:00Z")), year{2190} / 2 / 1);
  EXPECT_EQ(stockholm.day(time("0001-01-01T12:00:00Z")).end - stockholm.day(time("0001-01-01T12:00:00Z")).start, 24h);
}

TEST(TimeZone, ADayWithoutMidnightStartsAtItsFirstMoment) {
  const TimeZone sao_paulo = zone("America/Sao_Paulo"); // 2017-10-15: 00:00 became 01:00
  EXPECT_EQ(sao_paulo.day(time("2017-10-15T12:00:00Z")),
            span("2017-10-15T01:00:00-02:00", "2017-10-16T00:00:00-02:00"));
  const TimeZone apia = zone("Pacific/Apia"); // had no 2011-12-30
  EXPECT_EQ(apia.day(time("2011-12-30T09:00:00Z")), span("2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00"));
  EXPECT_EQ(apia.date(time("2011-12-30T10:00:00Z")), year{2011} / 12 / 31);
}

TEST(TimeZone, ADayWithTwoMidnightsStartsAtTheFirst) {
  const TimeZone st_johns = zone("America/St_Johns"); // 2010-11-07: 00:01 became 23:01 of the day before
  const TimeSpan day = span("2010-11-07T00:00:00-02:30", "2010-11-08T00:00:00-03:30");
  for (const char* moment : {"2010-11-07T00:00:30-02:30", "2010-11-06T23:30:00-03:30", "2010-11-07T00:00:00-03:30"}) {
    EXPECT_EQ(st_johns.day(time(moment)), day) << moment;
    EXPECT_EQ(st_johns.date(time(moment)), year{2010} / 11 / 7) << moment;
  }
  EXPECT_EQ(st_johns.day(day.start - 1ms).end, day.start);
}

TEST(TimeZone, DaysAndMonthsTileTheTime) {
  for (const char* name : {"Europe/Stockholm", "America/St_Johns", "America/Sao_Paulo", "Pacific/Apia",
                           "Pacific/Kwajalein", "Africa/Cairo", "Asia/Kathmandu", "Australia/Lord_Howe"}) {
    const TimeZone local = zone(name);
    const auto tile = [&](Time from, Time to, auto span_of) {
      Time at = span_of(from).start;
      while (at < to) {
        const TimeSpan tile_span = span_of(at);
        ASSERT_EQ(tile_span.start, at) << name << " " << format_rfc3339(at);
        ASSERT_EQ(span_of(tile_span.end - 1ms), tile_span) << name << " " << format_rfc3339(at);
        at = tile_span.end;
      }
    };
    const auto day_of = [&](Time moment) { return local.day(moment); };
    const auto month_of = [&](Time moment) { return local.month(moment); };
    tile(time("1931-01-01T00:00:00Z"), time("2040-01-01T00:00:00Z"), day_of);
    tile(time("2188-01-01T00:00:00Z"), time("2191-01-01T00:00:00Z"), day_of);
    tile(time("1931-01-01T00:00:00Z"), time("2191-01-01T00:00:00Z"), month_of);
  }
}

TEST(TimeZone, LocalTimesThatAreSkippedOrRepeatedAreTold) {
  const TimeZone stockholm = zone("Europe/Stockholm");
  const auto unique = stockholm.from_local(year{2017} / 2 / 21, 9h + 30min + 125ms);
  EXPECT_EQ(unique.kind, LocalTimeKind::kUnique);
  EXPECT_EQ(unique.time, time("2017-02-21T09:30:00.125+01:00"));
  const auto skipped = stockholm.from_local(year{2017} / 3 / 26, 2h + 30min);
  EXPECT_EQ(skipped.kind, LocalTimeKind::kSkipped);
  EXPECT_EQ(skipped.time, time("2017-03-26T02:30:00+01:00"));
  const auto repeated = stockholm.from_local(year{2017} / 10 / 29, 2h + 30min);
  EXPECT_EQ(repeated.kind, LocalTimeKind::kRepeated);
  EXPECT_EQ(repeated.time, time("2017-10-29T02:30:00+02:00"));
}

} // namespace
} // namespace wardpulse
