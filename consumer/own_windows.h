// A generation that was replayed from the middle of the log counts windows from some moment on. Cells of older windows are
// none of its own: `promote --partial` takes them over from the generation before, and they stay as they are.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"
#include "proto/cell.h"

namespace wardpulse::consumer {

struct OwnWindows {
  std::optional<Time> first; // the first one's start; nullopt: all windows

  bool has(const Cell& cell) const { return !first || !cell.window || cell.window->start >= *first; }
  // The same by a cell_id or a key of topic aggregates; what does not read is the generation's own.
  bool has(std::string_view cell_id) const;
};

} // namespace wardpulse::consumer
