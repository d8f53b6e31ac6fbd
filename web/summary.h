// GET /metrics/summary: the funnels in short. Success rate, drop-off points, quality bottlenecks, time to analysis.
#pragma once

#include "web/cell_store.h"
#include "web/cells_api.h"
#include "web/http_types.h"
#include "web/router.h"

namespace wardpulse::web {

Reply answer_summary(const Request& request, const CellStore& store, const Served& served);
std::vector<Parameter> summary_parameters();
std::vector<Answer> summary_answers();

} // namespace wardpulse::web
