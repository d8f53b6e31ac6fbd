// Ranges and plans: what is asked for becomes offsets, or is refused with what is missing.
#include "consumer/replay/planner.h"

#include <gtest/gtest.h>

#include "consumer/replay/progress.h"

namespace wardpulse::consumer {
namespace {

const Time kDay1 = *parse_rfc3339("2026-03-01T00:00:00Z");
Time day(int number) { return kDay1 + std::chrono::hours{24 * (number - 1)}; }

// Logs of one record a day: offset n is of day n + 1, in every topic and partition.
class OneADay : public LogLookup {
 public:
  explicit OneADay(LogViews views) : logs(std::move(views)) {}

  Result<Found> by_event_time(Time time) override {
    Found found;
    for (const auto& partition : logs) {
      auto& row = found.offsets.emplace_back();
      for (int t = 0; t < kTopicCount; ++t) {
        const auto first = std::max<std::int64_t>((time - kDay1 + std::chrono::hours{24} - Duration{1}) / std::chrono::hours{24}, 0);
        row[t] = std::clamp(first, partition[t].low, partition[t].high);
        found.any = found.any || row[t] < partition[t].high;
      }
    }
    return found;
  }
  Result<Found> by_log_time(Time time) override { return by_event_time(time); }
  Result<Time> event_time_before(const std::vector<TopicOffsets>& offsets) override {
    Time largest = kNever;
    for (const auto& row : offsets) {
      for (const auto offset : row) {
        if (offset > 0) largest = std::max(largest, day(static_cast<int>(offset)));
      }
    }
    return largest;
  }
  LogViews logs;
};

LogViews logs_of(std::int64_t low, std::int64_t high, std::size_t partitions = 2) {
  std::array<LogView, kTopicCount> row;
  row.fill({low, high});
  return LogViews(partitions, row);
}

class PlannerTest : public testing::Test {
 protected:
  Result<ReplayPlan> plan(const std::string& from, const std::string& to, const LogViews& logs) {
    OneADay lookup(logs);
    PlanRequest request{.generation = "g", .definition = {}, .from_text = from, .to_text = to, .from = {}, .to = {}, .warm_up = {}, .settle = {}};
    request.from = *parse_range_end(from, false);
    request.to = *parse_range_end(to, false);
    request.warm_up = warm_up;
    request.settle = settle;
    return make_plan(request, logs, TopicNames::of("w", "g"), lookup);
  }
  void expect_refused(const Result<ReplayPlan>& plan, const std::string& what) {
    ASSERT_FALSE(plan);
    EXPECT_NE(plan.error().text().find(what), std::string::npos) << plan.error().text();
  }
  std::optional<Duration> warm_up, settle;
};

TEST_F(PlannerTest, EarliestToLatestIsAllThereIs) {
  const auto got = plan("earliest", "latest", logs_of(0, 400));
  ASSERT_TRUE(got) << got.error().text();
  EXPECT_TRUE(got->whole);
  EXPECT_EQ(got->from, std::nullopt);
  EXPECT_EQ(got->records(), 2 * 4 * 400);
}

TEST_F(PlannerTest, ALogThatLostItsBeginningIsNoWholeOne) {
  const auto got = plan("earliest", "latest", logs_of(10, 400));
  ASSERT_TRUE(got);
  EXPECT_FALSE(got->whole);
  EXPECT_EQ(got->begin[1][2], 10);
}

TEST_F(PlannerTest, ReadingBeginsEarlierThanTheFirstWindowByTheVisitMemory) {
  const auto got = plan("2026-10-01T00:00:00Z", "latest", logs_of(0, 400));
  ASSERT_TRUE(got) << got.error().text();
  EXPECT_EQ(*got->from, *parse_rfc3339("2026-10-01T00:00:00Z"));
  EXPECT_EQ(got->begin[0][0], 214 - 120 - 31); // 1 October is day 215, at offset 214
  EXPECT_FALSE(got->whole);
}

TEST_F(PlannerTest, WarmUpAndSettleAreTaken) {
  warm_up = std::chrono::hours{24};
  settle = std::chrono::hours{48};
  const auto got = plan("2026-03-11T00:00:00Z", "2026-03-21T00:00:00Z", logs_of(0, 400));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->begin[0][0], 9);
  EXPECT_EQ(got->end[0][0], 20 + 2 + 1); // the record that closes the windows is read
}

TEST_F(PlannerTest, ReadingEndsWhenNothingChangesTheLastWindowAnyMore) {
  const auto got = plan("earliest", "2026-03-11T00:00:00Z", logs_of(0, 400));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->end[0][0], 10 + 31 + 90 + 1);
}

TEST_F(PlannerTest, TimesOutsideOfTheLogAreRefused) {
  expect_refused(plan("2031-01-01T00:00:00Z", "latest", logs_of(0, 400)), "no record in the log is of that time");
  expect_refused(plan("earliest", "2031-01-01T00:00:00Z", logs_of(0, 400)), "after the last record");
  expect_refused(plan("2026-03-20T00:00:00Z", "2026-03-10T00:00:00Z", logs_of(0, 400)), "not before --to");
  expect_refused(plan("latest", "latest", logs_of(0, 400)), "nothing to replay");
  expect_refused(plan("earliest", "latest", logs_of(5, 5)), "nothing to read");
}

