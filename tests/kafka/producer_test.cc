#include <map>

#include <gtest/gtest.h>

#include "tests/kafka/support.h"

namespace wardpulse::kafka {
namespace {

class ProducerTest : public WithBroker {};

TEST_F(ProducerTest, TellsWhereARecordWasPut) {
  make_topic("t", 8);
  auto producer = Producer::connect(options()).value();
  std::vector<Delivery> deliveries;
  for (const char* key : {"patient-1", "patient-2", "patient-1"}) {
    const auto sent = producer.produce({.topic = "t", .key = key, .value = "v"}, [&](const Result<Delivery>& delivery) {
      ASSERT_TRUE(delivery.has_value()) << delivery.error().text();
      deliveries.push_back(*delivery);
    });
    ASSERT_EQ(sent, SendStatus::kAccepted);
  }
  EXPECT_EQ(producer.in_flight(), 3U);
  ASSERT_TRUE(producer.flush(kPatience).has_value());
  EXPECT_EQ(producer.in_flight(), 0U);
  ASSERT_EQ(deliveries.size(), 3U);
  const std::int32_t first = murmur2_partition("patient-1", 8);
  auto admin = Admin::connect(options()).value();
  for (const Delivery& delivery : deliveries) EXPECT_GT(admin.watermarks("t", delivery.partition, kPatience).value().high, delivery.offset);
  EXPECT_EQ(std::count_if(deliveries.begin(), deliveries.end(), [&](auto& d) { return d.partition == first; }),
            first == murmur2_partition("patient-2", 8) ? 3 : 2);
  EXPECT_EQ(producer.fatal_error(), std::nullopt);
}

TEST_F(ProducerTest, RecordsSentByNumberAreToldToTheListener) {
  make_topic("t", 1);
  std::map<std::int64_t, int> delivered, given_up;
  int called_back = 0;
  {
    auto producer = Producer::connect(options(), [&](std::int64_t number, const Result<Delivery>& delivery) {
                      ++(delivery ? delivered : given_up)[number];
                    }).value();
    constexpr std::int64_t kLargest = (std::int64_t{1} << 62) - 1;
    const ProducerRecord record{.topic = "t", .partition = 0, .value = "v"};
    for (const std::int64_t number : {std::int64_t{0}, std::int64_t{1}, kLargest}) ASSERT_EQ(producer.produce_numbered(record, number), SendStatus::kAccepted);
    ASSERT_EQ(producer.produce(record, [&](const Result<Delivery>&) { ++called_back; }), SendStatus::kAccepted);
    ASSERT_TRUE(producer.flush(kPatience).has_value());
    EXPECT_EQ(delivered, (std::map<std::int64_t, int>{{0, 1}, {1, 1}, {kLargest, 1}}));
    EXPECT_EQ(called_back, 1);
    broker.set_reachable(false);
    ASSERT_EQ(producer.produce_numbered(record, 7), SendStatus::kAccepted);
  }
  EXPECT_EQ(delivered.size() + given_up[7], 4U);
}

TEST_F(ProducerTest, ABorrowedValueIsNotCopied) {
  make_topic("t", 1);
  auto producer = Producer::connect(options({{"linger.ms", "10000"}})).value(); // so the value changes before it is sent; flush() does not wait
  std::string value = "before";
  ASSERT_TRUE(producer.produce({.topic = "t", .value = value}, {}).has_value());
  ASSERT_TRUE(producer.produce({.topic = "t", .value = value, .borrowed = true}, {}).has_value());
  value = "after!";
  ASSERT_TRUE(producer.flush(kPatience).has_value());
  auto consumer = Consumer::read(options(), {{"t", 0, Consumer::kBeginning}}).value();
  const Taken taken = take(consumer, [](const Taken& so_far) { return so_far.values.size() == 2; });
  EXPECT_EQ(taken.values, (std::vector<std::string>{"before", "after!"}));
}

// librdkafka looks once a second for topics that it does not know the leaders of.
TEST_F(ProducerTest, TheFirstRecordOfATopicDoesNotWaitForASecond) {
  const std::vector<std::string> topics = {"first", "a", "b", "c", "d", "e"};
  for (const auto& topic : topics) make_topic(topic, 1);
  auto producer = Producer::connect(options()).value();
  const auto send = [&](const std::string& topic) {
    ASSERT_TRUE(producer.produce({.topic = topic, .value = "v"}, {}).has_value());
    ASSERT_TRUE(producer.flush(kPatience).has_value());
  };
  send("first"); // now it is connected
  const auto began = std::chrono::steady_clock::now();
  for (std::size_t i = 1; i < topics.size(); ++i) send(topics[i]);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{3}) << "it was four or more when each waited";
}

TEST_F(ProducerTest, KeepsKeysTombstonesEmptyValuesAndHeaders) {
  make_topic("t", 1);
  auto producer = Producer::connect(options()).value();
  const std::string binary("\0\xff", 2);
  const std::vector<Header> headers = {{"reason", "rule"}, {"raw", binary}, {"reason", "bad_time"}, {"empty", ""}};
  ASSERT_TRUE(producer.produce({.topic = "t", .key = "k", .value = "v", .headers = headers}, {}).has_value());
  ASSERT_TRUE(producer.produce({.topic = "t", .key = "k", .tombstone = true}, {}).has_value());
  ASSERT_TRUE(producer.produce({.topic = "t", .key = "", .value = ""}, {}).has_value());
  ASSERT_TRUE(producer.produce({.topic = "t", .value = binary}, {}).has_value());
  ASSERT_TRUE(producer.flush(kPatience).has_value());

  auto consumer = Consumer::read(options(), {{"t", 0, Consumer::kBeginning}}).value();
  std::vector<Record> records;
  ASSERT_TRUE(until([&] {
    auto polled = consumer.poll(kStep);
    if (polled && polled->kind == PollResult::Kind::kRecord) records.push_back(std::move(polled->record));
    return records.size() == 4;
  }));
  EXPECT_EQ(records[0].topic(), "t");
  EXPECT_EQ(records[0].partition(), 0);
  EXPECT_EQ(records[0].offset(), 0);
  EXPECT_EQ(records[0].key(), "k");
  EXPECT_EQ(records[0].value(), "v");
  EXPECT_GT(records[0].timestamp(), from_ms(1'700'000'000'000));
  ASSERT_EQ(records[0].headers().size(), 4U);
  EXPECT_EQ(records[0].header("reason"), "bad_time");
  EXPECT_EQ(records[0].header("raw"), binary);
  EXPECT_EQ(records[0].header("empty"), "");
  EXPECT_EQ(records[0].header("none"), std::nullopt);
  EXPECT_FALSE(records[1].has_value());
  EXPECT_TRUE(records[1].headers().empty());
  EXPECT_TRUE(records[2].has_key());
  EXPECT_TRUE(records[2].has_value());
  EXPECT_EQ(records[2].key().size() + records[2].value().size(), 0U);
  EXPECT_FALSE(records[3].has_key());
  EXPECT_EQ(records[3].value(), binary);
}

TEST_F(ProducerTest, AFullQueueIsToldAndTakesNothing) {
  make_topic("t", 1);
  broker.set_reachable(false);
  auto producer = Producer::connect(options({{"queue.buffering.max.messages", "3"}})).value();
  int delivered = 0;
  const auto count = [&](const Result<Delivery>& delivery) { delivered += delivery.has_value() ? 1 : 0; };
  const ProducerRecord record{.topic = "t", .partition = 0, .value = "v"};
  for (int i = 0; i < 3; ++i) ASSERT_EQ(producer.produce(record, count), SendStatus::kAccepted);
  DeliveryCallback kept = count;
  EXPECT_EQ(producer.produce(record, std::move(kept)), SendStatus::kQueueFull);
  broker.set_reachable(true);
  ASSERT_TRUE(until([&] {
    producer.poll(kStep);
    return producer.in_flight() == 0;
  }));
  EXPECT_EQ(producer.produce(record, std::move(kept)), SendStatus::kAccepted); // NOLINT: it was given back
  ASSERT_TRUE(producer.flush(kPatience).has_value());
  EXPECT_EQ(delivered, 4);
}

TEST_F(ProducerTest, RecordsThatStayUnderWayAreGivenUpWithAnErrorEach) {
  make_topic("t", 1);
  broker.set_reachable(false);
  int given_up = 0;
  {
    auto producer = Producer::connect(options()).value();
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(producer
                      .produce({.topic = "t", .partition = 0, .value = "v"},
                               [&](const Result<Delivery>& delivery) { given_up += delivery.has_value() ? 0 : 1; })
                      .has_value());
    }
    const auto flushed = producer.flush(kStep);
    ASSERT_FALSE(flushed.has_value());
    EXPECT_TRUE(flushed.error().retriable);
    EXPECT_NE(flushed.error().message.find("5 records"), std::string::npos) << flushed.error().message;
    EXPECT_EQ(given_up, 0);
  }
  EXPECT_EQ(given_up, 5);
}

