// The invariant: state is a pure function of the next offsets. Logs and orders are drawn at random; the seed is printed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "tests/aggregator/ward.h"

namespace wardpulse::aggregator {
namespace {

std::uint64_t base_seed() {
  const char* given = std::getenv("WARDPULSE_TEST_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 20261121;
}
int rounds() {
  const char* given = std::getenv("WARDPULSE_TEST_ROUNDS");
  return given != nullptr ? std::atoi(given) : 12;
}

class FoldProperty : public testing::Test {
 protected:
  template <class F>
  void each_seed(F&& f) {
    for (int round = 0; round < rounds(); ++round) {
      const std::uint64_t seed = base_seed() + static_cast<std::uint64_t>(round);
      SCOPED_TRACE("seed " + std::to_string(seed));
      f(seed);
      if (HasFailure()) return;
    }
  }
  Offsets random_cut(const Log& log, std::mt19937_64& random) {
    Offsets cut = ends(log);
    for (auto& offset : cut) offset = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(offset + 1));
    return cut;
  }
  // In each topic by fewer records than so many, and not past its end.
  Offsets a_bit_further(const PartitionState& state, const Log& log, std::uint64_t records, std::mt19937_64& random) {
    Offsets until = ends(log);
    for (int t = 0; t < kTopicCount; ++t) {
      until[t] = std::min(until[t], state.next_offset(static_cast<Topic>(t)) + static_cast<std::int64_t>(random() % records));
    }
    return until;
  }
  Definition stockholm() {
    Definition definition;
    definition.zone = TimeZone::load("Europe/Stockholm").value();
    return definition;
  }
};

std::set<std::string> rejected_set(const std::vector<RejectedRecord>& rejected) {
  std::set<std::string> all;
  for (const auto& r : rejected) {
    all.insert(std::string(topic_name(r.topic)) + " " + std::to_string(r.offset) + " " + std::string(reject_reason_name(r.rejection.reason)));
  }
  return all;
}

TEST_F(FoldProperty, AnyInterleavingOfTopicsGivesTheSameBytesAtTheSameOffsets) {
  each_seed([&](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const Definition definition = stockholm();
    const Log log = random_log(seed, 2500);
    for (const Offsets& cut : {random_cut(log, random), random_cut(log, random), ends(log)}) {
      PartitionState first(definition, 3), second(definition, 3);
      std::vector<RejectedRecord> rejected_first, rejected_second;
      fold(log, cut, random, &first, &rejected_first);
      fold(log, cut, random, &second, &rejected_second);
      ASSERT_EQ(first.counters(), second.counters());
      ASSERT_EQ(rejected_set(rejected_first), rejected_set(rejected_second));
      ASSERT_EQ(all_cells_text(first), all_cells_text(second));
      ASSERT_TRUE(first.snapshot() == second.snapshot());
    }
  });
}

TEST_F(FoldProperty, SnapshotAndRestoreAnywhereChangesNothing) {
  each_seed([&](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const Definition definition = stockholm();
    const Log log = random_log(seed, 1500);
    std::vector<RejectedRecord> rejected, ignored;
    PartitionState straight(definition, 0);
    fold(log, ends(log), random, &straight, &ignored);
    PartitionState broken(definition, 0);
    for (int cut = 0; cut < 12; ++cut) {
      Offsets until = random_cut(log, random);
      for (int t = 0; t < kTopicCount; ++t) until[t] = std::max(until[t], broken.next_offset(static_cast<Topic>(t)));
      fold(log, until, random, &broken, &rejected);
      const std::string bytes = broken.snapshot();
      auto restored = PartitionState::restore(definition, 0, bytes);
      ASSERT_TRUE(restored.has_value()) << restored.error().text();
      ASSERT_TRUE(restored->snapshot() == bytes);
      ASSERT_EQ(all_cells_text(*restored), all_cells_text(broken)); // also what a snapshot leaves out, as visits say it
      broken = std::move(*restored);
    }
    fold(log, ends(log), random, &broken, &rejected);
    ASSERT_TRUE(broken.snapshot() == straight.snapshot());
    ASSERT_EQ(all_cells_text(broken), all_cells_text(straight));
    ASSERT_EQ(rejected_set(rejected), rejected_set(ignored));
  });
}

TEST_F(FoldProperty, TheLastRoundOfIncrementsIsTheState) {
  struct Kept {
    std::string key, value;
    bool removed;
  };
  each_seed([&](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const Definition definition = stockholm();
    const Log log = random_log(seed, 1500);
    PartitionState state(definition, 0);
    std::vector<RejectedRecord> rejected;
    std::vector<std::pair<int, std::vector<Kept>>> increments;
    for (int i = 0; i < 100; ++i) {
      fold(log, a_bit_further(state, log, 12, random), random, &state, &rejected);
      auto& [slice, entries] = increments.emplace_back(i % kSliceCount, std::vector<Kept>{});
      state.write_increment(slice, [&](const Entry& e) { entries.push_back({std::string(e.key), std::string(e.value), e.removed}); });
    }
    std::map<std::string, std::string> entries;
    for (std::size_t i = increments.size() - kSliceCount; i < increments.size(); ++i) {
      std::erase_if(entries, [&](const auto& entry) { return slice_of(entry.first) == increments[i].first; });
      for (const Kept& e : increments[i].second) {
        if (e.removed) entries.erase(e.key);
        else entries[e.key] = e.value;
      }
    }
    PartitionState restored(definition, 0);
    for (const auto& [key, value] : entries) ASSERT_TRUE(restored.load(key, value).has_value());
    for (const auto& [slice, older] : increments) { // whatever else there is of a key that was given does not count
      for (const Kept& e : older) {
        if (e.removed || !entries.contains(e.key)) continue;
        ASSERT_TRUE(restored.load(e.key, e.value).has_value());
      }
    }
    ASSERT_TRUE(restored.finish_load().has_value());
    ASSERT_TRUE(restored.snapshot() == state.snapshot());
    ASSERT_EQ(all_cells_text(restored), all_cells_text(state));
  });
}

// However many visits are open in the funnels that the one record's visit is in.
TEST(Increment, IsAsLargeAsWhatChanged) {
  const auto bytes_of_one_change = [](int open) {
    Ward ward;
    for (int i = 0; i < open; ++i) {
      const std::string id = std::to_string(100'000 + i);
      const std::string minute = std::to_string(10 + i % 50);
      ward.checkin("c" + id, "13:" + minute, "p" + id, "v" + id);
    }
    ward.publish();
    int slice = 0;
    const auto increment = [&] { // of a slice with no more than the funnels' cells in it
      std::size_t bytes = 0;
      const int own = slice++;
      ward.state().write_increment(own, [&](const Entry& entry) { if (slice_of(entry.key) != own) bytes += entry.key.size() + entry.value.size(); });
      return bytes;
    };
    increment();
    ward.checkin("last", "13:59", "p-last", "v-last");
    return increment();
  };
  const std::size_t few = bytes_of_one_change(100), many = bytes_of_one_change(5000);
  EXPECT_GT(few, 0U);
  EXPECT_LT(many, few + few / 4);
}

TEST_F(FoldProperty, WhatWasPublishedIsWhatIsThere) {
  each_seed([&](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const Definition definition = stockholm();
    const Log log = random_log(seed, 2000);
    PartitionState state(definition, 0);
    std::vector<RejectedRecord> rejected;
    std::map<std::string, std::string> reader;
    const CellJson form{.minutes = true, .volatile_fields = false};
    const PartitionState::PublishSink sink{
        [&](const Cell& cell) {
          Cell mine = cell;
          mine.partition = 0;
          std::string text;
          encode_cell(mine, form, &text);
          reader[cell_id(cell)] = text;
        },
        [&](const std::string& id) { reader.erase(id); }};
    while (state.counters().consumed < 1900) {
      fold(log, a_bit_further(state, log, 40, random), random, &state, &rejected);
      Progress progress;
      for (auto& topic : progress) topic.idle = random() % 2 == 0;
      state.publish(progress, sink);
      if (random() % 3 == 0) state.publish_rows(random() % (state.changed_rows() + 1), sink.changed);
    }
    state.publish_rows(state.changed_rows(), sink.changed);
    std::map<std::string, std::string> there;
    for (const Cell& cell : state.all_cells()) encode_cell(cell, form, &there[cell_id(cell)]);
    ASSERT_EQ(reader, there);
    // Cells are at rest after a publication; late records wake them.
    Offsets until{};
    for (int t = 0; t < kTopicCount; ++t) until[t] = state.next_offset(static_cast<Topic>(t));
    PartitionState unpublished(definition, 0);
    fold(log, until, random, &unpublished, &rejected);
    ASSERT_TRUE(state.snapshot() == unpublished.snapshot());
  });
}

// Census and crowding are kept up to date from one publication to the next; a restored state makes them anew from all visits.
TEST_F(FoldProperty, TheCensusThatIsKeptIsTheOneMadeAnew) {
  using Reader = std::map<std::string, std::string>;
  const auto publish = [](PartitionState& state, Reader* reader) {
    state.publish({}, {[&](Cell cell) {
                         if (cell.family != "census" && cell.family != "crowding") return;
                         cell.watermark = kNever; // the same values are not always given again for another moment
                         std::string& text = (*reader)[cell_id(cell)];
                         text.clear();
                         encode_cell(cell, {}, &text);
                       },
                       [&](const std::string& id) { reader->erase(id); }});
  };
  std::size_t most_cells = 0; // a log may end with hardly anybody in the house
  each_seed([&](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const Definition definition = stockholm();
    const Log log = random_log(seed, 2000);
    PartitionState kept(definition, 0);
    std::vector<RejectedRecord> rejected;
    Reader seen, anew;
    int comparisons = 0;
    while (kept.next_offset(Topic::kEncounters) < ends(log)[static_cast<int>(Topic::kEncounters)]) {
      Offsets until = ends(log);
      for (int t = 0; t < kTopicCount; ++t) {
        until[t] = std::min(until[t], kept.next_offset(static_cast<Topic>(t)) + static_cast<std::int64_t>(random() % (random() % 8 == 0 ? 60 : 6)));
      }
      fold(log, until, random, &kept, &rejected);
      if (random() % 2 == 0) kept.get_ready_to_publish();
      if (random() % 4 == 0) continue; // more is to come before the next publication
      publish(kept, &seen);
      if (random() % 8 != 0) continue; // many publications in a row: what was put off must not be forgotten
      auto restored = PartitionState::restore(definition, 0, kept.snapshot());
      ASSERT_TRUE(restored.has_value());
      anew.clear();
      publish(*restored, &anew);
      ASSERT_EQ(seen, anew);
      ++comparisons;
      if (random() % 4 == 0) kept = std::move(*restored);
    }
    EXPECT_GT(comparisons, 0);
    most_cells = std::max(most_cells, seen.size());
  });
  EXPECT_GT(most_cells, 2U);
}

// Whoever reads the cells takes it for the end of the publication.
TEST_F(FoldProperty, APublicationEndsWithWhereThePartitionStands) {
  each_seed([&](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const Definition definition = stockholm();
    const Log log = random_log(seed, 600);
    PartitionState state(definition, 0);
    std::vector<RejectedRecord> rejected;
    while (state.next_offset(Topic::kEncounters) < ends(log)[static_cast<int>(Topic::kEncounters)]) {
      Offsets until = ends(log);
      for (int t = 0; t < kTopicCount; ++t) {
        until[t] = std::min(until[t], state.next_offset(static_cast<Topic>(t)) + 1 + static_cast<std::int64_t>(random() % 60));
      }
      fold(log, until, random, &state, &rejected);
      std::vector<std::string> given;
      state.publish({}, {[&](const Cell& cell) { given.push_back(cell.family); }, [&](const std::string&) { given.emplace_back("removed"); }});
      ASSERT_EQ(std::count(given.begin(), given.end(), "task"), 1);
      ASSERT_EQ(given.back(), "task");
    }
  });
}

TEST_F(FoldProperty, SumsAgree) {
  each_seed([&](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const Definition definition;
    const Log log = random_log(seed, 2500);
    PartitionState state(definition, 0);
    std::vector<RejectedRecord> rejected;
    fold(log, ends(log), random, &state, &rejected);
    const Counters& c = state.counters();
    EXPECT_EQ(c.consumed, c.applied + c.duplicate + c.rejected + c.held);
    EXPECT_EQ(c.rejected, static_cast<std::int64_t>(rejected.size()));
    EXPECT_EQ(rejected_set(rejected).size(), rejected.size()) << "a record was rejected twice";
    EXPECT_GT(c.applied, 0);
    EXPECT_GT(c.duplicate, 0);
    EXPECT_GT(c.rejected_by_reason[static_cast<int>(RejectReason::kUnknownVisit)], 0);
  });
}

TEST_F(FoldProperty, FunnelsNeverGrowAndAddUp) {
  each_seed([&](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const Definition definition;
    const Log log = random_log(seed, 2500);
    PartitionState state(definition, 0);
    std::vector<RejectedRecord> rejected;
    fold(log, ends(log), random, &state, &rejected);
    int funnels = 0;
    for (const Cell& cell : state.all_cells()) {
      if (cell.family != "funnel") continue;
      ++funnels;
      std::map<std::string, Value> v(cell.values.begin(), cell.values.end());
      const auto& reached = std::get<CountList>(v["reached"]);
      EXPECT_TRUE(std::is_sorted(reached.rbegin(), reached.rend()));
      std::int64_t exited = 0;
      for (const auto& [door, count] : std::get<Counts>(v["exited"])) exited += count;
      const auto number = [&](const char* name) { return std::get<std::int64_t>(v[name]); };
      EXPECT_EQ(number("entered"), number("converted") + exited + number("timed_out") + number("open"));
      EXPECT_EQ(number("entered"), reached.front());
      EXPECT_EQ(number("converted"), reached.back());
    }
    EXPECT_GT(funnels, 0);
  });
}

} // namespace
} // namespace wardpulse::aggregator
