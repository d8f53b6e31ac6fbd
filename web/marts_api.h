// GET /api/v1/marts/{daily-kpis|department-stats|patient-stats}: rows, as JSON or CSV.
#pragma once

#include <string>

#include "proto/marts.h"
#include "web/cell_store.h"
#include "web/cells_api.h"
#include "web/http_types.h"
#include "web/patient_rows.h"
#include "web/router.h"

namespace wardpulse::web {

// Its rows come from a topic of their own, those of the others from cells.
bool is_of_patients(const MartSpec& mart);
Reply answer_mart(const MartSpec& mart, const Request& request, const CellStore& store, const PatientRows& patients,
                  const Served& served);
std::vector<Parameter> mart_parameters(const MartSpec& mart);
std::vector<Answer> mart_answers(const MartSpec& mart);

} // namespace wardpulse::web
