#include <gtest/gtest.h>

#include "kafka/topics.h"
#include "tests/kafka/support.h"

namespace wardpulse::kafka {
namespace {

class AdminTest : public WithBroker {
 protected:
  Admin admin = Admin::connect(options()).value();

  std::int32_t partitions_of(const std::string& name) {
    const auto known = admin.topics(kPatience).value();
    for (const TopicInfo& topic : known) {
      if (topic.name == name) return topic.partitions;
    }
    return -1;
  }
};

TEST_F(AdminTest, ListsTopicsWithoutMakingAny) {
  make_topic("a", 3);
  EXPECT_EQ(partitions_of("a"), 3);
  EXPECT_EQ(partitions_of("b"), -1);
  EXPECT_EQ(admin.partitions("a", kPatience).value(), 3);
  EXPECT_EQ(admin.partitions("b", kPatience).value(), 0);
  EXPECT_EQ(admin.topics(kPatience)->size(), 1U);
}

// Whoever takes it for empty goes on without what is in it.
TEST_F(AdminTest, ATopicWithoutALeaderIsNotTakenForNone) {
  make_topic("a", 3);
  ASSERT_TRUE(broker.set_led("a", 1, false));
  const auto none = admin.partitions("a", kPatience);
  ASSERT_FALSE(none);
  EXPECT_TRUE(none.error().retriable);
  EXPECT_NE(none.error().text().find("topic a"), std::string::npos) << none.error().text();
  ASSERT_TRUE(broker.set_led("a", 1, true));
  EXPECT_EQ(admin.partitions("a", kPatience).value(), 3);
}

TEST_F(AdminTest, TopicsThatExistAreLeftAlone) {
  make_topic("a", 3);
  const auto created = admin.create_topics({{"a", 8, {{"cleanup.policy", "compact"}}}}, kPatience);
  EXPECT_TRUE(created.has_value()) << created.error().text();
  EXPECT_EQ(partitions_of("a"), 3);
}

TEST_F(AdminTest, TheEmbeddedBrokerMakesTopicsOfItsOwnSize) {
  const auto created = admin.create_topics({{"a", kEmbeddedAutoPartitions, {{"retention.ms", "-1"}}}}, kPatience);
  ASSERT_TRUE(created.has_value()) << created.error().text();
  EXPECT_EQ(partitions_of("a"), kEmbeddedAutoPartitions);

  const auto other = admin.create_topics({{"b", 8, {}}}, kPatience);
  ASSERT_FALSE(other.has_value());
  EXPECT_NE(other.error().message.find("topic b"), std::string::npos) << other.error().text();
  EXPECT_NE(other.error().hint.find("--extra-topics"), std::string::npos) << other.error().text();
}

TEST_F(AdminTest, TellsTheWatermarks) {
  make_topic("a", 1);
  write_numbers("a", 0, 7);
  const auto watermarks = admin.watermarks("a", 0, kPatience);
  ASSERT_TRUE(watermarks.has_value()) << watermarks.error().text();
  EXPECT_EQ(watermarks->low, 0);
  EXPECT_EQ(watermarks->high, 7);
}

TEST_F(AdminTest, WatermarksOfAnUnknownPartitionNameIt) {
  make_topic("t", 1);
  const auto watermarks = admin.watermarks("t", 5, kPatience);
  ASSERT_FALSE(watermarks.has_value());
  EXPECT_NE(watermarks.error().message.find("t [5]"), std::string::npos) << watermarks.error().text();
}

// What the limits in kafka/embedded_broker.h rest on.
TEST_F(AdminTest, TheEmbeddedBrokerKeepsTheNewestMebibytes) {
  make_topic("a", 1);
  constexpr int kRecords = 1000;
  constexpr std::size_t kBytes = 10'000;
  auto producer = Producer::connect(options({{"compression.type", "none"}})).value();
  const std::string value(kBytes, 'x');
  for (int i = 0; i < kRecords; ++i) {
    ASSERT_TRUE(producer.produce({.topic = "a", .partition = 0, .value = value}, {}).has_value());
  }
  ASSERT_TRUE(producer.flush(kPatience).has_value());
  const auto watermarks = admin.watermarks("a", 0, kPatience).value();
  EXPECT_EQ(watermarks.high, kRecords);
  EXPECT_GT(watermarks.low, 0);
  const auto kept = (watermarks.high - watermarks.low) * static_cast<std::int64_t>(kBytes);
  EXPECT_LT(kept, kEmbeddedPartitionBytes + 2'000'000); // the newest batch comes on top
  EXPECT_GT(kept, kEmbeddedPartitionBytes - 2'000'000);
}

TEST_F(AdminTest, TheEmbeddedBrokerRefusesLookUpByTime) {
  make_topic("a", 1);
  const auto offsets = admin.offsets_for_time({{"a", 0}}, from_ms(0), kPatience);
  ASSERT_FALSE(offsets.has_value());
  EXPECT_NE(offsets.error().hint.find("--real"), std::string::npos) << offsets.error().text();
}

TEST_F(AdminTest, TheClusterHasAnId) { EXPECT_TRUE(admin.cluster_id(kPatience).has_value()); }

TEST(AdminWithoutBroker, ErrorsAreRetriableAndNameTheOption) {
  auto admin = Admin::connect({.brokers = "127.0.0.1:1", .client_id = "test", .settings = {}}).value();
  const auto topics = admin.topics(std::chrono::milliseconds{200});
  ASSERT_FALSE(topics.has_value());
  EXPECT_TRUE(topics.error().retriable);
  EXPECT_NE(topics.error().hint.find("--brokers"), std::string::npos) << topics.error().text();
  EXPECT_FALSE(admin.cluster_id(std::chrono::milliseconds{200}).has_value());
}

TEST(Topics, CoverTheSystemOnceWithEqualPartitions) {
  const auto topics = wardpulse_topics("p", "live", 5);
  for (const NewTopic& topic : topics) {
    EXPECT_EQ(topic.partitions, 5) << topic.name;
    EXPECT_EQ(topic.name.rfind("p.", 0), 0U) << topic.name;
  }
  EXPECT_EQ(topics.size(), 12U);
}

} // namespace
} // namespace wardpulse::kafka
