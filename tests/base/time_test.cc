#include "base/time.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>

#include <fmt/format.h>

namespace wardpulse {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::year;

Time at(int y, int month, int day, Duration of_day = 0ms) {
  return Time{sys_days{year{y} / month / day}} + of_day;
}

TEST(ParseTime, ReadsWholeSecondsFractionsAndOffsets) {
  const Time noon = at(2026, 11, 21, 12h);
  const std::pair<const char*, Time> cases[] = {
      {"2026-11-21T12:00:00Z", noon},
      {"2026-11-21t12:00:00z", noon},
      {"2026-11-21T12:00:00.5Z", noon + 500ms},
      {"2026-11-21T12:00:00.25Z", noon + 250ms},
      {"2026-11-21T12:00:00.007Z", noon + 7ms},
      {"2026-11-21T12:00:00.0079999999Z", noon + 7ms}, // cut off, not rounded
      {"2026-11-21T13:30:00+01:30", noon},
      {"2026-11-21T00:00:00-12:00", noon},
      {"2026-11-21T12:00:00-00:00", noon},
      {"2026-11-22T11:59:00+23:59", noon},
      {"1931-02-28T23:59:59.999Z", at(1931, 2, 28, 24h - 1ms)},
      {"2000-02-29T00:00:00Z", at(2000, 2, 29)},
      {"2190-12-31T23:59:59Z", at(2190, 12, 31, 24h - 1s)},
      {"0001-01-01T00:00:00Z", at(1, 1, 1)},
      {"9999-12-31T23:59:59.999Z", at(9999, 12, 31, 24h - 1ms)},
  };
  for (const auto& [text, time] : cases) EXPECT_EQ(parse_rfc3339(text), time) << text;
}

TEST(ParseTime, RefusesWhatIsNotAMoment) {
  for (const char* text :
       {"", "2026", "2026-11-21", "2026-11-21T12:00Z", "2026-11-21T12:00:00", "2026-11-21 12:00:00Z",
        "2026-11-21T12:00:00.Z", "2026-11-21T12:00:00.5", "2026-11-21T12:00:00,5Z", "2026-11-21T12:00:00Zx",
        " 2026-11-21T12:00:00Z", "2026-11-21T12:00:00Z ", "2026-11-21T24:00:00Z", "2026-11-21T12:60:00Z",
        "2026-11-21T12:00:60Z", "2026-02-29T12:00:00Z", "1900-02-29T12:00:00Z", "2026-00-10T12:00:00Z",
        "2026-13-10T12:00:00Z", "2026-04-31T12:00:00Z", "2026-04-00T12:00:00Z", "0000-12-31T12:00:00Z",
        "2026-11-21T12:00:00+24:00", "2026-11-21T12:00:00+01:60", "2026-11-21T12:00:00+0100",
        "2026-11-21T12:00:00+1:00", "2026-11-21T12:00:00+01", "2026-1-21T12:00:00Z", "+026-11-21T12:00:00Z",
        "2026-11-21T12:00:-1Z", "20261121T120000Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

// Every prefix and every changed byte of a good text is refused or a time: never a crash, never past the end.
TEST(ParseTime, HoldsOnMutilatedTexts) {
  const std::string good = "2026-11-21T13:41:07.250+01:00";
  for (std::size_t size = 0; size < good.size(); ++size) {
    const std::string exact(good, 0, size); // its own allocation: a sanitizer sees a read past the end
    EXPECT_EQ(parse_rfc3339(exact), std::nullopt) << exact;
  }
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = good;
      text[i] = static_cast<char>(byte);
      const auto time = parse_rfc3339(text);
      if (time) {
        EXPECT_EQ(parse_rfc3339(format_rfc3339(*time)), time) << text;
      }
    }
  }
}

// The naive way to the same moment: sscanf and day arithmetic by counting.
Time by_counting_days(const std::string& text) {
  int y = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0;
  std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%d.%d", &y, &month, &day, &hour, &minute, &second, &ms);
  const auto is_leap = [](int of) { return of % 4 == 0 && (of % 100 != 0 || of % 400 == 0); };
  const int lengths[] = {31, is_leap(y) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  std::int64_t days = day - 1;
  for (int m = 1; m < month; ++m) days += lengths[m - 1];
  for (int before = 1; before < y; ++before) days += is_leap(before) ? 366 : 365;
  constexpr std::int64_t kDaysToEpoch = 719162;
  return from_ms((((days - kDaysToEpoch) * 24 + hour) * 60 + minute) * 60'000 + second * 1000 + ms);
}

TEST(ParseTime, AgreesWithANaiveReaderOnRandomMoments) {
  std::mt19937_64 random(20261121);
  const std::int64_t first = to_ms(at(1, 1, 2));
  const std::int64_t last = to_ms(at(9999, 12, 30));
  for (int i = 0; i < 20'000; ++i) {
    const Time time = from_ms(std::uniform_int_distribution(first, last)(random));
    const std::string text = format_rfc3339(time);
    ASSERT_EQ(parse_rfc3339(text), time) << text;
    ASSERT_EQ(by_counting_days(text), time) << text;
    const auto offset = std::chrono::minutes{std::uniform_int_distribution(-1439, 1439)(random)};
    const std::string local = format_rfc3339(time, offset);
    ASSERT_EQ(parse_rfc3339(local), time) << local;
  }
}

TEST(FormatTime, WritesDecimalsOnlyWhereNeeded) {
  EXPECT_EQ(format_rfc3339(at(2026, 11, 21, 13h + 41min + 7s + 250ms)), "2026-11-21T13:41:07.250Z");
  EXPECT_EQ(format_rfc3339(at(2026, 11, 21)), "2026-11-21T00:00:00Z");
  EXPECT_EQ(format_rfc3339(at(1969, 12, 31, 24h - 1ms)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339(at(2017, 2, 20, 23h), 1h), "2017-02-21T00:00:00+01:00");
  EXPECT_EQ(format_rfc3339(at(2017, 2, 20, 23h), -(3h + 30min)), "2017-02-20T19:30:00-03:30");
  EXPECT_EQ(format_rfc3339(at(2017, 2, 20, 23h), 0s), "2017-02-20T23:00:00Z");
}

TEST(FormatTime, WhatItWritesIsReadBackBeyondTheYearsOfEventsToo) {
  const auto first = *parse_rfc3339("0001-01-01T00:00:00Z"), last = *parse_rfc3339("9999-12-31T23:59:59.999Z");
  for (const Time time : {first - std::chrono::seconds{5}, first - std::chrono::days{31}, first - std::chrono::days{300}, first, last,
                          last + std::chrono::milliseconds{1}, last + std::chrono::days{200}}) {
    for (const int minutes : {0, 72, -300}) {
      const auto text = format_rfc3339(time, std::chrono::minutes{minutes});
      EXPECT_EQ(parse_written_rfc3339(text), time) << text;
    }
  }
  EXPECT_EQ(format_rfc3339(first - std::chrono::seconds{5}), "0000-12-31T23:59:55Z");
  EXPECT_EQ(parse_written_rfc3339("2026-11-21T13:41:07.250Z"), parse_rfc3339("2026-11-21T13:41:07.250Z"));
  for (const char* text : {"0000-02-30T00:00:00Z", "0000-", "10000-01-01", "100000-01-01T00:00:00Z", "00000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z"}) {
    EXPECT_FALSE(parse_written_rfc3339(text)) << text;
  }
}

TEST(Date, ReadsAndWrites) {
  EXPECT_EQ(parse_date("2026-11-21"), year{2026} / 11 / 21);
  EXPECT_EQ(format_date(year{987} / 1 / 2), "0987-01-02");
  for (const char* text : {"", "2026-11", "2026-11-31", "2026-11-21T", "26-11-21", "2026/11/21", "0000-01-01"}) {
    EXPECT_EQ(parse_date(text), std::nullopt) << text;
  }
}

TEST(DurationText, ReadsAndWritesTheShortestForm) {
  const std::tuple<const char*, Duration, const char*> cases[] = {
      {"250ms", 250ms, "250ms"}, {"1000ms", 1s, "1s"},      {"90s", 90s, "90s"}, {"600s", 10min, "10m"},
      {"6h", 6h, "6h"},          {"31d", 31 * 24h, "31d"}, {"0h", 0s, "0s"},
  };
  for (const auto& [text, duration, form] : cases) {
    EXPECT_EQ(parse_duration(text), duration) << text;
    EXPECT_EQ(format_duration(duration), form);
  }
}

TEST(DurationText, RefusesEverythingElse) {
  for (const char* text : {"", "5", "s", "-5s", "+5s", " 5s", "5 s", "5S", "5sec", "1.5s", "5s5s", "1w",
                           "9223372036854775807s", "99999999999999999999ms"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

} // namespace
} // namespace wardpulse
