// The member with real tasks, folds and checkpoints, on a Kafka in memory.
#include "base/json_writer.h"
#include "proto/heartbeat.h"
#include "tests/consumer/member_fixture.h"

namespace wardpulse::consumer {
namespace {

TEST_F(MemberTest, KilledAtAnyWriteEndsAsAStraightRun) {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    world_ = World();
    patient_ = 0;
    write_visits(60);
    for (int life = 0; life < 8; ++life) {
      Process process(world_, "p" + std::to_string(life));
      process.outbox.writes_left = 5 + random() % 60;
      process.outbox.slow = true;
      if (!process.start()) continue;
      for (int round = 0; round < 200 && *process.outbox.writes_left > 0; ++round) {
        ASSERT_TRUE(process.work(static_cast<int>(random() % 8), random));
        if (random() % 20 == 0) write_visits(1);
        if (random() % 30 == 0) world_.compact("t.checkpoints", 0);
        world_.pass(std::chrono::milliseconds{random() % 1000});
      }
    }
    Process last(world_, "last");
    ASSERT_TRUE(last.start());
    ASSERT_TRUE(last.work_to_end());
    ASSERT_TRUE(last.member().release(std::chrono::seconds{5}, Member::Parting::kAll));
    ASSERT_TRUE(published(world_) == published_straight()) << published(world_).size();
    EXPECT_EQ(rejected_count(), static_cast<std::size_t>((patient_ + 4) / 5));
  }
}

TEST_F(MemberTest, ReleasedPartitionGoesOnElsewhereWithoutReadingAgain) {
  write_visits(30);
  Process first(world_, "first");
  ASSERT_TRUE(first.start());
  ASSERT_TRUE(first.work_to_end());
  ASSERT_TRUE(first.member().release(std::chrono::seconds{5}, Member::Parting::kPlain));
  EXPECT_TRUE(first.member().tasks().empty());
  Process second(world_, "second");
  ASSERT_TRUE(second.start());
  ASSERT_TRUE(second.work_to_end());
  EXPECT_EQ(second.member().counts().consumed[0], 0);
  std::int64_t consumed = 0;
  for (const auto& task : second.member().tasks()) consumed += task->state().counters().consumed;
  const auto& read = first.member().counts().consumed;
  EXPECT_EQ(consumed, read[0] + read[1]);
}

class MartRows : public MemberTest {
 protected:
  static std::string topic_of(const MartSpec& mart) { return "t.marts." + std::string(mart.name); }
  using Rows = std::vector<std::map<std::string, std::string>>;
  Rows rows() {
    Rows all;
    for (const MartSpec& mart : marts()) {
      for (int partition = 0; partition < kPartitions; ++partition) all.push_back(world_.content(topic_of(mart), partition));
    }
    return all;
  }
  std::size_t written() {
    std::size_t records = 0;
    for (const MartSpec& mart : marts()) records += world_.log(topic_of(mart), 0).size() + world_.log(topic_of(mart), 1).size();
    return records;
  }
  // As of the switch of that number.
  TaskSettings settings_of(std::int64_t number) {
    TaskSettings settings = task_settings();
    settings.marts_switch = number;
    settings.read_rows = [this](std::int32_t partition, const TaskSettings::TakeRow& take) -> Result<void> {
      if (reading_fails_) return fail("the broker is away");
      for (const MartSpec& mart : marts()) {
        for (const auto& [key, row] : world_.content(topic_of(mart), partition)) take(mart, key);
      }
      return {};
    };
    return settings;
  }
  bool reading_fails_ = false;
};

TEST_F(MartRows, OfAnotherGenerationGiveWayAlsoWhenItsSuccessorDiesMeanwhile) {
  write_visits(40);
  const auto work = [&](std::int64_t number, std::optional<std::int64_t> writes_left) {
    Process process(world_, "p" + std::to_string(number), settings_of(number));
    process.outbox.writes_left = writes_left;
    return process.start().has_value() && process.work_to_end().has_value() && process.member().release(std::chrono::seconds{5}, Member::Parting::kAll);
  };
  ASSERT_TRUE(work(0, {}));
  const Rows own = rows();
  ASSERT_GT(own.back().size(), 15U);
  std::mt19937 random(3);
  for (std::int64_t number = 1; number <= 20; ++number) {
    SCOPED_TRACE(number);
    world_.append("t.marts.patient-stats", 0, {0, "ghost", "{}", {}});
    world_.append("t.marts.patient-stats", 0, {0, "p0", "{}", {}});
    world_.append("t.marts.patient-stats", 1, {0, "p1", std::nullopt, {}});
    world_.append("t.marts.daily-kpis", 1, {0, "1999-01-01", "{}", {}});
    reading_fails_ = number % 3 == 0;
    (void)work(number, 2 + random() % 60);
    reading_fails_ = false;
    ASSERT_TRUE(work(number, {}));
    ASSERT_EQ(rows(), own);
  }
  const auto before = written();
  ASSERT_TRUE(work(20, {}));
  EXPECT_EQ(rows(), own);
  EXPECT_LT(written() - before, 30U) << "the rows of days at most, patients' rows are known to be its own";
}

// The row of a day whose only visit moved to another department, as seen by an owner who died before and by the next one.
TEST_F(MartRows, OfADayThatIsNoMoreGoAlsoWhenItsOwnerDies) {
  const Time time = world_.now.wall - std::chrono::minutes{60};
  const auto check_in = [&](int id, Time at, const char* department) {
    write("checkins", 0, event("checkin", id, at, 0, std::string(R"(,"visit_type":"Emergency","department":")") + department + '"'));
  };
  check_in(1, time, "Surgery");
  {
    Process first(world_, "first");
    ASSERT_TRUE(first.start());
    ASSERT_TRUE(first.work_to_end());
    ASSERT_TRUE(first.member().release(std::chrono::seconds{5}, Member::Parting::kPlain));
  }
  const auto departments = [&] {
    std::string all;
    for (const auto& [key, row] : world_.content("t.marts.department-stats", 0)) all += key.substr(key.find('|') + 1) + ' ';
    return all;
  };
  ASSERT_EQ(departments(), "Surgery ");
  check_in(2, time - std::chrono::minutes{5}, "Cardiology");
  Process second(world_, "second"); // has it published, and dies before a checkpoint
  ASSERT_TRUE(second.start());
  second.read_to_end();
  ASSERT_TRUE(second.tick());
  ASSERT_EQ(departments(), "Surgery ");
  Process third(world_, "third");
  ASSERT_TRUE(third.start());
  ASSERT_TRUE(third.work_to_end());
  ASSERT_TRUE(third.member().release(std::chrono::seconds{5}, Member::Parting::kPlain));
  EXPECT_EQ(departments(), "Cardiology ");
}

TEST_F(MemberTest, LateFlushOfAFormerOwnerIsPutRightWhileRunning) {
  write_visits(10);
  Process process(world_, "p");
  ASSERT_TRUE(process.start());
  ASSERT_TRUE(process.work_to_end());
  const auto before = published(world_);
  const auto stored = world_.log("t.aggregates", 0);
  for (const auto& record : stored) { // the same cells and one that nobody has, with an older epoch
    auto late = record;
    late.headers["epoch"] = "0";
    late.headers["digest"] = "1";
    world_.append("t.aggregates", 0, late);
  }
  world_.append("t.aggregates", 0, {0, "department|department=Nowhere|-|0", "{}", {{"epoch", "0"}}});
  world_.compact("t.aggregates", 0);
  ASSERT_TRUE(process.work_to_end());
  world_.pass(kWatermarkHeartbeat); // the next sign of life shows the gap
  ASSERT_TRUE(process.work_to_end());
  for (const auto& [key, value] : world_.content("t.aggregates", 0)) {
    EXPECT_NE(key, "department|department=Nowhere|-|0");
    std::string epoch;
    for (const auto& record : world_.log("t.aggregates", 0)) {
      if (record.key == key) epoch = record.headers.at("epoch");
    }
    EXPECT_EQ(epoch, "1") << key;
  }
  EXPECT_TRUE(published(world_) == before);
}

TEST_F(MemberTest, SupersededTaskStopsAndInTheEndFails) {
  write_visits(10);
  Process sleeper(world_, "sleeper");
  ASSERT_TRUE(sleeper.start());
  ASSERT_TRUE(sleeper.work_to_end());
  Process owner(world_, "owner");
  ASSERT_TRUE(owner.start());
  ASSERT_TRUE(owner.work_to_end());
  ASSERT_TRUE(sleeper.tick());
  const auto writes = sleeper.outbox.written;
  write_visits(10);
  ASSERT_TRUE(sleeper.work_to_end());
  EXPECT_EQ(sleeper.outbox.written, writes);
  world_.pass(kSupersededPatience);
  const auto ticked = sleeper.tick();
  ASSERT_FALSE(ticked);
  EXPECT_NE(ticked.error().text().find("another consumer"), std::string::npos) << ticked.error().text();
}

TEST_F(MemberTest, StopsExactlyAtTheEndsItWasGiven) {
  write_visits(20);
  std::vector<TopicOffsets> ends(kPartitions);
  for (int partition = 0; partition < kPartitions; ++partition) {
    for (int i = 0; i < kTopicCount; ++i)
      ends[partition][i] = world_.range(task_settings().names.inputs[i], partition).high;
  }
  const auto straight = published_straight();
  write_visits(20);
  Process process(world_, "p", task_settings(), ends);
  EXPECT_FALSE(process.member().reached_ends());
  ASSERT_TRUE(process.start());
  EXPECT_FALSE(process.member().reached_ends());
  ASSERT_TRUE(process.work_to_end());
  EXPECT_TRUE(process.member().reached_ends());
  ASSERT_TRUE(process.member().release(std::chrono::seconds{5}, Member::Parting::kAll));
  EXPECT_TRUE(published(world_) == straight);
  EXPECT_FALSE(process.member().reached_ends()) << "what was let go may come back, and go on elsewhere";
}

TEST_F(MemberTest, WhoIsToStopPublishesWhenItLetsGo) {
  write_visits(20);
  const auto straight = published_straight();
  Process process(world_, "p");
  ASSERT_TRUE(process.start());
  process.stop_asked = true;
  const auto before = published(world_);
  ASSERT_TRUE(process.work_to_end());
  EXPECT_TRUE(published(world_) == before);
  ASSERT_TRUE(process.member().release(std::chrono::seconds{5}, Member::Parting::kPlain));
  EXPECT_TRUE(published(world_) == straight);
}

TEST_F(MemberTest, GroupOffsetsAreThoseOfTheCheckpoint) {
  write_visits(10);
  Process process(world_, "p");
  ASSERT_TRUE(process.start());
  ASSERT_TRUE(process.work_to_end());
  EXPECT_TRUE(process.member().take_commits().empty());
  ASSERT_TRUE(process.member().release(std::chrono::seconds{5}, Member::Parting::kPlain));
  const auto commits = process.member().take_commits();
  ASSERT_EQ(commits.size(), static_cast<std::size_t>(kPartitions * kTopicCount));
  EXPECT_EQ(commits[0], (kafka::TopicPartition{"t.checkins", 0, world_.range("t.checkins", 0).high}));
}

TEST_F(MemberTest, SilentTopicGetsAHeartbeatInItsLog) {
  write("billing", 0,
        event("payment", 1'000'000, world_.now.wall - std::chrono::hours{9}, 0,
              R"(,"bill_id":"b","amount":1,"paid_at":"2020-01-01T00:00:00Z")"));
  write_visits(10);
  Process process(world_, "p");
  ASSERT_TRUE(process.start());
  ASSERT_TRUE(process.work_to_end());
  EXPECT_EQ(world_.log("t.billing", 0).size(), 1U);
  world_.pass(kIdleAfter);
  write_visits(10); // checkins and encounters go on, billing has been silent
  ASSERT_TRUE(process.work_to_end());
  ASSERT_EQ(world_.log("t.billing", 0).size(), 2U);
  EXPECT_EQ(world_.log("t.billing", 0)[1].key, kHeartbeatKey);
  ASSERT_TRUE(process.work_to_end());
  const auto& task = *process.member().tasks()[0];
  EXPECT_EQ(task.next_offsets()[static_cast<int>(Topic::kBilling)], 2);
  EXPECT_EQ(world_.log("t.billing", 0).size(), 2U) << "one is enough until event time has moved on";
  EXPECT_EQ(world_.log("t.workflow", 0).size(), 0U) << "its feed has not begun";
}

TEST_F(MemberTest, PartitionWithoutAllTopicsIsRefused) {
  Process process(world_, "p");
  const auto assigned = process.member().assigned({{"t.checkins", 0}, {"t.encounters", 0}});
  ASSERT_FALSE(assigned);
  EXPECT_NE(assigned.error().text().find("same number of partitions"), std::string::npos) << assigned.error().text();
}

// --- the wrong log ---------------------------------------------------------------------------------------------------

class WrongLog : public MemberTest {
 protected:
  void SetUp() override {
    write_visits(20);
    Process process(world_, "before");
    ASSERT_TRUE(process.start());
    ASSERT_TRUE(process.work_to_end());
    ASSERT_TRUE(process.member().release(std::chrono::seconds{5}, Member::Parting::kAll));
  }
  // The reason for not going on.
  std::string refusal(TaskSettings settings = task_settings()) {
    Process process(world_, "after", std::move(settings));
    if (auto started = process.start(); !started) return started.error().text();
    if (auto worked = process.work_to_end(); !worked) return worked.error().text();
    return {};
  }
  static testing::AssertionResult says(const std::string& text, const std::string& part) {
    if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "\"" << text << "\" does not say \"" << part << "\"";
  }
};

TEST_F(WrongLog, SameLogIsAccepted) { EXPECT_EQ(refusal(), ""); }

TEST_F(WrongLog, RetentionPastTheCheckpointNamesTheMissingRecords) {
  const auto next = world_.range("t.checkins", 1).high;
  write_visits(20);
  world_.drop_before("t.checkins", 1, next + 4);
  const auto why = refusal();
  EXPECT_TRUE(says(why, "t.checkins partition 1: records " + std::to_string(next) + ".." + std::to_string(next + 3)));
  EXPECT_TRUE(says(why, "were never read and are gone"));
  EXPECT_TRUE(says(why, "--accept-data-loss"));
  EXPECT_EQ(refusal(task_settings(true)), "");
}

TEST_F(WrongLog, EndBelowTheCheckpoint) {
  world_.recreate("t.encounters", 0);
  EXPECT_TRUE(says(refusal(), "t.encounters partition 0: the checkpoint goes on at offset"));
  EXPECT_EQ(refusal(task_settings(true)), "");
}

TEST_F(WrongLog, RecreatedTopicWithAsManyRecords) {
  const auto count = world_.range("t.checkins", 0).high;
  world_.recreate("t.checkins", 0);
  for (std::int64_t i = 0; i < count + 5; ++i) write("checkins", 0, "another log");
  EXPECT_TRUE(says(refusal(), "is not the one that was consumed: the topic was recreated"));
  EXPECT_EQ(refusal(task_settings(true)), "");
}

TEST_F(WrongLog, AnotherCluster) {
  auto settings = task_settings();
  settings.cluster_id = "other";
  EXPECT_TRUE(says(refusal(settings), "belongs to Kafka cluster cluster, this is other"));
}

TEST_F(WrongLog, AnotherDefinitionIsRefusedEvenWhenDataLossIsAccepted) {
  auto settings = task_settings(true);
  settings.definition.grace[0] = std::chrono::minutes{1};
  settings.definition_digest = settings.definition.digest();
  const auto why = refusal(settings);
  EXPECT_TRUE(says(why, "another definition"));
  EXPECT_TRUE(says(why, "wardpulse-replay"));
}

TEST_F(WrongLog, LostCheckpointsAndALogWithoutItsStart) {
  world_.recreate("t.checkpoints", 0);
  EXPECT_EQ(refusal(), "") << "the whole log is there: the numbers are made again";
  world_.recreate("t.checkpoints", 0);
  world_.drop_before("t.checkins", 0, 3);
  EXPECT_TRUE(says(refusal(), "no whole checkpoint"));
  for (const char* topic : {"t.checkins", "t.encounters"}) world_.drop_before(topic, 0, world_.range(topic, 0).high);
  EXPECT_TRUE(says(refusal(), "no whole checkpoint")) << "also when nothing of what was counted is left";
  EXPECT_EQ(refusal(task_settings(true)), "");
}

// Nobody has counted what is gone, and whoever dies early leaves nothing behind that says otherwise.
TEST_F(MemberTest, ALogWithoutItsStartIsBegunAndGoneOnFrom) {
  write_visits(20);
  for (const char* topic : {"t.checkins", "t.encounters"}) world_.drop_before(topic, 0, 3);
  for (std::int64_t writes = 0; writes < 60; ++writes) {
    SCOPED_TRACE(writes);
    World before = world_;
    Process first(before, "first");
    first.outbox.writes_left = writes;
    if (first.start()) (void)first.work_to_end();
    Process second(before, "second");
    const auto started = second.start();
    ASSERT_TRUE(started) << started.error().text();
    ASSERT_TRUE(second.work_to_end());
    ASSERT_TRUE(second.member().release(std::chrono::seconds{5}, Member::Parting::kAll));
    ASSERT_FALSE(before.content("t.aggregates", 0).empty());
  }
}

TEST_F(MemberTest, AReplayWhoseRangeIsGoneIsRefused) {
  write_visits(20);
  auto settings = task_settings();
  settings.begin = {{0, 0, 0, 0}, {0, 0, 0, 0}};
  const auto high = [&](int partition) -> TopicOffsets {
    return {world_.range("t.checkins", partition).high, world_.range("t.encounters", partition).high, 0, 0};
  };
  const std::vector<TopicOffsets> ends = {high(0), high(1)};
  const auto refusal = [&] {
    Process process(world_, "replay", settings, ends);
    const auto started = process.start();
    return started ? std::string() : started.error().text();
  };
  EXPECT_EQ(refusal(), "");
  World whole = world_;
  world_.drop_before("t.checkins", 1, 4);
  EXPECT_NE(refusal().find("t.checkins partition 1: records 0..3 are to be replayed and are gone"), std::string::npos) << refusal();
  world_ = whole;
  world_.recreate("t.encounters", 0);
  EXPECT_NE(refusal().find("t.encounters partition 0: it is to be replayed up to offset"), std::string::npos) << refusal();
}

} // namespace
} // namespace wardpulse::consumer
