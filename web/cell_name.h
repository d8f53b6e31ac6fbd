// Which cell: an id (cell_id in proto/cell.h) taken apart.
#pragma once

#include <optional>
#include <string_view>

#include "proto/cell.h"
#include "web/dim_set.h"

namespace wardpulse::web {

struct CellName {
  const FamilySpec* family = nullptr;
  std::optional<WindowSize> size; // nullopt: windowless
  Time start{};                   // of the window; the epoch without one
  const DimSet* dims = nullptr;   // may be nullptr where a name was only looked up: no cell ever had them
};

// nullopt: no family of families() has such a cell.
std::optional<CellName> parse_cell_name(std::string_view id); // remembers dimensions that it has not met
std::optional<CellName> look_up_cell_name(std::string_view id);
// REQUIRES: `family` is the cell's.
CellName name_of(const FamilySpec& family, const Cell& cell);

} // namespace wardpulse::web
