#include "web/cell_update.h"

#include <gtest/gtest.h>

#include "tests/proto/sample_cells.h"
#include "tests/web/cells.h"
#include "web/packed_values.h"

namespace wardpulse::web {
namespace {

using namespace test;

std::string record_of(const Cell& cell) {
  std::string json;
  encode_cell(cell, {.partition = true, .histograms = true}, &json);
  return json;
}

TEST(CellUpdate, IsTheRecordsCell) {
  wardpulse::test::Random random(1);
  for (const FamilySpec& family : families()) {
    for (int i = 0; i < 100; ++i) {
      const Cell cell = wardpulse::test::random_cell(family, 3, random);
      const auto update = read_update(cell_key(cell), 3, record_of(cell));
      ASSERT_TRUE(update && update->part) << cell_key(cell);
      const CellPart& part = *update->part;
      const Cell again{.family = cell.family, .dims = cell.dims, .window = update->window, .values = unpack_values(family, part.values),
                       .status = part.status, .version = part.version, .partition = part.partition, .watermark = part.watermark,
                       .updated_at = part.updated_at};
      ASSERT_EQ(again, cell) << record_of(cell);
      EXPECT_EQ(update->name.family, &family);
      EXPECT_EQ(update->name.size, cell.window ? std::optional(cell.window->size) : std::nullopt);
      EXPECT_EQ(update->name.start, cell.window ? cell.window->start : Time());
      ASSERT_EQ(update->name.dims->values, cell.dims);
      const auto same = name_of(family, cell);
      ASSERT_TRUE(same.family == update->name.family && same.size == update->name.size && same.start == update->name.start && same.dims == update->name.dims);
    }
  }
}

TEST(CellUpdate, OfATombstoneHasNoPart) {
  const auto update = read_update("department|department=Emergency|1m:2026-11-21T08:00:00Z|5", 5, std::nullopt);
  ASSERT_TRUE(update);
  EXPECT_EQ(update->partition, 5);
  EXPECT_EQ(update->name.family, find_family("department"));
  EXPECT_EQ(update->name.size, WindowSize::k1m);
  EXPECT_EQ(update->name.start, kStart);
  EXPECT_EQ(update->name.dims->text, "department=Emergency");
  EXPECT_FALSE(update->part);
}

TEST(CellUpdate, IsNoneWhenTheKeyIsNotThatOfTheCell) {
  const Cell cell = department_cell({});
  const auto record = record_of(cell);
  EXPECT_TRUE(read_update(cell_key(cell), 0, record));
  for (const Cell& other : {department_cell({.department = "Other"}), department_cell({.start = kStart + std::chrono::minutes{1}}),
                            department_cell({.size = WindowSize::k1h}), census_cell(0, "Emergency", 1, 1)}) {
    EXPECT_FALSE(read_update(cell_key(other), 0, record)) << cell_key(other);
  }
  for (const std::string id : {"", "|", "||", "department|x|1m", "department|x|1m:yesterday", "department|x|2m:2026-11-21T08:00:00Z",
                               "department|x|-", "department|x", "nobody|x|-", "census|department=Emergency|1h:2026-11-21T08:00:00Z"}) {
    EXPECT_FALSE(read_update(id + "|0", 0, std::nullopt)) << id;
    EXPECT_FALSE(parse_cell_name(id)) << id;
  }
  EXPECT_FALSE(read_update("no bar", 0, record));
  EXPECT_FALSE(read_update("no bar", 0, std::nullopt));
  EXPECT_FALSE(read_update(cell_key(cell), 0, record.substr(1)));
}

} // namespace
} // namespace wardpulse::web
