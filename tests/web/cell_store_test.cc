#include "web/cell_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/web/cells.h"

namespace wardpulse::web {
namespace {

using namespace test;
using std::chrono::hours, std::chrono::minutes, std::chrono::seconds;

TEST(CellStore, MergesPartitions) {
  CellStore store;
  EXPECT_EQ(store.apply(update_of(department_cell({.partition = 0, .checkins = 2, .version = 10}))),
            ApplyOutcome::kApplied);
  EXPECT_EQ(store.apply(update_of(department_cell({.partition = 5, .checkins = 3, .version = 4}))),
            ApplyOutcome::kApplied);
  const auto cell = merged(store, department_cell({}));
  EXPECT_EQ(checkins_of(cell), 5);
  EXPECT_EQ(cell.version, 14);
}

TEST(CellStore, DropsOldVersionsPerCellAndPartition) {
  CellStore store;
  store.apply(update_of(department_cell({.checkins = 9, .version = 7})));
  EXPECT_EQ(store.apply(update_of(department_cell({.checkins = 1, .version = 6}))), ApplyOutcome::kOldVersion);
  EXPECT_EQ(store.apply(update_of(department_cell({.checkins = 1, .version = 7}))), ApplyOutcome::kOldVersion);
  EXPECT_EQ(checkins_of(merged(store, department_cell({}))), 9);
  EXPECT_EQ(store.apply(update_of(department_cell({.partition = 1, .checkins = 1, .version = 1}))),
            ApplyOutcome::kApplied);
  EXPECT_EQ(checkins_of(merged(store, department_cell({}))), 10);
}

TEST(CellStore, TombstoneTakesOnePartitionsShare) {
  CellStore store;
  store.apply(update_of(department_cell({.partition = 0, .checkins = 2})));
  store.apply(update_of(department_cell({.partition = 1, .checkins = 3})));
  store.apply(removal_of(department_cell({.partition = 0})));
  EXPECT_EQ(checkins_of(merged(store, department_cell({}))), 3);
  store.apply(removal_of(department_cell({.partition = 1})));
  EXPECT_FALSE(has(store, department_cell({})));
  EXPECT_EQ(store.apply(removal_of(department_cell({.partition = 1}))), ApplyOutcome::kApplied);
  EXPECT_EQ(store.cell_count(), 0U);
}

TEST(CellStore, KeepsDimensionsThatNeedEncoding) {
  CellStore store;
  const auto cell = department_cell({.department = "A|B=C,D%\n"});
  EXPECT_EQ(store.apply(update_of(cell)), ApplyOutcome::kApplied);
  EXPECT_EQ(merged(store, cell).dims, cell.dims);
}

TEST(CellStore, WatermarkIsTheLeastOverPartitionsWithOrWithoutTheCell) {
  CellStore store;
  EXPECT_EQ(store.watermark(), kNever);
  store.apply(update_of(task_cell(0, kStart + minutes{9}, 1)));
  store.apply(update_of(task_cell(1, kStart + minutes{2}, 1)));
  EXPECT_EQ(store.watermark(), kStart + minutes{2});
  store.apply(update_of(department_cell({.watermark = kStart + minutes{9}})));
  EXPECT_EQ(merged(store, department_cell({})).watermark, kStart + minutes{2});
  EXPECT_EQ(merged(store, task_cell(0, {}, 1)).watermark, kStart + minutes{9}) << "a task speaks of its own partition";
}

// Partition 1 lacks the cell, and its time has not passed the window's end: records for the window may still come.
TEST(CellStore, IsOpenUntilEveryPartitionHasPassedTheEnd) {
  CellStore store;
  const auto closed = department_cell({.status = CellStatus::kClosed, .watermark = kStart + minutes{5}});
  store.apply(update_of(task_cell(0, kStart + minutes{5}, 1)));
  store.apply(update_of(task_cell(1, kStart + seconds{30}, 1)));
  store.apply(update_of(closed));
  EXPECT_EQ(merged(store, closed).status, CellStatus::kOpen);
  store.take_changes();

  store.apply(update_of(task_cell(1, kStart + seconds{59}, 2)));
  EXPECT_EQ(store.take_changes().size(), 1U) << "only the task cell";
  store.apply(update_of(task_cell(1, kStart + minutes{1}, 3)));
  EXPECT_EQ(merged(store, closed).status, CellStatus::kClosed);
  EXPECT_EQ(store.take_changes().size(), 2U) << "the status changed without a record of the cell";
}

// The same of cells that were read when the service started: time alone closes them.
TEST(CellStore, ClosesWhatItLoadedAsTimePasses) {
  CellStore store;
  store.start_loading();
  store.apply(update_of(task_cell(0, kStart + minutes{50}, 1)));
  for (int minute = 0; minute < 40; ++minute) {
    for (const char* department : {"Emergency", "Surgery"}) {
      store.apply(update_of(department_cell({.department = department, .start = kStart + minutes{minute}, .status = CellStatus::kClosed,
                                             .watermark = kStart + minutes{50}})));
    }
  }
  store.apply(update_of(task_cell(1, kStart + minutes{10}, 1)));
  store.start_expiring();
  EXPECT_TRUE(store.take_changes().empty());
  const auto closed = [&] {
    const auto& cells = store.find_series("department:1m")->cells;
    return std::count_if(cells.begin(), cells.end(), [&](const auto& entry) {
      return store.merged(*store.find_series("department:1m"), entry.first, entry.second).status == CellStatus::kClosed;
    });
  };
  for (int minute = 10; minute <= 40; ++minute) {
    if (minute > 10) {
      store.apply(update_of(task_cell(1, kStart + minutes{minute}, minute)));
      EXPECT_EQ(store.take_changes().size(), 3U) << "two departments and the task, after minute " << minute;
    }
    EXPECT_EQ(closed(), 2 * minute);
  }
}

TEST(CellStore, DropsWindowsPastTheirRetention) {
  CellStore store;
  const auto small = department_cell({.size = WindowSize::k10s});
  const auto minute = department_cell({});
  const auto hour = department_cell({.size = WindowSize::k1h});
  const auto day = department_cell({.size = WindowSize::k1d});
  for (const auto& cell : {small, minute, hour, day}) store.apply(update_of(cell));
  store.start_expiring();
  store.take_changes();
  const auto at = [&](Time watermark, std::int64_t version) {
    store.apply(update_of(task_cell(0, watermark, version)));
  };

  at(kStart + seconds{10} + hours{24} - Duration{1}, 1);
  EXPECT_TRUE(has(store, small));
  store.take_changes();
  at(kStart + seconds{10} + hours{24}, 2);
  EXPECT_FALSE(has(store, small));
  EXPECT_EQ(store.take_changes().size(), 2U) << "the cell that went, and the task";
  EXPECT_EQ(store.apply(update_of(small)), ApplyOutcome::kExpired);
  at(kStart + minutes{1} + hours{24} * 14, 3);
  EXPECT_FALSE(has(store, minute));
  EXPECT_TRUE(has(store, hour));
  at(kStart + hours{1} + hours{24} * 400, 4);
  EXPECT_FALSE(has(store, hour));
  at(kStart + hours{24} * 4000, 5);
  EXPECT_TRUE(has(store, day));
}

// While the topic is being read, the partitions met so far may be far ahead of the others.
TEST(CellStore, DropsNothingBeforeItHasReadAll) {
  CellStore store;
  store.apply(update_of(task_cell(0, kStart + hours{1000}, 1)));
  store.apply(update_of(department_cell({.partition = 1, .size = WindowSize::k10s})));
  EXPECT_TRUE(has(store, department_cell({.size = WindowSize::k10s})));
  store.apply(update_of(task_cell(1, kStart, 1)));
  store.start_expiring();
  EXPECT_TRUE(has(store, department_cell({.size = WindowSize::k10s})));
}

// As loading does it: each thread has partitions of its own.
TEST(CellStore, JoinsWhatWasReadApart) {
  std::mt19937 random(7);
  CellStore whole, even, odd;
  for (CellStore* store : {&whole, &even, &odd}) store->start_loading();
  for (int i = 0; i < 2000; ++i) {
    const auto partition = static_cast<std::int32_t>(random() % 5);
    const Said said{.partition = partition, .department = std::string(1, static_cast<char>('A' + random() % 4)),
                    .start = kStart + minutes{random() % 60}, .checkins = i, .version = i + 1, .watermark = kStart + minutes{random() % 90}};
    const auto update = random() % 10 == 0 ? removal_of(department_cell(said)) : update_of(department_cell(said));
    for (CellStore* store : {&whole, partition % 2 == 0 ? &even : &odd}) store->apply(update);
  }
  even.join(std::move(odd));
  for (CellStore* store : {&whole, &even}) store->start_expiring();
  const auto lines = [](const CellStore& store) {
    std::vector<std::string> all;
    const Series& series = *store.find_series("department:1m");
    for (const auto& [key, cell] : series.cells) all.push_back(json_of(store.merged(series, key, cell)));
    return all;
  };
  EXPECT_GT(lines(whole).size(), 200U);
  EXPECT_EQ(lines(even), lines(whole));
  EXPECT_EQ(even.watermark(), whole.watermark());
}

TEST(CellStore, TellsEachChangeOnce) {
  CellStore store;
  store.apply(update_of(department_cell({.version = 1})));
  store.apply(update_of(department_cell({.version = 2})));
  store.apply(update_of(department_cell({.version = 1})));
  const auto changes = store.take_changes();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].series->name, "department:1m");
  EXPECT_TRUE(store.take_changes().empty());
}

TEST(CellStore, ForgetsAllWhenCleared) {
  CellStore store;
  store.apply(update_of(department_cell({.version = 5})));
  store.clear();
  EXPECT_EQ(store.cell_count(), 0U);
  EXPECT_EQ(store.watermark(), kNever);
  EXPECT_TRUE(store.take_changes().empty());
  EXPECT_EQ(store.apply(update_of(department_cell({.version = 1}))), ApplyOutcome::kApplied);
}

} // namespace
} // namespace wardpulse::web
