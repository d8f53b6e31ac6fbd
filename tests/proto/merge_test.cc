#include <gtest/gtest.h>

#include <algorithm>

#include "tests/proto/sample_cells.h"

namespace wardpulse {
namespace {

Cell merged(std::initializer_list<const Cell*> cells) { return merge_partitions({cells.begin(), cells.size()}); }

const Value& value(const Cell& cell, std::string_view name) {
  const auto found =
      std::find_if(cell.values.begin(), cell.values.end(), [&](const auto& v) { return v.first == name; });
  EXPECT_NE(found, cell.values.end()) << name;
  return found->second;
}

TEST(MergePartitions, IsCommutativeAndAssociative) {
  test::Random random{5};
  for (const FamilySpec& family : families()) {
    for (int round = 0; round < 30; ++round) {
      const Cell a = test::random_cell(family, 0, random), b = test::random_cell(family, 1, random),
                 c = test::random_cell(family, 2, random);
      const Cell all = merged({&a, &b, &c});
      EXPECT_EQ(merged({&c, &a, &b}), all);
      const Cell ab = merged({&a, &b}), bc = merged({&b, &c});
      EXPECT_EQ(merged({&ab, &c}), all);
      EXPECT_EQ(merged({&a, &bc}), all);
    }
  }
}

TEST(MergePartitions, OneCellStaysItself) {
  test::Random random{6};
  for (const FamilySpec& family : families()) {
    Cell cell = test::random_cell(family, 5, random);
    const Cell alone = merged({&cell});
    cell.partition = -1;
    EXPECT_EQ(alone, cell);
  }
}

TEST(MergePartitions, AddsVersionsAndTakesTheLeastStatusAndWatermark) {
  Cell a{.family = "hospital",
         .status = CellStatus::kFinal,
         .version = 5,
         .watermark = from_ms(10),
         .updated_at = from_ms(1)};
  Cell b{.family = "hospital",
         .status = CellStatus::kOpen,
         .version = 7,
         .watermark = from_ms(20),
         .updated_at = from_ms(2)};
  const Cell both = merged({&a, &b});
  EXPECT_EQ(both.version, 12);
  EXPECT_EQ(both.status, CellStatus::kOpen);
  EXPECT_EQ(both.watermark, from_ms(10));
  EXPECT_EQ(both.updated_at, from_ms(2));
  EXPECT_EQ(both.partition, -1);
  b.watermark = kNever;
  EXPECT_EQ(merged({&a, &b}).watermark, kNever);
}

TEST(MergePartitions, NullsAddNothing) {
  Cell a{.family = "census", .values = {{"waiting", std::int64_t{2}}, {"longest_wait_minutes", Value{}}}};
  Cell b{.family = "census", .values = {{"waiting", std::int64_t{0}}, {"longest_wait_minutes", Value{}}}};
  EXPECT_EQ(value(merged({&a, &b}), "longest_wait_minutes"), Value{});
  b.values[1].second = std::int64_t{0};
  EXPECT_EQ(value(merged({&a, &b}), "longest_wait_minutes"), Value{std::int64_t{0}});
  a.values[1].second = std::int64_t{17};
  EXPECT_EQ(value(merged({&a, &b}), "longest_wait_minutes"), Value{std::int64_t{17}});
}

TEST(MergePartitions, TakesValuesByName) {
  Cell a{.family = "quality", .values = {{"evaluated", std::int64_t{2}}, {"failed", std::int64_t{1}}}};
  Cell b{.family = "quality", .values = {{"failed", std::int64_t{3}}}};
  const Cell both = merged({&b, &a});
  ASSERT_EQ(both.values.size(), 2u);
  EXPECT_EQ(both.values[0], (std::pair<std::string, Value>{"evaluated", std::int64_t{2}}));
  EXPECT_EQ(both.values[1], (std::pair<std::string, Value>{"failed", std::int64_t{4}}));
}

TEST(MergeTime, SpansAllWindowsAndDropsDistinctCounts) {
  test::Random random{7};
  Cell first = test::random_cell(*find_family("hospital"), -1, random);
  Cell second = test::random_cell(*find_family("hospital"), -1, random);
  second.window->start = first.window->end;
  second.window->end = first.window->end + std::chrono::hours{24};
  second.window->start_offset = second.window->end_offset = std::chrono::hours{2};
  const Cell* const cells[] = {&second, &first};
  const Cell both = merge_time(cells);
  EXPECT_EQ(both.window->start, first.window->start);
  EXPECT_EQ(both.window->start_offset, std::chrono::hours{1});
  EXPECT_EQ(both.window->end, second.window->end);
  EXPECT_EQ(value(both, "distinct_patients"), Value{});
  EXPECT_EQ(value(both, "returning_patients"), Value{});
  const auto sum = [&](const char* name) {
    return std::get<std::int64_t>(value(first, name)) + std::get<std::int64_t>(value(second, name));
  };
  EXPECT_EQ(value(both, "checkins"), Value{sum("checkins")});
  EXPECT_EQ(value(both, "new_patients"), Value{sum("new_patients")});
  MinuteHistogram stay = std::get<MinuteHistogram>(value(first, "stay_minutes"));
  stay.merge(std::get<MinuteHistogram>(value(second, "stay_minutes")));
  EXPECT_EQ(value(both, "stay_minutes"), Value{stay});
}

} // namespace
} // namespace wardpulse
