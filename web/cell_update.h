// One record of the aggregates topic, in the form that the store keeps. Made on the thread that reads: a Cell is large and
// made of many small pieces, which are costly to hand over to another thread and to free there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/cell.h"
#include "web/cell_name.h"

namespace wardpulse::web {

// What one partition says of a cell.
struct CellPart {
  std::int32_t partition = 0;
  CellStatus status{};
  std::int64_t version = 0;
  Time watermark{};
  Time updated_at{};
  std::string values; // packed
};

struct CellUpdate {
  std::int32_t partition = 0;
  CellName name;
  std::optional<Window> window = std::nullopt;
  std::optional<CellPart> part = std::nullopt; // nullopt: it was removed

  // Where a partition stands, which is the last that it says in a publication.
  bool ends_publication() const { return name.family->name == "task"; }
};

// REQUIRES: `family` is the cell's.
CellUpdate update_with(const FamilySpec& family, const Cell& cell);
// nullopt: the record does not read, or its key is that of another cell. `value`: nullopt for a tombstone.
std::optional<CellUpdate> read_update(std::string_view key, std::int32_t partition, std::optional<std::string_view> value);

} // namespace wardpulse::web
