#include "web/hospital_metrics.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

namespace wardpulse::web {
namespace {

using prometheus::ClientMetric, prometheus::MetricFamily, prometheus::MetricType;

constexpr std::array<std::string_view, 4> kStates = {"waiting", "in_care", "boarding", "admitted"};
constexpr std::array<std::string_view, 5> kHourEvents = {"checkins", "completed", "left", "admissions", "discharges"};
constexpr std::array<int, 2> kPercentiles = {50, 95};

MetricFamily gauge(const char* name, const char* help) {
  return {std::string("wardpulse_") + name, help, MetricType::Gauge, {}};
}

void add(MetricFamily* family, std::vector<ClientMetric::Label> labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  family->metric.push_back(std::move(metric));
}

template <class T>
const T* find_value(const Cell& cell, std::string_view name) {
  const auto found = std::find_if(cell.values.begin(), cell.values.end(), [&](const auto& v) { return v.first == name; });
  return found == cell.values.end() ? nullptr : std::get_if<T>(&found->second);
}

void add_count(const Cell& cell, std::string_view field, const char* label, const std::string& department,
               MetricFamily* family) {
  if (const auto* count = find_value<std::int64_t>(cell, field)) {
    add(family, {{"department", department}, {label, std::string(field)}}, static_cast<double>(*count));
  }
}

void add_census(const CellStore& store, std::vector<MetricFamily>* page) {
  auto patients = gauge("census_patients", "Patients who are there, by department and state, as of the watermark.");
  auto longest = gauge("census_longest_wait_seconds", "Longest wait of those who wait now; absent when nobody does.");
  auto left_out = gauge("departments_left_out", "Departments past the number that is shown here.");
  const Series& series = *store.find_series("census");
  const std::size_t shown = std::min(series.cells.size(), kMaxMetricDepartments);
  auto at = series.cells.begin();
  for (std::size_t i = 0; i < shown; ++i, ++at) {
    const Cell cell = store.merged(series, at->first, at->second);
    const std::string& department = cell.dims.front().second;
    for (const auto state : kStates) add_count(cell, state, "state", department, &patients);
    if (const auto* minutes = find_value<std::int64_t>(cell, "longest_wait_minutes")) {
      add(&longest, {{"department", department}}, 60.0 * static_cast<double>(*minutes));
    }
  }
  add(&left_out, {}, static_cast<double>(series.cells.size() - shown));
  for (auto* family : {&patients, &longest, &left_out}) page->push_back(std::move(*family));
}

void add_hour(const CellStore& store, std::vector<MetricFamily>* page) {
  auto events = gauge("hour_events", "What happened in the newest hour window, by department; begins anew each hour.");
  auto wait = gauge("hour_wait_seconds", "Wait until seen by a provider, of those seen in the newest hour window.");
  const Series& series = *store.find_series("department:1h");
  if (!series.cells.empty()) {
    const Time newest = series.cells.rbegin()->first.start;
    auto at = std::prev(series.cells.end());
    while (at != series.cells.begin() && std::prev(at)->first.start == newest) --at;
    for (std::size_t i = 0; i < kMaxMetricDepartments && at != series.cells.end(); ++i, ++at) {
      const Cell cell = store.merged(series, at->first, at->second);
      const std::string& department = cell.dims.front().second;
      for (const auto event : kHourEvents) add_count(cell, event, "event", department, &events);
      const auto* minutes = find_value<MinuteHistogram>(cell, "wait_minutes");
      if (minutes == nullptr || minutes->n() == 0) continue;
      for (const int percent : kPercentiles) {
        add(&wait, {{"department", department}, {"percentile", std::to_string(percent)}},
            60.0 * static_cast<double>(minutes->percentile(percent)));
      }
    }
  }
  page->push_back(std::move(events));
  page->push_back(std::move(wait));
}

} // namespace

void add_hospital_metrics(const CellStore& store, std::vector<MetricFamily>* page) {
  add_census(store, page);
  add_hour(store, page);
}

} // namespace wardpulse::web
