// Checkpoints through crashes at every write, compaction and writers that were replaced, against a std::map.
#include <functional>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "consumer/checkpoint_index.h"
#include "consumer/checkpoint_writer.h"
#include "tests/consumer/world.h"

namespace wardpulse::consumer {
namespace {

using Content = std::map<std::string, std::string>;

// Stands for the fold: entries with a set of changed ones.
class FakeState {
 public:
  void put(const std::string& key, const std::string& value) {
    content_[key] = value;
    changed_.insert(key);
  }
  void remove(const std::string& key) {
    if (content_.erase(key) > 0) changed_.insert(key);
  }
  std::string increment(int slice) {
    IncrementWriter writer(slice);
    for (const auto& [key, value] : content_) {
      if (aggregator::slice_of(key) == slice || changed_.contains(key)) writer.add({key, value, false});
    }
    for (const auto& key : changed_) {
      if (!content_.contains(key)) writer.add({key, {}, true});
    }
    changed_.clear();
    return writer.take();
  }
  ChainReader::Load loader() {
    return [this](std::string_view key, std::string_view value) -> Result<void> {
      content_.emplace(key, value); // the first one counts
      return {};
    };
  }
  const Content& content() const { return content_; }

 private:
  Content content_;
  std::set<std::string> changed_;
};

const TopicNames kNames = TopicNames::of("t", "live");

void follow(World& world, CheckpointIndex& index) {
  const auto& log = world.log(kNames.checkpoints, 0);
  auto at = std::lower_bound(log.begin(), log.end(), index.position(),
                             [](const Stored& record, std::int64_t offset) { return record.offset < offset; });
  for (; at != log.end(); ++at) {
    index.observe(at->offset, at->key, at->value ? std::optional<std::string_view>(*at->value) : std::nullopt);
  }
  index.reached_end(world.range(kNames.checkpoints, 0).high);
}

CheckpointIndex index_of(World& world) {
  CheckpointIndex index(0);
  follow(world, index);
  return index;
}

// One owner of partition 0: claims, loads, changes state, checkpoints.
class Owner {
 public:
  Owner(World& world, const std::string& name) : world_(world), outbox_(world), writer_(0, kNames, outbox_) {
    auto& index = index_;
    follow(world, index);
    Claim claim{index.highest_epoch() + 1, name, -1};
    const auto key = CheckpointKey{0, claim.epoch, CheckpointKey::Kind::kClaim, 0, 0, name}.text();
    claim.offset = world.append(kNames.checkpoints, 0, {0, key, name, {}});
    const auto found = index.find();
    EXPECT_TRUE(found);
    if (found->newest) {
      EXPECT_TRUE(index.load(*found->newest, state_.loader()));
      writer_.continue_from(*found->newest);
    }
    writer_.set_claim(claim);
    index.release_values();
  }

  FakeState& state() { return state_; }
  TestOutbox& outbox() { return outbox_; }
  void begin() {
    Manifest head;
    head.next_offsets = {static_cast<std::int64_t>(state_.content().size()), 0, 0, 0};
    writer_.begin(state_.increment(writer_.next_slice()), head);
  }
  // One step, and what is under way arrives. False when there is nothing more to do.
  bool step() {
    outbox_.pump(Duration{0});
    follow(world_, index_);
    const auto done = writer_.step(index_, true);
    return done == CheckpointWriter::Progress::kWaiting;
  }
  void checkpoint() {
    begin();
    for (int i = 0; i < 1000 && step(); ++i) {
    }
    outbox_.pump(Duration{0});
  }
  CheckpointWriter& writer() { return writer_; }

 private:
  World& world_;
  FakeState state_;
  CheckpointIndex index_{0};
  TestOutbox outbox_;
  CheckpointWriter writer_;
};

void change(FakeState& state, std::mt19937& random) {
  for (int i = 0; i < 20; ++i) {
    const auto key = "k" + std::to_string(random() % 200);
    if (random() % 4 == 0) {
      state.remove(key);
    } else {
      state.put(key, std::to_string(random()));
    }
  }
}

std::optional<Content> loaded(World& world) {
  const auto index = index_of(world);
  const auto found = index.find();
  EXPECT_TRUE(found);
  if (!found->newest) return std::nullopt;
  FakeState state;
  EXPECT_TRUE(index.load(*found->newest, state.loader()));
  return state.content();
}

TEST(CheckpointStore, StateComesBackOverMoreThanOneRotation) {
  World world;
  std::mt19937 random(1);
  Owner owner(world, "a");
  for (int i = 0; i < aggregator::kSliceCount * 3; ++i) {
    change(owner.state(), random);
    owner.checkpoint();
    if (i % 7 == 0) world.compact(kNames.checkpoints, 0);
    ASSERT_EQ(loaded(world), owner.state().content()) << i;
  }
  // Only the two newest chains are left behind.
  EXPECT_LE(world.content(kNames.checkpoints, 0).size(), aggregator::kSliceCount + 1 + 2 + 1U);
}

TEST(CheckpointStore, CrashAtAnyWriteLeavesThePreviousOrTheNewCheckpoint) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    World world;
    std::mt19937 random(seed);
    std::optional<Content> before;
    for (int life = 0; life < 12; ++life) {
      Owner owner(world, "w" + std::to_string(life));
      ASSERT_EQ(owner.state().content(), before.value_or(Content{}));
      owner.outbox().writes_left = static_cast<std::int64_t>(random() % 30);
      while (*owner.outbox().writes_left > 0) {
        change(owner.state(), random);
        const auto after = owner.state().content();
        owner.checkpoint();
        if (random() % 3 == 0) world.compact(kNames.checkpoints, 0);
        const auto now = loaded(world);
        ASSERT_TRUE(now == before || now == after) << "a mix of two checkpoints";
        if (*owner.outbox().writes_left > 0) {
          ASSERT_EQ(now, after);
        }
        before = now;
      }
    }
  }
}

