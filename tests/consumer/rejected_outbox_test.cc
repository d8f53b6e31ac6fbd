#include "consumer/rejected_outbox.h"

#include <gtest/gtest.h>

#include "base/version.h"
#include "tests/consumer/world.h"

namespace wardpulse::consumer {
namespace {

const TopicNames kNames = TopicNames::of("t", "live");

aggregator::RejectedRecord refused(std::int64_t offset) {
  aggregator::RejectedRecord record;
  record.topic = Topic::kBilling;
  record.offset = offset;
  record.broker_time = from_ms(1'700'000'000'123);
  record.key = "p1";
  record.value = std::string("bytes\0\xff", 7);
  record.rejection = {RejectReason::kRule, "total_amount is -1.00", {Rule::kTotalNotNegative, Rule::kRange}};
  return record;
}

TEST(RejectedMessage, CarriesOriginReasonAndOriginalBytes) {
  World world;
  TestOutbox outbox(world);
  RejectedOutbox rejected(3, kNames, outbox);
  rejected.send(refused(42));
  outbox.pump(Duration{0});
  ASSERT_EQ(world.log("t.rejected", 3).size(), 1U);
  const auto& record = world.log("t.rejected", 3)[0];
  EXPECT_EQ(record.key, "t.billing-3-42");
  EXPECT_EQ(record.value, std::string("bytes\0\xff", 7));
  const std::map<std::string, std::string> headers = {{"reason", "rule"},
                                                      {"detail", "total_amount is -1.00"},
                                                      {"rule", "total_not_negative"},
                                                      {"rules", "total_not_negative,range"},
                                                      {"topic", "t.billing"},
                                                      {"partition", "3"},
                                                      {"offset", "42"},
                                                      {"timestamp", "1700000000123"},
                                                      {"key", "p1"},
                                                      {"consumer_version", std::string(version())}};
  EXPECT_EQ(record.headers, headers);
}

TEST(RejectedMessage, TombstoneStaysAValueAndIsSaidInAHeader) {
  auto record = refused(1);
  record.value.clear();
  record.tombstone = true;
  World world;
  TestOutbox outbox(world);
  RejectedOutbox rejected(0, kNames, outbox);
  rejected.send(record);
  outbox.pump(Duration{0});
  const auto& written = world.log("t.rejected", 0)[0];
  EXPECT_EQ(written.value, "");
  EXPECT_EQ(written.headers.at("tombstone"), "true");
}

// Four mebibytes are what the topic holds.
TEST(RejectedMessage, WhatTheTopicCannotHoldIsCutAndSaysSo) {
  auto record = refused(1);
  record.value = std::string(5'000'000, 'v');
  record.key = std::string(1'000'000, 'k');
  record.rejection.detail = std::string(1'000'000, 'd');
  const auto message = make_rejected_message(record, 0, "t.billing");
  std::size_t bytes = message.key.size() + message.value.size();
  for (const auto& [name, value] : message.headers) bytes += name.size() + value.size();
  EXPECT_LT(bytes, 3'000'000U);
  EXPECT_GE(message.value.size(), 2'000'000U);
  const std::map<std::string, std::string> headers(message.headers.begin(), message.headers.end());
  EXPECT_EQ(headers.at("cut_from"), "5000000");
}

TEST(RejectedOutbox, GivenUpRecordsAreSentAgain) {
  World world;
  TestOutbox outbox(world);
  RejectedOutbox rejected(0, kNames, outbox);
  outbox.give_up = 1;
  rejected.send(refused(1));
  rejected.send(refused(2));
  const auto mark = rejected.mark();
  rejected.send(refused(3));
  outbox.pump(Duration{0});
  EXPECT_TRUE(rejected.unacknowledged_before(mark));
  rejected.retry();
  outbox.pump(Duration{0});
  EXPECT_FALSE(rejected.unacknowledged_before(mark));
  EXPECT_EQ(rejected.unacknowledged(), 0U);
  EXPECT_EQ(world.content("t.rejected", 0).size(), 3U);
}

TEST(RejectedOutbox, MarkCoversOnlyWhatWasSentBefore) {
  World world;
  TestOutbox outbox(world);
  RejectedOutbox rejected(0, kNames, outbox);
  rejected.send(refused(1));
  outbox.pump(Duration{0});
  const auto mark = rejected.mark();
  rejected.send(refused(2));
  EXPECT_FALSE(rejected.unacknowledged_before(mark));
  EXPECT_EQ(rejected.unacknowledged(), 1U);
}

} // namespace
} // namespace wardpulse::consumer
