#include "base/time_format.h"

#include <gtest/gtest.h>

namespace wardpulse {
namespace {

// In RFC 3339, with "skipped" or "repeated" behind it; "-": it does not read.
std::string read(const std::string& form, const std::string& text, const std::string& zone = "UTC") {
  const auto format = TimeFormat::parse(form);
  if (!format) return format.error().message;
  const auto written = format->read(text);
  if (!written) return "-";
  const auto at = *TimeZone::load(zone);
  const auto local = *resolve(*written, &at);
  const std::string kind = local.kind == LocalTimeKind::kSkipped ? " skipped" : local.kind == LocalTimeKind::kRepeated ? " repeated" : "";
  return format_rfc3339(local.time) + kind;
}

TEST(TimeFormat, Iso) {
  EXPECT_EQ(read("iso", "2026-11-21T13:41:07.2504Z"), "2026-11-21T13:41:07.250Z");
  EXPECT_EQ(read("iso", "2026-11-21 13:41"), "2026-11-21T13:41:00Z");
  EXPECT_EQ(read("iso", "2026-11-21T13:41:07+05:30"), "2026-11-21T08:11:07Z");
  EXPECT_EQ(read("iso", "2026-11-21 13:41:07 UTC", "Asia/Tokyo"), "2026-11-21T13:41:07Z");
  EXPECT_EQ(read("iso", "2026-11-21T24:00:00"), "2026-11-22T00:00:00Z");
  for (const char* bad : {"2026-11-21", "2026-02-30T10:00", "2026-11-21T25:00", "2026-11-21T24:01", "2026-11-21T10:60", "21.11.2026 10:00", "", " ", "NaN"}) {
    EXPECT_EQ(read("iso", bad), "-") << bad;
  }
}

TEST(TimeFormat, Epoch) {
  EXPECT_EQ(read("unix", "1767225600", "Asia/Kolkata"), "2026-01-01T00:00:00Z");
  EXPECT_EQ(read("unix", "1767225600.1239"), "2026-01-01T00:00:00.123Z");
  EXPECT_EQ(read("unix", "-1230768000"), "1931-01-01T00:00:00Z");
  EXPECT_EQ(read("unix_ms", "1767225600123"), "2026-01-01T00:00:00.123Z");
  EXPECT_EQ(read("unix_ms", "6942585600000.75"), "2190-01-01T00:00:00Z");
  for (const char* bad : {"1e9", "--1", "12,5", "99999999999999", "0x10", "1767225600 s"}) EXPECT_EQ(read("unix", bad), "-") << bad;
}

TEST(TimeFormat, Letters) {
  EXPECT_EQ(read("%d/%m/%Y %H:%M", "1/2/2026 9:05"), "2026-02-01T09:05:00Z");
  EXPECT_EQ(read("%m/%d/%Y %I:%M %p", "02/01/2026 12:05 AM"), "2026-02-01T00:05:00Z");
  EXPECT_EQ(read("%m/%d/%Y %I:%M %p", "02/01/2026   12:05 p.m."), "2026-02-01T12:05:00Z");
  EXPECT_EQ(read("%m/%d/%Y %I:%M:%S%p", "2/1/2026 1:05:59PM"), "2026-02-01T13:05:59Z");
  EXPECT_EQ(read("%b %d, %Y %R", "Mar 2, 2026 13:05"), "2026-03-02T13:05:00Z");
  EXPECT_EQ(read("%A, %e %B %Y", "Monday,  2 march 2026"), "2026-03-02T00:00:00Z");
  EXPECT_EQ(read("%Y%m%d%H%M%S", "20260302130559"), "2026-03-02T13:05:59Z");
  EXPECT_EQ(read("%y%j", "26061"), "2026-03-02T00:00:00Z");
  EXPECT_EQ(read("%d.%m.%y", "02.03.69"), "1969-03-02T00:00:00Z");
  EXPECT_EQ(read("%F %T.%f%z", "2026-03-02 13:05:59.5-0330"), "2026-03-02T16:35:59.500Z");
  EXPECT_EQ(read("%-d.%-m.%Y", "2.3.2026"), "2026-03-02T00:00:00Z");
  EXPECT_EQ(read("%m/%d/%Y %I:%M %p", "02/01/2026 13:05 PM"), "-");
  EXPECT_EQ(read("%d/%m/%Y", "31/04/2026"), "-");
  EXPECT_EQ(read("%d/%m/%Y", "30/04/2026 "), "-");
}

TEST(TimeFormat, RefusesWhatGivesNoMoment) {
  EXPECT_EQ(read("%H:%M", ""), "format '%H:%M' does not give a whole date");
  EXPECT_EQ(read("%Y-%m", ""), "format '%Y-%m' does not give a whole date");
  EXPECT_EQ(read("%Y-%m-%d %Q", ""), "format '%Y-%m-%d %Q' has %Q, which is not known");
  EXPECT_EQ(read("%Y-%m-%d %", ""), "format '%Y-%m-%d %' ends in a single %");
  EXPECT_EQ(read("%Y-%m-%d %I", ""), "format '%Y-%m-%d %I' has only one of %I and %p");
}

TEST(TimeFormat, LocalTimesThatTheClockChangeSkipsOrRepeats) {
  EXPECT_EQ(read("iso", "2026-03-29 02:30", "Europe/Stockholm"), "2026-03-29T01:30:00Z skipped");
  EXPECT_EQ(read("iso", "2026-10-25 02:30", "Europe/Stockholm"), "2026-10-25T00:30:00Z repeated");
  EXPECT_EQ(read("iso", "2026-10-25 02:30+01:00", "Europe/Stockholm"), "2026-10-25T01:30:00Z");
  EXPECT_EQ(read("iso", "2026-03-08 02:00", "America/New_York"), "2026-03-08T07:00:00Z skipped");
  EXPECT_EQ(read("iso", "2026-04-05 01:45", "Australia/Lord_Howe"), "2026-04-04T14:45:00Z repeated"); // half an hour back
}

TEST(TimeFormat, ZonesOfOtherTimesAndWithOddOffsets) {
  EXPECT_EQ(read("iso", "2026-06-01 12:00", "Asia/Kathmandu"), "2026-06-01T06:15:00Z");
  EXPECT_EQ(read("iso", "2026-06-01 12:00", "America/St_Johns"), "2026-06-01T14:30:00Z");
  EXPECT_EQ(read("iso", "1931-07-01 12:00", "Europe/London"), "1931-07-01T11:00:00Z");     // summer time was there
  EXPECT_EQ(read("iso", "1941-07-01 12:00", "Europe/London"), "1941-07-01T10:00:00Z");     // double summer time
  EXPECT_EQ(read("iso", "2190-07-01 12:00", "Europe/Stockholm"), "2190-07-01T10:00:00Z");  // rules go on
  EXPECT_EQ(read("iso", "2190-01-01 12:00", "America/New_York"), "2190-01-01T17:00:00Z");
}

TEST(TimeFormat, WithoutZoneALocalTimeIsNoMoment) {
  const auto iso = *TimeFormat::parse("iso");
  EXPECT_FALSE(resolve(*iso.read("2026-06-01 12:00"), nullptr));
  EXPECT_TRUE(resolve(*iso.read("2026-06-01 12:00Z"), nullptr));
}

} // namespace
} // namespace wardpulse
