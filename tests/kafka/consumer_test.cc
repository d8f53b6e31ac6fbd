#include <gtest/gtest.h>

#include "tests/kafka/support.h"

namespace wardpulse::kafka {
namespace {

class ConsumerTest : public WithBroker {};

bool has_end(const Taken& taken) { return !taken.ends.empty(); }

TEST_F(ConsumerTest, ReadsFromTheGivenPositionToTheEnd) {
  make_topic("t", 2);
  write_numbers("t", 1, 5);
  auto consumer = Consumer::read(options(), {{"t", 1, 3}}).value();
  EXPECT_EQ(consumer.cached_high_watermark("t", 1), -1);
  const Taken taken = take(consumer, has_end);
  EXPECT_EQ(taken.values, (std::vector<std::string>{"3", "4"}));
  EXPECT_EQ(taken.ends, (std::vector<TopicPartition>{{"t", 1, 5}}));
  EXPECT_TRUE(taken.errors.empty());
  EXPECT_EQ(consumer.cached_high_watermark("t", 1), 5);
  const auto watermarks = Admin::connect(options()).value().watermarks("t", 1, kPatience);
  ASSERT_TRUE(watermarks.has_value()) << watermarks.error().text();
  EXPECT_EQ(watermarks->low, 0);
  EXPECT_EQ(watermarks->high, 5);
}

TEST_F(ConsumerTest, EndAndBeginningArePositions) {
  make_topic("t", 2);
  write_numbers("t", 0, 2);
  write_numbers("t", 1, 2);
  auto consumer = Consumer::read(options(), {{"t", 0, Consumer::kBeginning}, {"t", 1, Consumer::kEnd}}).value();
  const Taken taken = take(consumer, [](const Taken& t) { return t.ends.size() == 2; });
  EXPECT_EQ(taken.values, (std::vector<std::string>{"0", "1"}));
}

TEST_F(ConsumerTest, AnEmptyPartitionHasAnEnd) {
  make_topic("t", 1);
  auto consumer = Consumer::read(options(), {{"t", 0, 0}}).value();
  EXPECT_EQ(take(consumer, has_end).ends, (std::vector<TopicPartition>{{"t", 0, 0}}));
}

TEST_F(ConsumerTest, SeeksBack) {
  make_topic("t", 1);
  write_numbers("t", 0, 3);
  auto consumer = Consumer::read(options(), {{"t", 0, 0}}).value();
  ASSERT_EQ(take(consumer, has_end).values.size(), 3U);
  ASSERT_TRUE(consumer.seek({"t", 0, 1}, kPatience).has_value());
  EXPECT_EQ(take(consumer, has_end).values, (std::vector<std::string>{"1", "2"}));
}

TEST_F(ConsumerTest, APausedPartitionIsSilentAndLosesNothing) {
  make_topic("t", 2);
  write_numbers("t", 0, 100);
  write_numbers("t", 1, 1);
  auto consumer = Consumer::read(options(), {{"t", 0, 0}, {"t", 1, 0}}).value();
  const auto count_of_0 = [](const Taken& t) { return t.values.size(); };
  const Taken before = take(consumer, [](const Taken& t) { return t.values.size() >= 10; });
  ASSERT_TRUE(consumer.pause({{"t", 0}}).has_value());
  write_numbers("t", 1, 3);
  ASSERT_TRUE(consumer.resume({{"t", 0}}).has_value());
  const Taken after = take(consumer, [&](const Taken& t) { return count_of_0(before) + count_of_0(t) == 104; });
  EXPECT_EQ(before.values.size() + after.values.size(), 104U);
}

TEST_F(ConsumerTest, AnOffsetThatTheLogDoesNotHoldIsAnError) {
  make_topic("t", 1);
  write_numbers("t", 0, 3);
  auto consumer = Consumer::read(options(), {{"t", 0, 17}}).value();
  const Taken taken = take(consumer, [](const Taken& t) { return !t.errors.empty(); });
  ASSERT_FALSE(taken.errors.empty());
  EXPECT_FALSE(taken.errors[0].retriable) << taken.errors[0].text();
  EXPECT_NE(taken.errors[0].message.find("t [0]"), std::string::npos) << taken.errors[0].text();
  EXPECT_NE(taken.errors[0].hint.find("retention.ms"), std::string::npos) << taken.errors[0].text();
  EXPECT_TRUE(taken.values.empty());
}

TEST_F(ConsumerTest, ABrokerThatGoesAwayIsARetriableErrorAndHealsByItself) {
  make_topic("t", 1);
  write_numbers("t", 0, 1);
  auto consumer = Consumer::read(options(), {{"t", 0, 0}}).value();
  ASSERT_EQ(take(consumer, has_end).values.size(), 1U);
  broker.set_reachable(false);
  const Taken away = take(consumer, [](const Taken& t) { return !t.errors.empty(); });
  ASSERT_FALSE(away.errors.empty());
  EXPECT_TRUE(away.errors[0].retriable);
  EXPECT_NE(away.errors[0].hint.find("--brokers"), std::string::npos) << away.errors[0].text();
  broker.set_reachable(true);
  write_numbers("t", 0, 2);
  EXPECT_EQ(take(consumer, [](const Taken& t) { return t.values.size() == 2; }).values.size(), 2U);
}

TEST_F(ConsumerTest, ClosingTwiceIsHarmless) {
  make_topic("t", 1);
  auto consumer = Consumer::read(options(), {{"t", 0, 0}}).value();
  EXPECT_TRUE(consumer.close(kPatience).has_value());
  EXPECT_TRUE(consumer.close(kPatience).has_value());
}

TEST(Unreachable, AReaderOfNoBrokerGivesARetriableError) {
  auto consumer = Consumer::read({.brokers = "127.0.0.1:1", .client_id = "test", .settings = {}}, {{"t", 0, 0}}).value();
  const Taken taken = take(consumer, [](const Taken& t) { return !t.errors.empty(); });
  ASSERT_FALSE(taken.errors.empty());
  EXPECT_TRUE(taken.errors[0].retriable) << taken.errors[0].text();
}

} // namespace
} // namespace wardpulse::kafka
