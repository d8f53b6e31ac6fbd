// What a visit adds to the cells that are plain sums: quality, money, organizations, access and the marts.
#pragma once

#include <array>

#include <absl/container/inlined_vector.h>

#include "aggregator/cell_key.h"
#include "aggregator/visit.h"

namespace wardpulse::aggregator {

inline constexpr std::size_t kSumFields = 11;
using SumFields = std::array<std::int64_t, kSumFields>;

// Places of the fields, in the order of proto/families.cc.
namespace quality_field { enum : std::size_t { kEvaluated, kFailed }; }
namespace finance_field {
enum : std::size_t { kBilled, kInsurance, kPatient, kPaid, kPaidBills, kPendingBills, kClaims, kClaimed, kCovered };
}
namespace organization_field { enum : std::size_t { kEncounters, kClaims, kClaimed, kCovered }; }
namespace access_field { enum : std::size_t { kVisits, kRoom60, kLwbs, kBoarding240, kStay480, kAny, kExcluded, kStay240 }; }
namespace daily_field {
enum : std::size_t { kVisits, kCompleted, kAdmissions, kLosN, kLosMs, kRevenue, kInsurance, kPatient, kPaidBills, kPendingBills, kNewPatients };
}
namespace department_day_field {
enum : std::size_t { kVisits, kOutpatient, kEmergency, kInpatient, kDurationN, kDurationMs, kAdmissions, kLosN, kLosMs, kRevenue };
}

// One addition to one cell.
struct Sum {
  Family family{};
  WindowSize size{};
  TextId dim = 0;
  std::uint32_t sub = 0; // quality: the rule
  Time time{};           // decides the window
  SumFields add{};
  friend bool operator==(const Sum&, const Sum&) = default;
};
using Sums = absl::InlinedVector<Sum, 4>;

// Everything a visit's records add up to that a change by a record of type `changing` can move. `registered[s]`: the
// visit's patient counts as registered for size s.
struct SumsOf {
  Records records;
  const VisitView &hour, &day; // what 1h and 1d see
  TypeCode changing;
  std::array<bool, kWindowSizeCount> registered;
};
Sums sums_of(const SumsOf& visit);
// patient_exists alone.
Sums registration_sums(Records records, const std::array<bool, kWindowSizeCount>& registered);
bool moves_sums(TypeCode changing);

} // namespace wardpulse::aggregator
