// GET /api/v1/marts/{daily-kpis|department-stats|patient-stats}: rows, as JSON or CSV.
#pragma once

#include <map>
#include <string>

#include "proto/marts.h"
#include "web/cell_store.h"
#include "web/cells_api.h"
#include "web/http_types.h"
#include "web/router.h"

namespace wardpulse::web {

// Rows of the patients' mart as the topic has them: JSON by patient id.
using PatientRows = std::map<std::string, std::string, std::less<>>;

Reply answer_mart(const MartSpec& mart, const Request& request, const CellStore& store, const PatientRows& patients,
                  const Served& served);
std::vector<Parameter> mart_parameters(const MartSpec& mart);
std::vector<Answer> mart_answers(const MartSpec& mart);

} // namespace wardpulse::web
