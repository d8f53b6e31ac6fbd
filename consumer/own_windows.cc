#include "consumer/own_windows.h"

namespace wardpulse::consumer {

bool OwnWindows::has(std::string_view cell_id) const {
  if (!first) return true;
  for (int part = 0; part < 2; ++part) { // "family|dims|size:start"
    const auto bar = cell_id.find('|');
    if (bar == cell_id.npos) return true;
    cell_id.remove_prefix(bar + 1);
  }
  cell_id = cell_id.substr(0, cell_id.find('|'));
  const auto colon = cell_id.find(':');
  const auto start = colon == cell_id.npos ? std::nullopt : parse_written_rfc3339(cell_id.substr(colon + 1));
  return !start || *start >= *first;
}

} // namespace wardpulse::consumer
