// Dimensions of cells with their values, kept once a process however many cells and stores have them. There are as many as
// departments, payers, sources and the like. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wardpulse::web {

struct DimSet {
  std::string text; // as in cell_id: "funnel=emergency,department=all"; the canonical order
  std::vector<std::pair<std::string, std::string>> values;
};

// The same pointer for the same text; lives as long as the process.
const DimSet* intern_dims(std::string_view text);
const DimSet* find_dims(std::string_view text); // nullptr: no cell ever had them

} // namespace wardpulse::web
