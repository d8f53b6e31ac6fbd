// Which cell: numbers instead of names.
#pragma once

#include <cstdint>
#include <string_view>

#include "aggregator/occurrences.h"
#include "proto/cell.h"

namespace wardpulse::aggregator {

// Part of the snapshot format: new ones go to the end. Finance has three kinds of dims, each a family here.
enum class Family : std::uint8_t {
  kDepartment, kHospital, kFunnel, kQuality, kFinanceDepartment, kFinancePayer, kFinanceTreatment, kOrganization, kAccess, kDailyKpis,
  kDepartmentStats, kPatients,
};
inline constexpr int kFamilyCount = 12;

std::string_view family_name(Family family); // as published

struct CellKey {
  std::int64_t start_ms = 0;
  TextId dim = 0;        // department, source, payer, ...; kHospital, kDailyKpis: 0; kFunnel: kAllDepartments for "all"; kPatients: city
  std::uint16_t sub = 0; // kFunnel: the plan's index; kQuality: the rule; kPatients: age group and gender
  Family family{};
  WindowSize size{};
  friend bool operator==(const CellKey&, const CellKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const CellKey& k) {
    const auto what = std::uint64_t{k.dim} << 32 | std::uint64_t{k.sub} << 16 | std::uint64_t{static_cast<std::uint8_t>(k.family)} << 8 |
                      static_cast<std::uint8_t>(k.size);
    return H::combine(std::move(h), k.start_ms, what);
  }
};
static_assert(sizeof(CellKey) == 16);

} // namespace wardpulse::aggregator
