// Cells as they are published.
#include <algorithm>

#include "aggregator/cell_table.h"
#include "proto/kaplan_meier.h"
#include "proto/rejection.h"

namespace wardpulse::aggregator {
namespace {

constexpr std::string_view kGenderNames[kGenders] = {"M", "F", "Other", "Unknown"};
struct AgeGroup {
  std::int64_t from;
  std::string_view name;
};
constexpr AgeGroup kAgeGroups[] = {{0, "0-17"}, {18, "18-34"}, {35, "35-49"}, {50, "50-64"}, {65, "65-79"}, {80, "80+"}};

} // namespace

std::string_view gender_name(std::uint32_t gender) { return kGenderNames[gender]; }

// 0: unknown, else the place in the list and one.
std::uint32_t age_group(std::optional<std::int64_t> age_years) {
  std::uint32_t group = 0;
  while (age_years && group < std::size(kAgeGroups) && *age_years >= kAgeGroups[group].from) ++group;
  return group;
}

std::string department_name(TextId department, const Texts& texts) {
  return texts.text(department == 0 ? kUnknownText : department);
}

Cell CellTable::identity(const CellKey& key, const TimeSpan& span) const {
  Cell cell;
  cell.family = family_name(key.family);
  const auto dim = [&](std::string_view name) { cell.dims.emplace_back(name, department_name(key.dim, texts_)); };
  switch (key.family) {
    case Family::kHospital: case Family::kDailyKpis: break;
    case Family::kDepartment: case Family::kFinanceDepartment: case Family::kAccess: case Family::kDepartmentStats: dim("department"); break;
    case Family::kFinancePayer: dim("payer"); break;
    case Family::kFinanceTreatment: dim("treatment_code"); break;
    case Family::kOrganization: dim("facility"); break;
    case Family::kFunnel:
      cell.dims.emplace_back("funnel", plan(key.sub).definition->name);
      dim("department");
      break;
    case Family::kQuality:
      dim("source");
      cell.dims.emplace_back("rule", rule_name(static_cast<Rule>(key.sub)));
      break;
    case Family::kPatients: {
      const std::uint32_t group = key.sub / kGenders;
      cell.dims.emplace_back("age_group", group == 0 ? "unknown" : kAgeGroups[group - 1].name);
      cell.dims.emplace_back("gender", gender_name(key.sub % kGenders));
      dim("city");
      return cell; // of all time
    }
  }
  Window window{key.size, span.start, span.end};
  if (key.size == WindowSize::k1d || key.size == WindowSize::kMonth) {
    window.start_offset = windows_.utc_offset(window.start);
    window.end_offset = windows_.utc_offset(window.end);
  }
  cell.window = window;
  return cell;
}

Cell CellTable::render(const CellKey& key, const TimeSpan& span, const CellContent& content, Time shown) const {
  Cell cell = identity(key, span);
  if (const auto* department = std::get_if<DepartmentValues>(&content.values)) {
    render_values(*department, key.family == Family::kHospital, &cell);
  } else if (const auto* funnel = std::get_if<FunnelValues>(&content.values)) {
    render_values(*funnel, content.contributions, plan(key.sub), shown, &cell);
  } else if (const auto* patients = std::get_if<PatientsValues>(&content.values)) {
    render_values(*patients, content.contributions, &cell);
  } else {
    const auto& fields = specs_[static_cast<std::size_t>(key.family)]->fields;
    const auto& sums = std::get<SumValues>(content.values);
    cell.values.reserve(fields.size());
    for (std::size_t i = 0; i < fields.size(); ++i) cell.values.emplace_back(fields[i].name, sums.fields[i]);
  }
  cell.status = shown < span.end ? CellStatus::kOpen : shown < final_at(key, span) ? CellStatus::kClosed : CellStatus::kFinal;
  cell.watermark = shown;
  return cell;
}

void CellTable::render_values(const DepartmentValues& v, bool hospital, Cell* cell) const {
  const auto type = [&](VisitType t) { return v.by_visit_type[static_cast<std::size_t>(t)]; };
  // Values go in one by one: a list in braces would copy each histogram once more.
  const auto put = [&](const char* name, Value value) { cell->values.emplace_back(name, std::move(value)); };
  cell->values.reserve(15);
  put("checkins", v.checkins);
  put("distinct_patients", v.distinct_patients);
  put("by_visit_type", Counts{{"Emergency", type(VisitType::kEmergency)},
                              {"Inpatient", type(VisitType::kInpatient)},
                              {"Outpatient", type(VisitType::kOutpatient)}});
  put("completed", v.completed);
  put("cancelled", v.cancelled);
  put("no_show", v.no_show);
  put("left", v.left);
  put("admissions", v.admissions);
  put("discharges", v.discharges);
  put("treatments", v.treatments);
  put("treatment_cents", v.treatment_cents);
  put("wait_minutes", v.wait_minutes);
  put("stay_minutes", v.stay_minutes);
  if (hospital) {
    cell->values.emplace_back("new_patients", v.new_patients);
    cell->values.emplace_back("returning_patients", v.distinct_patients - v.new_patients);
  }
}

void CellTable::render_values(const PatientsValues& v, std::int64_t patients, Cell* cell) const {
  cell->values = {{"patients", patients}, {"visits", v.visits}, {"returning", v.returning}, {"visits_per_patient", v.visits_per_patient}};
}

namespace {

MinuteHistogram waits_of(const StartCounts& by_whole_start, Duration window, Time shown) {
  MinuteHistogram waits;
  by_whole_start.each([&](std::int64_t start_ms, std::int64_t count) {
    const std::int32_t waited = minutes_waited(start_ms, window, shown);
    if (waits.minutes.empty() || waits.minutes.back().first != waited) waits.minutes.emplace_back(waited, 0);
    waits.minutes.back().second += count;
  });
  std::reverse(waits.minutes.begin(), waits.minutes.end()); // who came first has waited longest
  return waits;
}

} // namespace

void CellTable::render_values(const FunnelValues& v, std::int64_t entered, const FunnelPlan& plan, Time shown, Cell* cell) const {
  Labels steps;
  for (const FunnelStep& step : plan.definition->steps) steps.push_back(step.name);
  const std::int64_t timed_out = v.undecided.total_before(to_ms(later(shown, -plan.definition->window)));
  HistogramList to_step(v.minutes_to_step.begin(), v.minutes_to_step.end());
  to_step.front().reset();
  const auto put = [&](const char* name, Value value) { cell->values.emplace_back(name, std::move(value)); };
  cell->values.reserve(12);
  put("steps", std::move(steps));
  put("entered", entered);
  put("reached", v.reached);
  put("converted", v.converted);
  put("exited", v.exited);
  put("timed_out", timed_out);
  put("open", v.undecided.total() - timed_out);
  put("minutes_to_step", std::move(to_step));
  put("minutes_to_convert", v.minutes_to_convert);
  if (plan.provider_step == 0) return;
  MinuteHistogram unseen = waits_of(v.unseen, plan.definition->window, shown);
  unseen.merge(v.unseen_exited);
  const MinuteHistogram& seen = v.minutes_to_step[plan.provider_step];
  put("provider_minutes", seen);
  const Value estimate = kaplan_meier_median(seen, unseen);
  put("unseen_minutes", std::move(unseen));
  put("estimated_provider_minutes", estimate);
}

} // namespace wardpulse::aggregator
