// The hospital's state for Prometheus: who is there by department, and the hour that is under way. Staff figures, so
// they are on the private listener only.
#pragma once

#include <vector>

#include <prometheus/metric_family.h>

#include "web/cell_store.h"

namespace wardpulse::web {

// Departments come from the feeds: what is past this many, in the order of their names, is counted and left out, so
// that a feed full of slips cannot fill Prometheus.
inline constexpr std::size_t kMaxMetricDepartments = 20;

// Appends the families. A department without a cell has no value, which is not 0.
void add_hospital_metrics(const CellStore& store, std::vector<prometheus::MetricFamily>* page);

} // namespace wardpulse::web
