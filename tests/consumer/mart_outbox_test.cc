#include "consumer/mart_outbox.h"

#include <gtest/gtest.h>

#include "tests/consumer/world.h"

namespace wardpulse::consumer {
namespace {

const TopicNames kNames = TopicNames::of("t", "live");
const std::string kTopic = "t.marts.patient-stats";

Cell patient(const std::string& id, std::int64_t visits) {
  Cell cell;
  cell.family = "patient_stats";
  cell.dims = {{"patient_id", id}};
  cell.values = {{"gender", std::string("F")}, {"city", std::string("Visby")}, {"age_years", Value{}}, {"total_visits", visits}, {"checkins", visits},
                 {"first_visit", Value{}}, {"last_visit", Value{}}, {"billed_cents", std::int64_t{0}}, {"paid_cents", std::int64_t{0}}, {"is_returning", std::int64_t{0}}};
  return cell;
}

Cell day(std::int64_t visits) {
  Cell cell;
  cell.family = "department_stats";
  cell.dims = {{"department", "Cardiology"}};
  const Time start = *parse_rfc3339("2026-11-21T00:00:00Z");
  cell.window = Window{WindowSize::k1d, start, start + std::chrono::hours{24}};
  for (const FieldSpec& field : find_family("department_stats")->fields) cell.values.emplace_back(field.name, std::int64_t{0});
  cell.values[0].second = visits;
  return cell;
}

struct MartOutboxTest : testing::Test {
  World world;
  TestOutbox outbox{world};
  MartOutbox marts{2, kNames, outbox};
};

TEST_F(MartOutboxTest, WritesTheLastOfManyChangesAndOnlyWhenFlushed) {
  marts.changed(patient("p1", 1));
  marts.changed(patient("p1", 2));
  outbox.pump(Duration{0});
  EXPECT_TRUE(world.log(kTopic, 2).empty());
  marts.flush();
  EXPECT_FALSE(marts.settled());
  outbox.pump(Duration{0});
  EXPECT_TRUE(marts.settled());
  ASSERT_EQ(world.log(kTopic, 2).size(), 1U);
  EXPECT_NE(world.content(kTopic, 2).at("p1").find(R"("total_visits":2)"), std::string::npos);
}

TEST_F(MartOutboxTest, ADayThatIsGoneIsATombstone) {
  marts.changed(day(3));
  marts.flush();
  marts.removed(cell_id(day(3)));
  marts.flush();
  outbox.pump(Duration{0});
  const auto& log = world.log("t.marts.department-stats", 2);
  ASSERT_EQ(log.size(), 2U);
  EXPECT_EQ(log[0].key, "2026-11-21|Cardiology");
  EXPECT_FALSE(log[1].value.has_value());
}

TEST_F(MartOutboxTest, WhatWasGivenUpIsSentAgainUnlessSomethingNewerIs) {
  outbox.give_up = 2;
  marts.changed(patient("p1", 1));
  marts.changed(patient("p2", 1));
  marts.flush();
  outbox.pump(Duration{0});
  EXPECT_FALSE(marts.settled());
  marts.changed(patient("p2", 5));
  marts.flush();
  outbox.pump(Duration{0});
  EXPECT_TRUE(marts.settled());
  EXPECT_EQ(world.log(kTopic, 2).size(), 2U);
  EXPECT_NE(world.content(kTopic, 2).at("p2").find(R"("total_visits":5)"), std::string::npos);
}

TEST_F(MartOutboxTest, OtherFamiliesAndOtherGenerationsWriteNothing) {
  Cell census;
  census.family = "census";
  marts.changed(census);
  marts.flush();
  const TopicNames replayed = TopicNames::of("t", "g2");
  MartOutbox none(2, replayed, outbox);
  none.changed(patient("p1", 1));
  none.flush();
  outbox.pump(Duration{0});
  EXPECT_TRUE(world.log(kTopic, 2).empty());
}

} // namespace
} // namespace wardpulse::consumer
