#include "web/cell_name.h"

#include <algorithm>
#include <string>

namespace wardpulse::web {
namespace {

template <class DimsOf>
std::optional<CellName> parse(std::string_view id, DimsOf dims_of) {
  const auto first = id.find('|');
  const auto last = id.rfind('|');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  CellName name;
  name.family = find_family(id.substr(0, first));
  if (name.family == nullptr) return std::nullopt;
  const auto& sizes = name.family->sizes;
  if (const auto window = id.substr(last + 1); window != "-") {
    const auto colon = window.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto time = parse_written_rfc3339(window.substr(colon + 1));
    name.size = window_size_from_name(window.substr(0, colon));
    if (!time || !name.size || std::find(sizes.begin(), sizes.end(), *name.size) == sizes.end()) return std::nullopt;
    name.start = *time;
  } else if (!sizes.empty()) {
    return std::nullopt;
  }
  name.dims = dims_of(id.substr(first + 1, last - first - 1));
  return name;
}

} // namespace

std::optional<CellName> parse_cell_name(std::string_view id) { return parse(id, intern_dims); }

std::optional<CellName> look_up_cell_name(std::string_view id) { return parse(id, find_dims); }

CellName name_of(const FamilySpec& family, const Cell& cell) {
  const std::string id = cell_id(cell);
  const auto dims = id.substr(family.name.size() + 1, id.rfind('|') - family.name.size() - 1);
  CellName name{.family = &family, .dims = intern_dims(dims)};
  if (cell.window) {
    name.size = cell.window->size;
    name.start = cell.window->start;
  }
  return name;
}

} // namespace wardpulse::web