TEST_F(ProducerTest, WhatIsNeverTakenIsToldOnceATopic) {
  make_topic("large", 1);
  make_topic("forbidden", 1);
  make_topic("slow", 1);
  auto producer = Producer::connect(options()).value();
  const auto send = [&](const char* topic, std::size_t bytes) {
    const std::string value(bytes, 'x');
    (void)producer.produce({.topic = topic, .partition = 0, .value = value}, [](const Result<Delivery>&) {});
    (void)producer.flush(kPatience);
  };
  constexpr std::int16_t kNoRight = 29, kNotTheLeader = 6;
  broker.fail_next(RequestKind::kProduce, {kNotTheLeader});
  send("slow", 1);
  EXPECT_TRUE(producer.take_refusals().empty()) << "it passed";
  broker.fail_next(RequestKind::kProduce, {kNoRight});
  send("forbidden", 1);
  send("large", 5 << 20);
  send("large", 6 << 20);
  const auto refusals = producer.take_refusals();
  ASSERT_EQ(refusals.size(), 2U);
  EXPECT_EQ(refusals[0].topic + ' ' + refusals[1].topic, "forbidden large");
  EXPECT_NE(refusals[0].error.hint.find("grant"), std::string::npos);
  EXPECT_TRUE(producer.take_refusals().empty());
}

