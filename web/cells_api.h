// GET /api/v1/cells: merged cells by family, window size, time and dimensions.
#pragma once

#include <string>

#include "base/time.h"
#include "web/cell_store.h"
#include "web/http_types.h"
#include "web/router.h"

namespace wardpulse::web {

inline constexpr std::int64_t kDefaultCells = 1000;
inline constexpr std::int64_t kMaxCells = 10000;

// What an answer says about where its cells come from.
struct Served {
  std::string generation = "live";
  Time as_of = kNever; // when the newest record was taken in
};

Reply answer_cells(const Request& request, const CellStore& store, const Served& served);
// The route's parameters and answers, for the table of routes.
std::vector<Parameter> cells_parameters();
std::vector<Answer> cells_answers();

} // namespace wardpulse::web
