#include "producer/sender.h"

#include <map>

#include <gtest/gtest.h>

#include "tests/kafka/support.h"

namespace wardpulse::producer {
namespace {

using kafka::kPatience;
using kafka::RequestKind;

constexpr std::int16_t kClusterAuthorizationFailed = 31; // a producer that is told so is broken for good

class SenderTest : public kafka::WithBroker {
 protected:
  SenderTest() {
    for (const char* name : {"p.checkins", "p.billing"}) make_topic(name, 1);
  }

  std::unique_ptr<Sender> connect(kafka::Settings settings = {}) {
    SenderOptions given{options(std::move(settings)), "p"};
    given.on_acked = [this](Topic topic, std::int64_t records) { acked[topic] += records; };
    given.on_failed = [this] { ++failed; };
    return Sender::connect(std::move(given)).value();
  }

  // The values of a topic, in its order, once it has so many.
  std::vector<std::string> values(const std::string& topic, std::size_t count) {
    auto consumer = kafka::Consumer::read(options(), {{topic, 0, kafka::Consumer::kBeginning}}).value();
    return take(consumer, [&](const kafka::Taken& so_far) { return so_far.values.size() >= count; }).values;
  }

  std::map<Topic, std::int64_t> acked;
  int failed = 0;
};

Message message(Topic topic, std::string value) { return {.topic = topic, .key = "patient", .value = std::move(value), .partition = 0}; }

// Values too long to lie in the message itself, since the client borrows them.
std::vector<std::string> send_numbers(Sender* sender, Topic topic, int count) {
  std::vector<std::string> sent;
  for (int i = 0; i < count; ++i) {
    sent.push_back("a value that is not short, number " + std::to_string(i));
    EXPECT_EQ(sender->send(message(topic, sent.back())), true);
  }
  return sent;
}

TEST_F(SenderTest, EveryRecordArrivesInOrderAndIsCountedByTopic) {
  const auto sender = connect();
  const auto checkins = send_numbers(sender.get(), Topic::kCheckins, 3000);
  const auto bills = send_numbers(sender.get(), Topic::kBilling, 500);
  ASSERT_EQ(sender->finish(kPatience), true);
  EXPECT_EQ(sender->unacked(), 0U);
  EXPECT_EQ(sender->counts().sent, 3500);
  EXPECT_EQ(sender->counts().acked, 3500);
  EXPECT_EQ(acked, (std::map<Topic, std::int64_t>{{Topic::kCheckins, 3000}, {Topic::kBilling, 500}}));
  EXPECT_EQ(values("p.checkins", checkins.size()), checkins);
  EXPECT_EQ(values("p.billing", bills.size()), bills);
}

TEST_F(SenderTest, WhatTheClientHasNoRoomForIsHandedOverLater) {
  broker.set_reachable(false);
  const auto sender = connect({{"queue.buffering.max.messages", "10"}});
  const auto sent = send_numbers(sender.get(), Topic::kCheckins, 1000);
  EXPECT_EQ(sender->finish(kafka::kStep), false) << "nothing can have been acknowledged";
  EXPECT_EQ(sender->unacked(), 1000U);
  broker.set_reachable(true);
  ASSERT_EQ(sender->finish(kPatience), true);
  EXPECT_EQ(sender->counts().acked, 1000);
  EXPECT_EQ(values("p.checkins", sent.size()), sent);
}

TEST_F(SenderTest, ABrokenClientIsReplacedAndNothingIsLost) {
  broker.fail_next(RequestKind::kInitProducerId, {kClusterAuthorizationFailed});
  const auto sender = connect();
  const auto sent = send_numbers(sender.get(), Topic::kCheckins, 100);
  ASSERT_EQ(sender->finish(kPatience), true);
  EXPECT_EQ(sender->counts().rebuilds, 1);
  EXPECT_EQ(sender->counts().acked, 100);
  EXPECT_EQ(sender->counts().failed, 0);
  EXPECT_EQ(acked[Topic::kCheckins], 100);
  EXPECT_EQ(values("p.checkins", sent.size()), sent);
}

TEST_F(SenderTest, ARecordThatCannotBeSentIsCountedAndTheOthersGo) {
  const auto sender = connect();
  ASSERT_EQ(sender->send(message(Topic::kCheckins, "before")), true);
  ASSERT_EQ(sender->send(message(Topic::kCheckins, std::string(5 << 20, 'x'))), true);
  ASSERT_EQ(sender->send(message(Topic::kCheckins, "after")), true);
  ASSERT_EQ(sender->finish(kPatience), true);
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(sender->counts().failed, 1);
  EXPECT_EQ(sender->counts().acked, 2);
  EXPECT_EQ(values("p.checkins", 2), (std::vector<std::string>{"before", "after"}));
}

} // namespace
} // namespace wardpulse::producer
