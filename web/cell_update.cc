#include "web/cell_update.h"

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
  const auto bar = key.rfind('|');
  if (bar == std::string_view::npos) return std::nullopt;
  const auto id = key.substr(0, bar);
  if (!value) return CellUpdate{.partition = partition, .id = std::string(id)};
  auto cell = decode_cell(*value);
  if (!cell) return std::nullopt;
  cell->partition = partition;
  auto update = update_with(*find_family(cell->family), *cell);
  if (update.id != id) return std::nullopt;
  return update;
}

} // namespace wardpulse::web
