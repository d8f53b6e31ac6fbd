#include "web/pipe_heartbeat.h"

#include <gtest/gtest.h>

#include "proto/codec.h"
#include "tests/web/cells.h"

namespace wardpulse::web {
namespace {

using std::chrono::seconds;

class PipeHeartbeatTest : public testing::Test {
 protected:
  // A consumer says how far it has read.
  void consumed(std::int32_t partition, Counts next_offsets) {
    Cell cell = test::task_cell(partition, test::kStart, ++version_);
    cell.values.emplace_back("next_offsets", std::move(next_offsets));
    store_.apply(test::update_of(cell));
  }
  std::vector<PipeHeartbeat::Record> due(int second) { return heartbeat_.due(store_, test::kStart + seconds{second}); }
  std::optional<Duration> age(int second) { return heartbeat_.age(store_, test::kStart + seconds{second}); }

  CellStore store_;
  PipeHeartbeat heartbeat_;
  std::int64_t version_ = 0;
};

TEST_F(PipeHeartbeatTest, NoneWhereNothingWasConsumed) {
  EXPECT_TRUE(due(0).empty());
  consumed(0, {{"checkins", 0}, {"workflow", 0}});
  EXPECT_TRUE(due(1).empty());
  EXPECT_EQ(age(2), std::nullopt);
}

TEST_F(PipeHeartbeatTest, GoesToATopicThatHasRecordsAndReadsThere) {
  consumed(3, {{"checkins", 0}, {"encounters", 7}});
  const auto records = due(0);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].topic, Topic::kEncounters);
  EXPECT_EQ(records[0].partition, 3);
  Decoder decoder;
  const auto event = decoder.decode(records[0].topic, records[0].value);
  ASSERT_TRUE(event) << event.error().detail;
  EXPECT_EQ((*event)->type, EventType::kHeartbeat);
  EXPECT_LT((*event)->event_time, *parse_rfc3339("1800-01-01T00:00:00Z")) << "it may not move a topic's time";
}

TEST_F(PipeHeartbeatTest, AgeIsThatOfTheNewestThatCameThrough) {
  consumed(0, {{"checkins", 5}});
  const auto first = due(0);
  heartbeat_.delivered(first[0], 5);
  EXPECT_TRUE(due(10).empty()) << "one is under way";
  EXPECT_EQ(age(12), seconds{12});
  consumed(0, {{"checkins", 6}});
  EXPECT_EQ(age(13), seconds{13}) << "sent 13 s ago";
  const auto second = due(20);
  ASSERT_EQ(second.size(), 1U);
  heartbeat_.delivered(second[0], 6);
  EXPECT_EQ(age(21), seconds{21});
  consumed(0, {{"checkins", 7}});
  EXPECT_EQ(age(22), seconds{2});
}

TEST_F(PipeHeartbeatTest, OneThatComesThroughBeforeItsDeliveryIsTold) {
  consumed(0, {{"checkins", 5}});
  const auto first = due(0);
  consumed(0, {{"checkins", 6}});
  EXPECT_TRUE(due(1).empty());
  heartbeat_.delivered(first[0], 5);
  EXPECT_EQ(due(3).size(), 1U);
}

TEST_F(PipeHeartbeatTest, OneThatWasNotDeliveredIsFollowedByAnother) {
  consumed(0, {{"checkins", 5}});
  heartbeat_.delivered(due(0)[0], std::nullopt);
  EXPECT_EQ(age(3), seconds{3});
  EXPECT_EQ(due(10).size(), 1U);
}

TEST_F(PipeHeartbeatTest, TheWorstPartitionCounts) {
  consumed(0, {{"checkins", 5}});
  consumed(1, {{"checkins", 9}});
  for (const auto& record : due(0)) heartbeat_.delivered(record, record.partition == 0 ? 5 : 9);
  consumed(0, {{"checkins", 6}});
  for (const auto& record : due(10)) heartbeat_.delivered(record, 6);
  consumed(0, {{"checkins", 7}});
  EXPECT_EQ(age(12), seconds{12});
  consumed(1, {{"checkins", 10}});
  EXPECT_EQ(age(13), seconds{13});
  for (const auto& record : due(14)) heartbeat_.delivered(record, record.partition == 0 ? 7 : 10);
  consumed(0, {{"checkins", 8}});
  consumed(1, {{"checkins", 11}});
  EXPECT_EQ(age(15), seconds{1});
}

} // namespace
} // namespace wardpulse::web
