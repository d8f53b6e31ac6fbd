// The record-level quality rules: those that can be judged from one record alone and that reject it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "proto/event.h"
#include "proto/rejection.h"

namespace wardpulse {

struct RuleBounds {
  std::int64_t acuity_min = 1, acuity_max = 5;
  std::int64_t amount_max_cents = 1'000'000'000; // 10,000,000.00: cost and amounts, refunds down to minus that
  std::int64_t age_min = 0, age_max = 130;       // years, birth_date against registered_on (or the event's date)
};

// Whole years between the two dates; someone born on 29 February has the birthday on 1 March in other years.
std::int64_t age_years(std::chrono::year_month_day birth, std::chrono::year_month_day on);

// Bit r set: rule r applies to this type of event (it counts as evaluated).
std::uint32_t rules_evaluated(const Event& event);
// Bit r set: rule r is broken. Subset of rules_evaluated().
std::uint32_t rules_broken(const Event& event, const RuleBounds& bounds);
// What is wrong, naming field and value, for the lowest rule in `broken`. REQUIRES: broken != 0.
Rejection rule_rejection(const Event& event, const RuleBounds& bounds, std::uint32_t broken);

} // namespace wardpulse
