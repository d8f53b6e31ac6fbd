// What one visit counts for in the census: a function of its records and the moment.
#pragma once

#include <cstdint>
#include <utility>

#include <absl/container/inlined_vector.h>

#include "aggregator/visit.h"

namespace wardpulse::aggregator {

inline constexpr Duration kStaleAfter = hours{48};
inline constexpr Duration kForwardLook = std::chrono::minutes{30};

enum class CensusField : std::uint8_t {
  kKnown, // makes the department's cell exist
  kWaiting, kInCare, kBoarding, kAdmitted, kStale,
  kRoom60, kBoard240, kStay480, kFourHour, // breaching within 30 minutes
  kEdPatients, kHeldForBed, kVentilated,   // of the crowding score
};
inline constexpr std::size_t kCensusFields = 13;

// One visit more in one field of one department.
struct CensusTerm {
  TextId department = 0;
  CensusField field{};
  friend bool operator==(const CensusTerm&, const CensusTerm&) = default;
  template <class H>
  friend H AbslHashValue(H state, const CensusTerm& term) { return H::combine(std::move(state), term.department, term.field); }
};
using CensusTerms = absl::InlinedVector<CensusTerm, 8>;

struct CensusPart {
  CensusTerms terms;
  Time until = kForever; // from then on it may be another, without another record; later than the moment asked for
};
// REQUIRES: view == view_of(records, 1d). Records of billing may be missing.
CensusPart census_part(Records records, const VisitView& view, Time now);

} // namespace wardpulse::aggregator
