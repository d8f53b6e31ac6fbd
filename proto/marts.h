// Rows of the marts, made from cells of families daily_kpis, department_stats and patient_stats.
// docs/semantics.md says what the columns mean.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/cell.h"

namespace wardpulse {

struct MartSpec {
  std::string_view name;   // "daily-kpis": the end of the topic's name, and of the route
  std::string_view family; // whose cells become rows
  std::span<const std::string_view> columns;
};
std::span<const MartSpec> marts();
const MartSpec* find_mart(std::string_view name);           // nullptr: unknown
const MartSpec* find_mart_of_family(std::string_view name); // likewise

struct MartValue {
  enum class Kind : std::uint8_t { kNull, kNumber, kText, kFlag } kind = Kind::kNull;
  std::string text; // as it is shown; kFlag: "true" or "false"; kNull: empty
};
// One value a column, in order. REQUIRES: cell.family == mart.family.
std::vector<MartValue> mart_row(const MartSpec& mart, const Cell& cell);
std::string mart_json(const MartSpec& mart, const std::vector<MartValue>& row); // one object, columns in order
// Identity of a row within its mart: "2026-11-21", "2026-11-21|Cardiology", the patient_id.
std::string mart_key(const Cell& cell);

// number / (count * unit) to two decimals, half up; null when count is 0. REQUIRES: number >= 0, unit > 0.
MartValue mart_average(std::int64_t number, std::int64_t count, std::int64_t unit);
MartValue mart_money(std::int64_t cents); // "1234.05"

} // namespace wardpulse
