// GET /api/v1/explain?cell=: how a number came about. Definition, what each partition says, counts, restatements.
#pragma once

#include "web/cell_store.h"
#include "web/cells_api.h"
#include "web/http_types.h"
#include "web/router.h"

namespace wardpulse::web {

Reply answer_explain(const Request& request, const CellStore& store, const Served& served);
std::vector<Parameter> explain_parameters();
std::vector<Answer> explain_answers();

} // namespace wardpulse::web
