// Who is where, as of a moment. Derived from the visits when a cell is published; no part of the state.
#pragma once

#include <map>
#include <vector>

#include "aggregator/texts.h"
#include "aggregator/visit.h"
#include "proto/cell.h"

namespace wardpulse::aggregator {

inline constexpr Duration kStaleAfter = hours{48};
inline constexpr Duration kForwardLook = std::chrono::minutes{30};

struct CensusValues {
  std::int64_t waiting = 0, in_care = 0, boarding = 0, admitted = 0, stale = 0;
  std::int64_t longest_wait_minutes = -1; // -1: nobody waits
  std::int64_t room_60 = 0, board_240 = 0, stay_480 = 0, four_hour = 0; // breaching within 30 minutes
  friend bool operator==(const CensusValues&, const CensusValues&) = default;
};
using CensusByDepartment = std::map<TextId, CensusValues>;

// Adds what `visit` contributes as of `now`. Returns false when it can contribute nothing at any later moment either,
// unless its records change.
bool add_to_census(const Visit& visit, Time now, CensusByDepartment* census);

// The departments for which a census cell exists because of these records (with repetitions).
std::vector<TextId> census_departments(const Occurrences& records);

Cell census_cell(const std::string& department, const CensusValues& values, Time now);

} // namespace wardpulse::aggregator
