// Cells of one series as CSV: a row a cell, a column a number.
#pragma once

#include <span>
#include <string>

#include "proto/cell.h"

namespace wardpulse::web {

// Distributions become n, sum, max, p50, p90 and p95 (wait_minutes_p50); counts with known keys become a column a key
// (by_visit_type_Emergency); what has no fixed shape is JSON in its field. Null is an empty field.
std::string cells_csv(const FamilySpec& family, std::span<const Cell> cells);

} // namespace wardpulse::web
