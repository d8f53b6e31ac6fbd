// Cells by hand, as partitions would publish them.
#pragma once

#include <string>

#include "web/cell_store.h"

namespace wardpulse::web::test {

inline constexpr Time kStart = from_ms(1'795'248'000'000); // 2026-11-21T08:00:00Z

// What one partition says; the fields that a test does not care about have defaults.
struct Said {
  std::int32_t partition = 0;
  std::string department = "Emergency";
  Time start = kStart;
  std::int64_t checkins = 1;
  std::int64_t version = 1;
  CellStatus status = CellStatus::kOpen;
  Time watermark = kStart;
  WindowSize size = WindowSize::k1m;
};
Cell department_cell(const Said& said);
Cell census_cell(std::int32_t partition, const std::string& department, std::int64_t waiting, std::int64_t version);
// Gives the partition's time.
Cell task_cell(std::int32_t partition, Time watermark, std::int64_t version);

CellUpdate update_of(const Cell& cell);
CellUpdate removal_of(const Cell& cell);

// As the API writes it.
std::string json_of(const Cell& cell);
std::int64_t checkins_of(const Cell& cell);
// The merged cell, by its identity; fails the test when there is none.
Cell merged(const CellStore& store, const Cell& like);
bool has(const CellStore& store, const Cell& like);

} // namespace wardpulse::web::test
