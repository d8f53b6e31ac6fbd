// Group membership: two members share, hand over and leave.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/kafka/support.h"

namespace wardpulse::kafka {
namespace {

// A member that keeps the next offset of each partition it owns, and passes it on through `handed_over`.
class Member {
 public:
  using Positions = std::map<std::pair<std::string, std::int32_t>, std::int64_t>;

  Member(const ClientOptions& options, const std::string& instance_id, std::vector<std::string> topics,
         Positions* handed_over)
      : handed_over_(handed_over),
        consumer_(Consumer::join(options, {.group = "g", .instance_id = instance_id, .topics = std::move(topics)},
                                 [this](AssignmentChange change, const std::vector<TopicPartition>& partitions) {
                                   return on_change(change, partitions);
                                 })
                      .value()) {}

  void poll_once() {
    auto polled = consumer_.poll(std::chrono::milliseconds{20});
    if (!polled) {
      errors.push_back(polled.error());
    } else if (polled->kind == PollResult::Kind::kRecord) {
      const Record& record = polled->record;
      (*handed_over_)[{std::string(record.topic()), record.partition()}] = record.offset() + 1;
      values.emplace_back(record.value());
    }
  }
  Result<void> close() { return consumer_.close(kPatience); }
  Result<void> pause_owned() { return consumer_.pause(owned); }

  std::vector<TopicPartition> owned;
  std::vector<std::string> values;
  std::vector<AssignmentChange> changes;
  std::vector<Error> errors;

 private:
  std::vector<TopicPartition> on_change(AssignmentChange change, const std::vector<TopicPartition>& partitions) {
    changes.push_back(change);
    std::vector<TopicPartition> positions = partitions;
    for (TopicPartition& entry : positions) entry.offset = (*handed_over_)[{entry.topic, entry.partition}];
    owned = change == AssignmentChange::kAssigned ? partitions : std::vector<TopicPartition>{};
    return positions;
  }

  Positions* handed_over_;
  Consumer consumer_; // last: its callback uses the members above
};

std::vector<std::int32_t> numbers_of(const Member& member, const std::string& topic) {
  std::vector<std::int32_t> numbers;
  for (const TopicPartition& entry : member.owned) {
    if (entry.topic == topic) numbers.push_back(entry.partition);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

class GroupTest : public WithBroker {
 protected:
  // Beats often, so that a member hears of a change soon. The embedded broker waits 3 s for a group's first members and
  // for the session time-out less 1 s at later changes.
  ClientOptions member_options() const {
    return options({{"heartbeat.interval.ms", "100"}, {"session.timeout.ms", "4000"}});
  }
  void SetUp() override {
    make_topic("a", 4);
    make_topic("b", 4);
  }
  Member::Positions positions;
};

TEST_F(GroupTest, EveryRecordIsReadOnceThroughAHandOver) {
  constexpr int kCount = 50;
  for (int partition = 0; partition < 4; ++partition) write_numbers("a", partition, kCount);
  Member first(member_options(), "", {"a", "b"}, &positions);
  ASSERT_TRUE(until([&] {
    first.poll_once();
    return first.owned.size() == 8 && first.values.size() >= 10;
  }));
  Member second(member_options(), "", {"a", "b"}, &positions);
  ASSERT_TRUE(until([&] {
    first.poll_once();
    second.poll_once();
    return first.owned.size() == 4 && second.owned.size() == 4 &&
           first.values.size() + second.values.size() >= 4 * kCount;
  }));
  EXPECT_EQ(first.values.size() + second.values.size(), 4U * kCount);
  for (const Member* member : {&first, &second}) {
    EXPECT_EQ(numbers_of(*member, "a"), numbers_of(*member, "b")); // what a task needs
    EXPECT_EQ(numbers_of(*member, "a").size(), 2U);
    EXPECT_TRUE(member->errors.empty()) << member->errors[0].text();
  }
  ASSERT_GE(first.changes.size(), 3U);
  for (std::size_t i = 0; i < first.changes.size(); ++i) {
    EXPECT_EQ(first.changes[i], i % 2 == 0 ? AssignmentChange::kAssigned : AssignmentChange::kRevoked) << i;
  }
}

TEST_F(GroupTest, WhatWasPausedIsReadAfterTheNextAssignment) {
  Member first(member_options(), "", {"a"}, &positions);
  ASSERT_TRUE(until([&] {
    first.poll_once();
    return first.owned.size() == 4;
  }));
  ASSERT_TRUE(first.pause_owned().has_value());
  Member second(member_options(), "", {"a"}, &positions);
  ASSERT_TRUE(until([&] {
    first.poll_once();
    second.poll_once();
    return first.owned.size() == 2 && second.owned.size() == 2;
  }));
  for (int partition = 0; partition < 4; ++partition) write_numbers("a", partition, 3);
  EXPECT_TRUE(until([&] {
    first.poll_once();
    second.poll_once();
    return first.values.size() == 6 && second.values.size() == 6;
  }));
}

TEST_F(GroupTest, WhoClosesHandsOverAtOnce) {
  Member first(member_options(), "", {"a"}, &positions);
  Member second(member_options(), "", {"a"}, &positions);
  const auto both_own = [&] {
    first.poll_once();
    second.poll_once();
    return first.owned.size() == 2 && second.owned.size() == 2;
  };
  ASSERT_TRUE(until(both_own));
  const auto closed = first.close();
  ASSERT_TRUE(closed.has_value()) << closed.error().text();
  EXPECT_TRUE(first.owned.empty());
  EXPECT_EQ(first.changes.back(), AssignmentChange::kRevoked);
  EXPECT_TRUE(until([&] {
    second.poll_once();
    return second.owned.size() == 4;
  }));
}

TEST_F(GroupTest, AStaticMemberComesBackToItsPartitions) {
  {
    Member member(member_options(), "ward-a", {"a"}, &positions);
    ASSERT_TRUE(until([&] {
      member.poll_once();
      return member.owned.size() == 4;
    }));
  }
  write_numbers("a", 2, 3);
  Member again(member_options(), "ward-a", {"a"}, &positions);
  EXPECT_TRUE(until([&] {
    again.poll_once();
    return again.values.size() == 3;
  }));
}

// A close that met records already fetched once aborted the program.
TEST_F(GroupTest, ClosingDropsWhatWasFetchedButNotPolled) {
  for (int partition = 0; partition < 4; ++partition) write_numbers("a", partition, 1000);
  Member member(member_options(), "", {"a"}, &positions);
  ASSERT_TRUE(until([&] {
    member.poll_once();
    return !member.values.empty();
  }));
  const auto closed = member.close();
  EXPECT_TRUE(closed.has_value()) << closed.error().text();
  EXPECT_LT(member.values.size(), 4000U);
  EXPECT_EQ(member.changes.back(), AssignmentChange::kRevoked);
}

TEST_F(GroupTest, CommittedOffsetsAreAccepted) {
  auto consumer = Consumer::join(member_options(), {.group = "g", .instance_id = "", .topics = {"a"}},
                                 [](AssignmentChange, const std::vector<TopicPartition>& partitions) {
                                   std::vector<TopicPartition> at_start = partitions;
                                   for (TopicPartition& entry : at_start) entry.offset = 0;
                                   return at_start;
                                 })
                      .value();
  ASSERT_TRUE(until([&] {
    const auto polled = consumer.poll(kStep);
    return polled && polled->kind == PollResult::Kind::kPartitionEnd;
  }));
  EXPECT_TRUE(consumer.commit({{"a", 0, 0}}).has_value());
}

} // namespace
} // namespace wardpulse::kafka
