#include "tests/web/cells.h"

#include <gtest/gtest.h>

namespace wardpulse::web::test {
namespace {

Duration length(WindowSize size) {
  using std::chrono::hours, std::chrono::minutes, std::chrono::seconds;
  switch (size) {
    case WindowSize::k10s: return seconds{10};
    case WindowSize::k1m: return minutes{1};
    case WindowSize::k1h: return hours{1};
    case WindowSize::k1d:
    case WindowSize::kMonth: break;
  }
  return hours{24};
}

struct Found {
  const Series* series = nullptr;
  CellKey key;
  const StoredCell* cell = nullptr;
};

Found find(const CellStore& store, const Cell& like) {
  std::string name = like.family;
  if (like.window) name.append(":").append(window_size_name(like.window->size));
  const Series* series = store.find_series(name);
  for (const auto& [key, cell] : series->cells) {
    if (key.dims->values == like.dims && (!like.window || key.start == like.window->start)) return {series, key, &cell};
  }
  return {};
}

} // namespace

Cell department_cell(const Said& said) {
  Cell cell{.family = "department"};
  cell.dims = {{"department", said.department}};
  cell.window = Window{.size = said.size, .start = said.start, .end = said.start + length(said.size)};
  cell.values = {{"checkins", said.checkins}};
  cell.status = said.status;
  cell.version = said.version;
  cell.partition = said.partition;
  cell.watermark = said.watermark;
  cell.updated_at = said.watermark;
  return cell;
}

Cell census_cell(std::int32_t partition, const std::string& department, std::int64_t waiting, std::int64_t version) {
  Cell cell{.family = "census"};
  cell.dims = {{"department", department}};
  cell.values = {{"waiting", waiting}};
  cell.version = version;
  cell.partition = partition;
  cell.watermark = kStart;
  return cell;
}

Cell task_cell(std::int32_t partition, Time watermark, std::int64_t version) {
  Cell cell{.family = "task"};
  cell.dims = {{"partition", std::to_string(partition)}};
  cell.values = {{"watermark_ms", to_ms(watermark)}};
  cell.version = version;
  cell.partition = partition;
  cell.watermark = watermark;
  return cell;
}

CellUpdate update_of(const Cell& cell) { return update_with(*find_family(cell.family), cell); }
CellUpdate removal_of(const Cell& cell) { return {.partition = cell.partition, .name = name_of(*find_family(cell.family), cell)}; }

std::string json_of(const Cell& cell) {
  std::string json;
  encode_cell(cell, {}, &json);
  return json;
}

std::int64_t checkins_of(const Cell& cell) {
  for (const auto& [name, value] : cell.values) {
    if (name == "checkins") return std::get<std::int64_t>(value);
  }
  ADD_FAILURE() << "no checkins in " << json_of(cell);
  return -1;
}

Cell merged(const CellStore& store, const Cell& like) {
  const auto found = find(store, like);
  if (found.cell == nullptr) {
    ADD_FAILURE() << "there is no cell " << cell_id(like);
    return {};
  }
  return store.merged(*found.series, found.key, *found.cell);
}

bool has(const CellStore& store, const Cell& like) { return find(store, like).cell != nullptr; }

} // namespace wardpulse::web::test
