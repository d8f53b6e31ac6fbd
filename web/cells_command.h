// wardpulse-web cells: the merged cells of a generation as JSON lines in canonical order, for comparing and for
// scripts.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "web/aggregates_reader.h"
#include "web/cell_store.h"

namespace wardpulse::web {

// What is wrong with --family, if anything; empty means all.
std::optional<std::string> cells_usage_problem(const std::string& family);

// Reads the topic up to the ends it has now. REQUIRES: a family that there is, or empty for all.
Result<std::string> cells_as_lines(const ReaderOptions& options, const std::string& family);
// Family, dimensions, window; without version, watermark and updated_at; distributions with their minutes.
std::string canonical_lines(const CellStore& store, const std::string& family);

} // namespace wardpulse::web
