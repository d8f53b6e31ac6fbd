// promote --partial: cells of windows before the generation's own go over from the generation in force, as its topic has
// them. Nobody reads the generation meanwhile; an interrupted take-over is done again from the start.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "consumer/own_windows.h"
#include "consumer/replay/site.h"

namespace wardpulse::consumer {

struct OlderCells {
  std::int64_t records = 0;   // one a partition and cell
  std::int64_t not_final = 0; // of them: what would still have come for them is not counted any more
};
Result<OlderCells> look_at_older_cells(Site& site, const std::string& generation, const OwnWindows& own);

// Afterwards `to` has of windows that are not its own what `from` has, and nothing else. All writes are acknowledged.
// REQUIRES: nobody has `to` in force.
Result<void> take_over_older_cells(Site& site, const std::string& from, const std::string& to, const OwnWindows& own);

} // namespace wardpulse::consumer