TEST_F(PlannerTest, WhatTheLogLostIsNamed) {
  const auto got = plan("2026-10-01T00:00:00Z", "latest", logs_of(100, 400));
  expect_refused(got, "w.checkins partition 0: records 0..99");
  warm_up = std::chrono::hours{24};
  EXPECT_TRUE(plan("2026-10-01T00:00:00Z", "latest", logs_of(100, 400)));
}

TEST_F(PlannerTest, OffsetsAreHeldToTheLog) {
  OneADay lookup(logs_of(10, 20, 1));
  PlanRequest request{.generation = "g", .definition = {}, .from_text = "f", .to_text = "latest", .from = {}, .to = {}, .warm_up = {}, .settle = {}};
  request.from.kind = RangeEnd::Kind::kOffsets;
  request.to.kind = RangeEnd::Kind::kLatest;
  request.from.offsets = {{{"w.checkins", 0}, 5}, {{"w.encounters", 0}, 21}, {{"w.billing", 0}, 12}, {{"w.wards", 0}, 1}};
  const auto got = make_plan(request, lookup.logs, TopicNames::of("w", "g"), lookup);
  expect_refused(got, "w.checkins partition 0: records 5..9 are gone");
  expect_refused(got, "w.encounters partition 0: offset 21 is after the log's end 20");
  expect_refused(got, "no offset for w.workflow partition 0");
  expect_refused(got, "there is no input w.wards partition 0");
}

TEST(ReplayPlan, ReadsAsWritten) {
  ReplayPlan plan;
  plan.generation = "g";
  plan.definition_json = R"({"a":1})";
  plan.definition_digest = "d";
  plan.cluster_id = "c";
  plan.from_text = "earliest";
  plan.to_text = "latest";
  plan.to = day(3);
  plan.whole = true;
  plan.made_at = day(9);
  plan.begin = {{0, 1, kNotInUse, 3}};
  plan.end = {{5, 6, kNotInUse, 8}};
  const auto read = decode_plan(encode_plan(plan));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, plan);
  EXPECT_FALSE(decode_plan("{}"));
  EXPECT_FALSE(decode_plan(R"({"format":2})"));
}

TEST(GenerationName, IsPartOfTopicNames) {
  for (const char* good : {"a", "backfill-1", "B_2"}) EXPECT_TRUE(check_generation_name(good)) << good;
  for (const char* bad : {"", "live", "a.b", "a b", "marts", "ä"}) EXPECT_FALSE(check_generation_name(bad)) << bad;
}

TEST(Range, WordsTimesAndFiles) {
  EXPECT_EQ(parse_range_end("earliest", false)->kind, RangeEnd::Kind::kEarliest);
  EXPECT_EQ(parse_range_end("2026-03-01T00:00:00Z", false)->kind, RangeEnd::Kind::kEventTime);
  EXPECT_EQ(parse_range_end("2026-03-01T00:00:00Z", true)->kind, RangeEnd::Kind::kLogTime);
  EXPECT_FALSE(parse_range_end("yesterday", false));
}

TEST(Range, OffsetsAsKafkasToolsWriteThem) {
  const auto table = parse_offsets_file("w.checkins,0,12\n\n# a comment\nw.billing, 3, 4\r\n", "f");
  ASSERT_TRUE(table) << table.error().text();
  EXPECT_EQ(*table, (OffsetTable{{{"w.checkins", 0}, 12}, {{"w.billing", 3}, 4}}));
  for (const char* bad : {"a,1", "a,x,1", "a,1,-1", "a,1,2\na,1,3", "nothing"}) EXPECT_FALSE(parse_offsets_file(bad, "f")) << bad;
}

TEST(Range, DurationsOfBothForms) {
  EXPECT_EQ(parse_by_duration("7d"), std::chrono::hours{168});
  EXPECT_EQ(parse_by_duration("P7DT12H30M5S"), std::chrono::hours{180} + std::chrono::minutes{30} + std::chrono::seconds{5});
  for (const char* bad : {"P", "PT", "P7", "P7H", "PT5D", "7", "P1Y"}) EXPECT_FALSE(parse_by_duration(bad)) << bad;
}

TEST(Progress, RateAndTimeLeft) {
  ProgressMeter meter;
  meter.update({0, 1000, {}}, std::chrono::seconds{1});
  const auto reading = meter.update({500, 1000, {}}, std::chrono::seconds{2});
  EXPECT_DOUBLE_EQ(reading.ratio, 0.5);
  EXPECT_DOUBLE_EQ(reading.records_per_second, 500);
  EXPECT_EQ(*reading.left, std::chrono::seconds{1});
  const auto bar = progress_bar({500, 1000, day(2)}, reading, 79);
  EXPECT_LE(bar.size(), 79U);
  EXPECT_NE(bar.find("50.0 %  500/s  1s left  at 2026-03-02T00:00:00Z"), std::string::npos) << bar;
  EXPECT_LE(progress_bar({500, 1000, day(2)}, reading, 20).size(), 20U);
}

TEST(Progress, NothingIsPromisedBeforeThereIsARate) {
  ProgressMeter meter;
  EXPECT_EQ(meter.update({0, 1000, {}}, std::chrono::seconds{1}).left, std::nullopt);
}

} // namespace
} // namespace wardpulse::consumer
