// When a member publishes and writes checkpoints.
#include "tests/consumer/member_fixture.h"

namespace wardpulse::consumer {
namespace {

// Millions of cells are published at once when a large state was taken over: it once kept numbers still for ten times as long.
TEST_F(MemberTest, NewsAreShownSoonAfterALongPublication) {
  write_visits(10);
  Process process(world_, "p");
  ASSERT_TRUE(process.start());
  process.outbox.send_takes = std::chrono::seconds{2};
  ASSERT_TRUE(process.work_to_end());
  ASSERT_FALSE(published(world_).empty());
  process.outbox.send_takes = Duration{0};
  write_visits(10);
  const auto began = world_.now.steady;
  while (published(world_) != published_straight()) {
    ASSERT_LE(world_.now.steady - began, kMostPublishPause + std::chrono::seconds{5});
    ASSERT_TRUE(process.work_to_end());
  }
}

TEST_F(MemberTest, WhoIsBehindPublishesTheMoreSeldom) {
  std::mt19937 random{5};
  write_visits(10);
  Process process(world_, "p");
  ASSERT_TRUE(process.start());
  ASSERT_TRUE(process.work_to_end()); // the last tick published
  const auto before = published(world_);
  write_visits(10);
  process.member().set_lag(2 * kRecordsPerSecond);
  ASSERT_TRUE(process.work(1000, random));
  for (int tick = 2; tick < 20; ++tick) ASSERT_TRUE(process.tick());
  EXPECT_TRUE(published(world_) == before) << "within two seconds";
  process.member().set_lag(0);
  for (int tick = 0; tick < 2; ++tick) ASSERT_TRUE(process.tick()); // what is sent in one arrives in the next
  EXPECT_FALSE(published(world_) == before);
}

// What several consumers publish comes to the web server together.
TEST_F(MemberTest, PublishesOnceInEachIntervalOfTheWallClockAsSoonAsItBegins) {
  write_visits(10);
  Process process(world_, "p");
  ASSERT_TRUE(process.start());
  ASSERT_TRUE(process.work_to_end()); // at whole intervals
  const auto published_after = [&](int ms) {
    world_.pass(std::chrono::milliseconds{ms});
    EXPECT_TRUE(process.member().tick());
    EXPECT_TRUE(process.member().tick()); // what is sent in one arrives in the next
    return published(world_);
  };
  const auto first = published_after(60);
  write_visits(10);
  process.read_to_end();
  EXPECT_TRUE(published_after(39) == first) << "99 ms after the last one";
  const auto second = published_after(71);
  EXPECT_FALSE(second == first) << "170 ms after the last one: late in the next interval";
  write_visits(10);
  process.read_to_end();
  EXPECT_TRUE(published_after(29) == second);
  EXPECT_FALSE(published_after(1) == second) << "30 ms after the late one";
}

TEST_F(MemberTest, OneCheckpointBeginsAtATimeAndNoneBeforeAPublication) {
  write_visits(300);
  Process process(world_, "p");
  process.settings().checkpoint_entries = 100;
  ASSERT_TRUE(process.start());
  process.read_to_end();
  const auto begun = [&] {
    const auto& tasks = process.member().tasks();
    return std::count_if(tasks.begin(), tasks.end(), [](const auto& task) { return task->checkpointing(); });
  };
  world_.pass(std::chrono::milliseconds{50});
  ASSERT_TRUE(process.member().tick());
  EXPECT_EQ(begun(), 0) << "50 ms before the next publication";
  world_.pass(std::chrono::milliseconds{50});
  ASSERT_TRUE(process.member().tick());
  EXPECT_EQ(begun(), 1);
  ASSERT_TRUE(process.member().tick());
  EXPECT_EQ(begun(), 2);
}

TEST_F(MemberTest, CheckpointsDoNotWaitForRarePublications) {
  write_visits(10);
  Process process(world_, "p");
  process.settings().publish_interval = std::chrono::minutes{1};
  ASSERT_TRUE(process.start());
  process.read_to_end();
  ASSERT_TRUE(process.member().tick());
  world_.pass(std::chrono::seconds{40});
  ASSERT_TRUE(process.member().tick());
  EXPECT_TRUE(process.member().checkpointing());
}

TEST_F(MemberTest, PatientsRowsAreSentInPiecesAndTheCheckpointWaitsForAll) {
  constexpr std::size_t kPatients = 3'000;
  write_visits(kPatients);
  Process process(world_, "p");
  ASSERT_TRUE(process.start());
  process.read_to_end();
  const auto rows = [&] { return world_.content("t.marts.patient-stats", 0).size() + world_.content("t.marts.patient-stats", 1).size(); };
  std::size_t commits = 0, before = 0;
  for (int tick = 0; tick < 100 && commits < 2 * kTopicCount; ++tick) {
    ASSERT_TRUE(process.tick());
    EXPECT_LE(rows() - before, 600U);
    before = rows();
    for (const auto& commit : process.member().take_commits()) {
      ++commits;
      EXPECT_EQ(world_.content("t.marts.patient-stats", commit.partition).size(), kPatients / 2);
    }
  }
  EXPECT_EQ(commits, static_cast<std::size_t>(2 * kTopicCount));
}

TEST_F(MemberTest, ManyChangedEntriesBringACheckpointBeforeItsTimeUnlessMoreRecordsWait) {
  std::mt19937 random{5};
  write_visits(100);
  Process process(world_, "p");
  process.settings().checkpoint_entries = 2'000;
  ASSERT_TRUE(process.start());
  ASSERT_TRUE(process.work(2'000, random));
  EXPECT_FALSE(process.member().checkpointing());
  write_visits(3'400); // of an hour
  process.member().set_lag(10'000);
  ASSERT_TRUE(process.work(30'000, random));
  EXPECT_FALSE(process.member().checkpointing());
  process.member().set_lag(0);
  ASSERT_TRUE(process.tick());
  EXPECT_TRUE(process.member().checkpointing());
}

TEST_F(MemberTest, WaitsForRecordsUntilWhatTheyChangedMayBePublished) {
  Process process(world_, "p");
  ASSERT_TRUE(process.start());
  ASSERT_TRUE(process.work_to_end()); // at whole intervals
  EXPECT_EQ(process.member().patience(), Duration::max());
  write_visits(10);
  world_.pass(std::chrono::milliseconds{30});
  process.read_to_end();
  EXPECT_EQ(process.member().patience(), Duration{70});
  ASSERT_TRUE(process.member().tick());
  EXPECT_EQ(process.member().patience(), Duration{70}) << "too early for a publication";
  world_.pass(std::chrono::milliseconds{70});
  EXPECT_EQ(process.member().patience(), Duration{0});
  ASSERT_TRUE(process.member().tick());
  EXPECT_EQ(process.member().patience(), Duration::max());
}

} // namespace
} // namespace wardpulse::consumer