TEST(CheckpointStore, ReplacedWriterNeitherWinsNorBreaksItsSuccessorsChain) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    World world;
    std::mt19937 random(seed);
    Owner sleeper(world, "sleeper");
    for (int i = 0; i < 66; ++i) { // the chain is full: each checkpoint makes garbage
      if (i % 8 == 0) change(sleeper.state(), random);
      sleeper.checkpoint();
    }
    change(sleeper.state(), random);
    sleeper.begin();
    for (auto steps = random() % 4; steps > 0; --steps) sleeper.step();

    Owner successor(world, "successor");
    change(successor.state(), random);
    successor.checkpoint();
    for (int i = 0; i < 4; ++i) { // wakes up and goes on, faster than its successor, as if nothing had happened
      for (auto steps = random() % 60; steps > 0; --steps) {
        if (!sleeper.writer().busy()) sleeper.begin();
        sleeper.step();
      }
      change(successor.state(), random);
      successor.checkpoint();
      if (random() % 2 == 0) world.compact(kNames.checkpoints, 0);
      ASSERT_EQ(loaded(world), successor.state().content());
    }
    EXPECT_TRUE(sleeper.writer().busy()) << "its checkpoint never counts";
  }
}

TEST(CheckpointStore, DamagedPartFallsBackToTheCheckpointBefore) {
  World world;
  Owner owner(world, "a");
  owner.state().put("k", "1");
  owner.checkpoint();
  const auto before = owner.state().content();
  owner.state().put("k", "2");
  owner.checkpoint();
  world.append(kNames.checkpoints, 0, {0, "0/1/1/0", "damaged", {}});
  const auto found = index_of(world).find();
  ASSERT_TRUE(found);
  ASSERT_TRUE(found->newest);
  EXPECT_EQ(found->newest->seq, 0);
  ASSERT_EQ(found->passed_over.size(), 1U);
  EXPECT_EQ(found->passed_over[0], "0/1/1/m: part 0/1/1/0 is damaged");
  EXPECT_EQ(loaded(world), before);
}

TEST(CheckpointStore, GivenUpWriteIsRepeated) {
  World world;
  Owner owner(world, "a");
  owner.state().put("k", "1");
  owner.outbox().give_up = 3;
  owner.checkpoint();
  EXPECT_EQ(loaded(world), owner.state().content());
  EXPECT_GT(owner.writer().failures(), 0);
}

TEST(CheckpointStore, ManifestWaitsForRefusedRecords) {
  World world;
  Owner owner(world, "a");
  owner.state().put("k", "1");
  owner.begin();
  for (int i = 0; i < 10; ++i) {
    owner.outbox().pump(Duration{0});
    owner.writer().step(index_of(world), false);
  }
  EXPECT_EQ(loaded(world), std::nullopt);
  for (int i = 0; i < 10; ++i) owner.step();
  EXPECT_EQ(loaded(world), owner.state().content());
}

TEST(CheckpointIndex, SameEpochGoesToTheFirstClaim) {
  CheckpointIndex index(0);
  index.observe(10, "0/6/claim/first", "x");
  index.observe(11, "0/6/claim/second", "x");
  EXPECT_FALSE(index.superseded(6, "first", 10));
  EXPECT_TRUE(index.superseded(6, "second", 11));
  index.observe(12, "0/7/claim/third", "x");
  EXPECT_TRUE(index.superseded(6, "first", 10));
}

TEST(CheckpointIndex, NewerFormatIsRefusedNotSkipped) {
  CheckpointIndex index(0);
  Manifest manifest;
  manifest.chain = {{0, 0, {1}}};
  auto bytes = encode_manifest(manifest);
  bytes.resize(bytes.size() - 8);
  bytes[4] = kCheckpointFormat + 1;
  const auto sum = checksum(bytes);
  for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<char>(sum >> shift));
  index.observe(0, "0/0/0/m", bytes);
  const auto found = index.find();
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().text().find("newer"), std::string::npos) << found.error().text();
}

} // namespace
} // namespace wardpulse::consumer
