// What the embedded broker can not show, on Apache Kafka. The broker is named by WARDPULSE_TEST_BROKERS; every test uses
// topics of its own.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "kafka/topics.h"
#include "tests/kafka/support.h"

namespace wardpulse::kafka {
namespace {

class RealBroker : public testing::Test {
 protected:
  void SetUp() override {
    const char* brokers = std::getenv("WARDPULSE_TEST_BROKERS");
    ASSERT_NE(brokers, nullptr) << "run it through real_broker_test.py";
    options_.brokers = brokers;
    admin_.emplace(Admin::connect(options_).value());
  }
  std::int64_t write(const std::string& topic, std::int32_t partition, std::string_view value) {
    auto producer = Producer::connect(options_).value();
    std::int64_t offset = -1;
    EXPECT_TRUE(producer
                    .produce({.topic = topic, .partition = partition, .key = "k", .value = value},
                             [&](const Result<Delivery>& delivery) {
                               ASSERT_TRUE(delivery.has_value()) << delivery.error().text();
                               offset = delivery->offset;
                             })
                    .has_value());
    EXPECT_TRUE(producer.flush(kPatience).has_value());
    return offset;
  }

  ClientOptions options_{.brokers = "", .client_id = "test", .settings = {}};
  std::optional<Admin> admin_;
};

TEST_F(RealBroker, CreatesTheTopicsOfTheSystemOnce) {
  const auto topics = wardpulse_topics("made", "live", 3);
  for (int round = 0; round < 2; ++round) {
    const auto created = admin_->create_topics(topics, kPatience);
    ASSERT_TRUE(created.has_value()) << created.error().text();
  }
  const auto known = admin_->topics(kPatience).value();
  for (const NewTopic& topic : topics) {
    const auto found =
        std::find_if(known.begin(), known.end(), [&](const TopicInfo& t) { return t.name == topic.name; });
    ASSERT_NE(found, known.end()) << topic.name;
    EXPECT_EQ(found->partitions, 3) << topic.name;
  }
  EXPECT_EQ(write("made.rejected", 0, std::string(4'000'000, 'x')), 0);
}

TEST_F(RealBroker, ATopicThatIsRefusedIsNamed) {
  const auto created = admin_->create_topics({{"refused", 1, {{"no.such.setting", "1"}}}}, kPatience);
  ASSERT_FALSE(created.has_value());
  EXPECT_NE(created.error().message.find("topic refused"), std::string::npos) << created.error().text();
  EXPECT_NE(created.error().message.find("no.such.setting"), std::string::npos) << created.error().text();
}

TEST_F(RealBroker, LooksUpOffsetsByTime) {
  ASSERT_TRUE(admin_->create_topics({{"times", 2, {}}}, kPatience).has_value());
  write("times", 0, "first");
  const auto last = write("times", 0, "second");
  auto consumer = Consumer::read(options_, {{"times", 0, last}}).value();
  Time second = kNever;
  ASSERT_TRUE(until([&] {
    const auto polled = consumer.poll(kStep);
    if (polled && polled->kind == PollResult::Kind::kRecord) second = polled->record.timestamp();
    return second != kNever;
  }));
  const auto at = [&](Time time) {
    const auto found = admin_->offsets_for_time({{"times", 0}, {"times", 1}}, time, kPatience);
    EXPECT_TRUE(found.has_value()) << found.error().text();
    return found.value_or(std::vector<TopicPartition>{});
  };
  EXPECT_EQ(at(from_ms(0)), (std::vector<TopicPartition>{{"times", 0, 0}, {"times", 1, 0}}));
  EXPECT_EQ(at(second + Duration{1}), (std::vector<TopicPartition>{{"times", 0, last + 1}, {"times", 1, 0}}));
}

TEST_F(RealBroker, OfTwoMembersWithOneInstanceIdTheOlderIsFenced) {
  ASSERT_TRUE(admin_->create_topics({{"fenced", 1, {}}}, kPatience).has_value());
  std::vector<AssignmentChange> changes;
  const auto join = [&](RebalanceCallback callback) {
    ClientOptions options = options_;
    options.settings = {{"heartbeat.interval.ms", "200"}};
    return Consumer::join(options, {.group = "fenced", .instance_id = "one", .topics = {"fenced"}}, std::move(callback))
        .value();
  };
  const auto from_start = [](std::vector<TopicPartition> partitions) {
    for (TopicPartition& entry : partitions) entry.offset = 0;
    return partitions;
  };
  auto older = join([&](AssignmentChange change, const std::vector<TopicPartition>& partitions) {
    changes.push_back(change);
    return from_start(partitions);
  });
  const auto poll_older = [&]() -> std::optional<Error> {
    const auto polled = older.poll(kStep);
    return polled ? std::nullopt : std::optional(polled.error());
  };
  ASSERT_TRUE(until([&] { return !poll_older() && !changes.empty(); }));
  auto newer = join([&](AssignmentChange, const std::vector<TopicPartition>& partitions) {
    return from_start(partitions);
  });
  std::optional<Error> fenced;
  ASSERT_TRUE(until([&] {
    static_cast<void>(newer.poll(kStep));
    const auto error = poll_older();
    if (error && error->fatal) fenced = error;
    return fenced.has_value();
  }));
  EXPECT_NE(fenced->hint.find("--instance-id"), std::string::npos) << fenced->text();
  static_cast<void>(older.close(kPatience));
  EXPECT_EQ(changes.back(), AssignmentChange::kLost);
}

TEST_F(RealBroker, AStaticMemberThatComesBackHasItsPartitionsAndDisturbsNobody) {
  ASSERT_TRUE(admin_->create_topics({{"stays", 4, {}}}, kPatience).has_value());
  struct Seat {
    std::vector<std::vector<TopicPartition>> assigned; // each time
    int taken_away = 0;
    std::optional<Consumer> consumer;
  };
  std::map<std::string, Seat> seats;
  const auto sit_down = [&](const std::string& id) {
    const auto on_change = [&seat = seats[id]](AssignmentChange change, std::vector<TopicPartition> partitions) {
      for (TopicPartition& entry : partitions) entry.offset = 0;
      change == AssignmentChange::kAssigned ? seat.assigned.push_back(partitions) : void(++seat.taken_away);
      return partitions;
    };
    ClientOptions options = options_;
    options.settings = {{"heartbeat.interval.ms", "200"}};
    seats[id].consumer.emplace(Consumer::join(options, {.group = "stays", .instance_id = id, .topics = {"stays"}}, on_change).value());
  };
  const auto poll_until = [&](const std::function<bool()>& done) {
    return until([&] {
      for (auto& [id, seat] : seats) {
        if (seat.consumer) static_cast<void>(seat.consumer->poll(kStep));
      }
      return done();
    });
  };
  const auto& a = seats["a"];
  const auto& b = seats["b"];
  sit_down("a");
  sit_down("b");
  ASSERT_TRUE(poll_until([&] {
    return !a.assigned.empty() && !b.assigned.empty() && a.assigned.back().size() == 2 && b.assigned.back().size() == 2;
  }));
  const auto before = a.assigned.size();
  const auto others = b.assigned.size();
  const int taken_away = b.taken_away;
  seats["a"].consumer.reset(); // a static member says nothing when it goes
  sit_down("a");
  ASSERT_TRUE(poll_until([&] { return a.assigned.size() > before; }));
  EXPECT_EQ(a.assigned.back(), a.assigned[before - 1]);
  EXPECT_EQ(b.assigned.size(), others);
  EXPECT_EQ(b.taken_away, taken_away);
}

// State may take longer to read back than a session lasts.
TEST_F(RealBroker, AMemberThatTakesLongToTakeOverKeepsItsPartitions) {
  ASSERT_TRUE(admin_->create_topics({{"slow", 2, {}}}, kPatience).has_value());
  constexpr Duration kSession{2000};
  ClientOptions options = options_;
  options.settings = {{"heartbeat.interval.ms", "200"}, {"session.timeout.ms", std::to_string(kSession.count())}};
  std::vector<AssignmentChange> changes;
  auto member = Consumer::join(options, {.group = "slow", .instance_id = "", .topics = {"slow"}},
                               [&](AssignmentChange change, std::vector<TopicPartition> partitions) {
                                 const auto until = std::chrono::steady_clock::now() + 3 * kSession;
                                 while (changes.empty() && std::chrono::steady_clock::now() < until) {
                                   static_cast<void>(admin_->topics(kPatience)); // as one who is busy
                                 }
                                 changes.push_back(change);
                                 for (TopicPartition& entry : partitions) entry.offset = 0;
                                 return partitions;
                               }).value();
  ASSERT_TRUE(until([&] {
    static_cast<void>(member.poll(kStep));
    return !changes.empty();
  }));
  write("slow", 0, "v");
  ASSERT_TRUE(until([&] {
    const auto polled = member.poll(kStep);
    return polled && polled->kind == PollResult::Kind::kRecord;
  }));
  EXPECT_EQ(changes.size(), 1U);
}

TEST_F(RealBroker, AbsentTopicsAreNotMadeByLooking) {
  EXPECT_FALSE(admin_->watermarks("absent", 0, std::chrono::seconds{2}).has_value());
  const auto known = admin_->topics(kPatience).value();
  for (const TopicInfo& topic : known) EXPECT_NE(topic.name, "absent");
}

} // namespace
} // namespace wardpulse::kafka
