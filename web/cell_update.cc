#include "web/cell_update.h"

#include <simdjson.h>

#include "proto/cell_reader.h"
#include "web/packed_values.h"

namespace wardpulse::web {

CellUpdate update_with(const FamilySpec& family, const Cell& cell) {
  return {.partition = cell.partition,
          .id = cell_id(cell),
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
  const auto id = key.substr(0, bar);
  if (!value) return CellUpdate{.partition = partition, .id = std::string(id)};
  simdjson::dom::element json;
  CellHead head;
  values.clear();
  if (parser.parse(value->data(), value->size()).get(json) != simdjson::SUCCESS || !CellReader().read(json, &head, &values)) return std::nullopt;
  CellUpdate update{.partition = partition, .id = cell_id(head.family->name, head.dims, head.window)};
  if (update.id != id) return std::nullopt;
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
