#include "web/cell_update.h"

#include <simdjson.h>

#include <algorithm>

#include "proto/cell_reader.h"
#include "web/packed_values.h"

namespace wardpulse::web {
namespace {

bool is_name_of(const CellName& name, const CellHead& head) {
  const auto& dims = name.dims->values;
  const auto is_same = [](const auto& a, const auto& b) { return a.first == b.first && a.second == b.second; };
  return name.family == head.family && name.size.has_value() == head.window.has_value() &&
         (!head.window || (name.size == head.window->size && name.start == head.window->start)) &&
         std::equal(dims.begin(), dims.end(), head.dims.begin(), head.dims.end(), is_same);
}

} // namespace

CellUpdate update_with(const FamilySpec& family, const Cell& cell) {
  return {.partition = cell.partition,
          .name = name_of(family, cell),
          .window = cell.window,
          .part = CellPart{.partition = cell.partition,
                           .status = cell.status,
                           .version = cell.version,
                           .watermark = cell.watermark,
                           .updated_at = cell.updated_at,
                           .values = pack_values(family, cell.values)}};
}

std::optional<CellUpdate> read_update(std::string_view key, std::int32_t partition, std::optional<std::string_view> value) {
  thread_local simdjson::dom::parser parser; // these keep their room
  thread_local ValuePacker values;
  const auto bar = key.rfind('|');
  if (bar == std::string_view::npos) return std::nullopt;
  const auto name = parse_cell_name(key.substr(0, bar));
  if (!name) return std::nullopt;
  CellUpdate update{.partition = partition, .name = *name};
  if (!value) return update;
  simdjson::dom::element json;
  CellHead head;
  values.clear();
  if (parser.parse(value->data(), value->size()).get(json) != simdjson::SUCCESS || !CellReader().read(json, &head, &values)) return std::nullopt;
  if (!is_name_of(*name, head)) return std::nullopt;
  update.window = head.window;
  update.part = CellPart{.partition = partition,
                         .status = head.status,
                         .version = head.version,
                         .watermark = head.watermark,
                         .updated_at = head.updated_at,
                         .values = values.bytes()};
  return update;
}

} // namespace wardpulse::web
