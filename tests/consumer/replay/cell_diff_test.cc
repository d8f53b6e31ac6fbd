#include "consumer/replay/cell_diff.h"

#include <gtest/gtest.h>

#include "aggregator/definition.h"

namespace wardpulse::consumer {
namespace {

const Time kNoon = *parse_rfc3339("2026-03-01T12:00:00Z");

Cell hour_cell(const std::string& department, std::int64_t checkins, Time start = kNoon) {
  Cell cell;
  cell.family = "department";
  cell.dims = {{"department", department}};
  cell.window = Window{WindowSize::k1h, start, start + std::chrono::hours{1}, {}, {}};
  cell.values = {{"checkins", checkins}};
  cell.watermark = start + std::chrono::hours{2};
  cell.status = CellStatus::kClosed;
  return cell;
}

void put(CellSet* set, Cell cell, std::int32_t partition, std::int64_t version = 1) {
  cell.partition = partition;
  cell.version = version;
  std::string json;
  encode_cell(cell, {.partition = true, .histograms = true}, &json);
  ASSERT_TRUE(set->observe(partition, cell_key(cell), json));
}

Diff diff(const CellSet& before, const CellSet& after, const DiffScope& scope = {}) {
  const auto json = aggregator::Definition{}.canonical_json();
  return diff_cells({"live", &before, json, {}}, {"g", &after, json, {}}, scope);
}

TEST(CellDiff, EqualOverOtherPartitionsAndVersions) {
  CellSet before, after;
  put(&before, hour_cell("Surgery", 2), 0);
  put(&before, hour_cell("Surgery", 3), 1);
  put(&after, hour_cell("Surgery", 4), 0, 9);
  put(&after, hour_cell("Surgery", 1), 1, 9);
  const auto got = diff(before, after);
  EXPECT_TRUE(got.summary.is_equal());
  EXPECT_EQ(got.summary.old_hash, got.summary.new_hash);
  EXPECT_EQ(got.summary.families.at("department").equal, 1);
}

TEST(CellDiff, ChangedMissingAndNewAreTold) {
  CellSet before, after;
  put(&before, hour_cell("Surgery", 2), 0);
  put(&before, hour_cell("Trauma", 2), 0);
  put(&after, hour_cell("Surgery", 3), 0);
  put(&after, hour_cell("Cardiology", 1), 0);
  const auto got = diff(before, after);
  EXPECT_FALSE(got.summary.is_equal());
  const auto& family = got.summary.families.at("department");
  EXPECT_EQ(std::tuple(family.equal, family.changed, family.only_old, family.only_new), std::tuple(0, 1, 1, 1));
  EXPECT_NE(got.summary.old_hash, got.summary.new_hash);
  const auto table = render_diff(got, DiffFormat::kTable, 0);
  EXPECT_NE(table.find("checkins: 2 -> 3"), std::string::npos) << table;
  const auto csv = render_diff(got, DiffFormat::kCsv, 0);
  EXPECT_NE(csv.find("changed,department,department=Surgery,1h:2026-03-01T12:00:00Z,checkins,2,3,"), std::string::npos) << csv;
  EXPECT_NE(render_diff(got, DiffFormat::kTable, 1).find("and 2 more cells"), std::string::npos);
  EXPECT_EQ(render_diff(got, DiffFormat::kJson, 0).find("{\"equal\":false"), 0U);
}

TEST(CellDiff, OnlyTheWindowsThatWereAskedForAreCompared) {
  CellSet before, after;
  put(&before, hour_cell("Surgery", 2), 0);
  put(&before, hour_cell("Surgery", 5, kNoon + std::chrono::hours{1}), 0);
  put(&after, hour_cell("Surgery", 7), 0);
  put(&after, hour_cell("Surgery", 5, kNoon + std::chrono::hours{1}), 0);
  EXPECT_FALSE(diff(before, after).summary.is_equal());
  const auto got = diff(before, after, {.from = kNoon + std::chrono::hours{1}, .to = {}, .whole = false, .family = {}});
  EXPECT_TRUE(got.summary.is_equal());
  EXPECT_EQ(got.summary.families.at("department").left_out, 1);
  EXPECT_FALSE(got.summary.notes.empty());
}

// A patient who came for years may have been registered before the replay began to read.
TEST(CellDiff, RegistrationsAreNotComparedWithoutTheWholeHistory) {
  CellSet before, after;
  for (const char* rule : {"patient_exists", "range"}) {
    auto cell = hour_cell("", 0);
    cell.family = "quality";
    cell.dims = {{"source", "desk"}, {"rule", rule}};
    cell.values = {{"evaluated", std::int64_t{9}}, {"failed", std::int64_t{0}}};
    put(&before, cell, 0);
    cell.values[1].second = std::int64_t{2};
    put(&after, cell, 0);
  }
  EXPECT_EQ(diff(before, after).summary.families.at("quality").changed, 2);
  const auto of_range = diff(before, after, {.from = {}, .to = {}, .whole = false, .family = {}}).summary.families.at("quality");
  EXPECT_EQ(std::tuple(of_range.changed, of_range.left_out), std::tuple(1, 1));
}

TEST(CellDiff, AnotherFunnelIsTheReasonForItsOwnCellsOnly) {
  aggregator::Definition narrow;
  narrow.funnels.front().window = std::chrono::hours{1};
  Cell cell;
  cell.family = "funnel";
  cell.window = hour_cell("", 0).window;
  CellSet before, after;
  for (const auto& funnel : {narrow.funnels[0].name, narrow.funnels[1].name}) {
    cell.dims = {{"funnel", funnel}, {"department", "all"}};
    cell.values = {{"entered", std::int64_t{2}}};
    put(&before, cell, 0);
    cell.values = {{"entered", std::int64_t{1}}};
    put(&after, cell, 0);
  }
  const auto got = diff_cells({"live", &before, aggregator::Definition{}.canonical_json(), {}}, {"g", &after, narrow.canonical_json(), {}}, {});
  ASSERT_EQ(got.differences.size(), 2U);
  for (const auto& difference : got.differences) {
    const bool narrowed = difference.id.find("funnel=" + narrow.funnels[0].name) != std::string::npos;
    EXPECT_EQ(difference.why, narrowed ? "definition" : "") << difference.id;
  }
}

TEST(CellDiff, RecordsThatOneHasNotReadAreLateOrNew) {
  CellSet before, after;
  put(&before, hour_cell("Surgery", 2), 0);
  put(&after, hour_cell("Surgery", 3), 0);
  put(&after, hour_cell("Trauma", 1), 0);
  put(&after, hour_cell("Surgery", 1, kNoon + std::chrono::hours{5}), 0);
  const auto json = aggregator::Definition{}.canonical_json();
  const auto got = diff_cells({"live", &before, json, {{5, 5, 5, 5}}}, {"g", &after, json, {{5, 9, 5, 5}}}, {});
  std::map<std::string, std::string> why;
  for (const auto& difference : got.differences) why[difference.id] = difference.why;
  EXPECT_EQ(why, (std::map<std::string, std::string>{{"department|department=Surgery|1h:2026-03-01T12:00:00Z", "late record"},
                                                     {"department|department=Trauma|1h:2026-03-01T12:00:00Z", "late record"},
                                                     {"department|department=Surgery|1h:2026-03-01T17:00:00Z", "newer records"}}));
  EXPECT_EQ(got.summary.notes.size(), 1U);
}

TEST(CellDiff, AnotherGraceAdmitsOtherLateRecords) {
  aggregator::Definition strict;
  strict.grace[static_cast<std::size_t>(WindowSize::k1h)] = std::chrono::hours{1};
  CellSet before, after;
  put(&before, hour_cell("Surgery", 3), 0);
  put(&after, hour_cell("Surgery", 2), 0);
  auto final_now = hour_cell("Trauma", 2);
  put(&before, final_now, 0);
  final_now.status = CellStatus::kFinal;
  put(&after, final_now, 0);
  const std::vector<TopicOffsets> read{{5, 5, 5, 5}};
  const auto got = diff_cells({"live", &before, aggregator::Definition{}.canonical_json(), read}, {"g", &after, strict.canonical_json(), read}, {});
  ASSERT_EQ(got.differences.size(), 2U);
  EXPECT_EQ(got.differences[0].why, "late record");
  EXPECT_EQ(got.differences[1].why, "definition") << "the status alone";
}

TEST(CellSet, PartitionsFoldedOneByOneAreWhatTheyAreTogether) {
  CellSet together, folded;
  for (const int partition : {0, 1, 2}) {
    auto cell = hour_cell("Surgery", partition + 2);
    MinuteHistogram waits;
    for (int i = 0; i <= partition; ++i) waits.add(7 * i, i + 1);
    cell.values.emplace_back("wait_minutes", waits);
    cell.status = partition == 1 ? CellStatus::kClosed : CellStatus::kFinal;
    for (CellSet* set : {&together, &folded}) {
      put(set, cell, partition);
      put(set, hour_cell("only " + std::to_string(partition), 1), partition);
    }
    folded.fold();
  }
  EXPECT_EQ(folded.size(), 4U);
  EXPECT_EQ(folded.hash(), together.hash());
  EXPECT_EQ(std::get<std::int64_t>(folded.find(cell_id(hour_cell("Surgery", 0)))->cell.values[0].second), 9);
}

TEST(CellSet, TombstonesAndLateWritesOfFormerOwners) {
  CellSet set, none;
  const auto cell = hour_cell("Surgery", 2);
  put(&set, cell, 0, 5);
  put(&set, hour_cell("Surgery", 1), 0, 4);
  EXPECT_EQ(std::get<std::int64_t>(set.find(cell_id(cell))->cell.values[0].second), 2);
  ASSERT_TRUE(set.observe(0, cell_id(cell) + "|0", std::nullopt));
  EXPECT_EQ(set.size(), 0U);
  EXPECT_EQ(set.hash(), none.hash());
}

TEST(CellSet, ACellIsOpenWhileAPartitionWithoutItMayStillGetOne) {
  CellSet set;
  put(&set, hour_cell("Surgery", 2), 0);
  EXPECT_EQ(set.find(cell_id(hour_cell("Surgery", 0)))->cell.status, CellStatus::kClosed);
  auto behind = hour_cell("Trauma", 2, kNoon - std::chrono::hours{3});
  put(&set, behind, 1); // its watermark is before noon
  EXPECT_EQ(set.find(cell_id(hour_cell("Surgery", 0)))->cell.status, CellStatus::kOpen);
}

TEST(CellSet, WindowsPastTheirRetentionAreLeftOut) {
  CellSet set;
  put(&set, hour_cell("Surgery", 2), 0);
  put(&set, hour_cell("Surgery", 2, kNoon + std::chrono::hours{24 * 401}), 0);
  set.finish();
  EXPECT_EQ(set.size(), 1U);
}

} // namespace
} // namespace wardpulse::consumer
