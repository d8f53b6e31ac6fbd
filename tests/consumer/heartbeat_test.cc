#include "consumer/heartbeat.h"

#include <gtest/gtest.h>

#include "proto/codec.h"
#include "proto/heartbeat.h"

namespace wardpulse::consumer {
namespace {

constexpr Time kNoon = from_ms(1'800'000'000'000);

TEST(Heartbeat, IdleTopicGetsTheWatermarkOfTheOthers) {
  const std::array<TopicTime, kTopicCount> topics = {{{true, false, kNoon + std::chrono::hours{2}},
                                                      {true, false, kNoon + std::chrono::hours{3}},
                                                      {true, true, kNoon},
                                                      {false, true, kNever}}};
  EXPECT_EQ(heartbeat_time(topics, Topic::kBilling), kNoon + std::chrono::hours{2} - std::chrono::seconds{5});
  EXPECT_EQ(heartbeat_time(topics, Topic::kCheckins), std::nullopt) << "not idle";
  EXPECT_EQ(heartbeat_time(topics, Topic::kWorkflow), std::nullopt) << "not in use";
}

TEST(Heartbeat, NotBeforeEventTimeHasMovedOn) {
  std::array<TopicTime, kTopicCount> topics = {{{true, false, kNoon + kHeartbeatStep}, {}, {true, true, kNoon}, {}}};
  EXPECT_EQ(heartbeat_time(topics, Topic::kBilling), std::nullopt);
  topics[0].stream_time += std::chrono::seconds{5};
  EXPECT_EQ(heartbeat_time(topics, Topic::kBilling), kNoon + kHeartbeatStep);
}

TEST(Heartbeat, NoneWhenEverythingIsIdleOrTheOthersHaveNoTime) {
  std::array<TopicTime, kTopicCount> topics = {
      {{true, true, kNoon + std::chrono::hours{9}}, {}, {true, true, kNoon}, {}}};
  EXPECT_EQ(heartbeat_time(topics, Topic::kBilling), std::nullopt);
  topics[0] = {true, false, kNever};
  EXPECT_EQ(heartbeat_time(topics, Topic::kBilling), std::nullopt);
}

TEST(Heartbeat, NoneForATopicThatNeverHadARecord) {
  const std::array<TopicTime, kTopicCount> topics = {{{true, false, kNoon}, {}, {true, true, kNever}, {}}};
  EXPECT_EQ(heartbeat_time(topics, Topic::kBilling), std::nullopt);
}

TEST(Heartbeat, EventReadsOnEveryTopic) {
  Decoder decoder;
  for (int i = 0; i < kTopicCount; ++i) {
    const auto topic = static_cast<Topic>(i);
    const auto event = decoder.decode(topic, heartbeat_event(topic, 3, kNoon, "test"));
    ASSERT_TRUE(event) << event.error().detail;
    EXPECT_EQ((*event)->type, EventType::kHeartbeat);
    EXPECT_EQ((*event)->event_time, kNoon);
  }
}

} // namespace
} // namespace wardpulse::consumer
