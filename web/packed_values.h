// The values of a cell in few bytes. A partition's cell is some 700 bytes as JSON and two kilobytes as a Cell; packed
// it is about fifty, which is what lets months of history stay in memory.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/cell.h"

namespace wardpulse::web {

using Values = std::vector<std::pair<std::string, Value>>;

// REQUIRES: every name is a field of `family`.
std::string pack_values(const FamilySpec& family, const Values& values);
// REQUIRES: `bytes` were packed for this family.
Values unpack_values(const FamilySpec& family, std::string_view bytes);

} // namespace wardpulse::web