TEST_F(ProducerTest, ATooLargeRecordIsRefusedWithTheOptionToChange) {
  make_topic("t", 1);
  auto producer = Producer::connect(options()).value();
  const auto sent = producer.produce({.topic = "t", .partition = 0, .value = std::string(5 << 20, 'x')}, {});
  ASSERT_FALSE(sent.has_value());
  EXPECT_FALSE(sent.error().retriable);
  EXPECT_NE(sent.error().hint.find("message.max.bytes"), std::string::npos) << sent.error().text();
  // What the rejected topic must take.
  bool delivered = false;
  ASSERT_TRUE(producer
                  .produce({.topic = "t", .partition = 0, .value = std::string(4'000'000, 'x')},
                           [&](const Result<Delivery>& delivery) { delivered = delivery.has_value(); })
                  .has_value());
  ASSERT_TRUE(producer.flush(kPatience).has_value());
  EXPECT_TRUE(delivered);
}

TEST_F(ProducerTest, RecordsOfOnePartitionStayInOrder) {
  make_topic("t", 1);
  constexpr int kCount = 5000;
  write_numbers("t", 0, kCount);
  auto consumer = Consumer::read(options(), {{"t", 0, 0}}).value();
  const Taken taken = take(consumer, [](const Taken& t) { return !t.ends.empty() && t.values.size() == kCount; });
  ASSERT_EQ(taken.values.size(), static_cast<std::size_t>(kCount));
  for (int i = 0; i < kCount; ++i) ASSERT_EQ(taken.values[static_cast<std::size_t>(i)], std::to_string(i));
}

} // namespace
} // namespace wardpulse::kafka
