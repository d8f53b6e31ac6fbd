// Cells as they are published.
#include "aggregator/cell_table.h"

namespace wardpulse::aggregator {
namespace {

constexpr std::string_view kUnknownDepartment = "unknown";

} // namespace

std::string department_name(TextId department, const Texts& texts) {
  if (department == kAllDepartments) return "all";
  return department == 0 ? std::string(kUnknownDepartment) : texts.text(department);
}

Cell CellTable::identity(const Slot& slot) const {
  const CellKey& key = slot.key;
  Cell cell;
  switch (key.family) {
    case Family::kDepartment:
      cell.family = "department";
      cell.dims = {{"department", department_name(key.department, texts_)}};
      break;
    case Family::kHospital: cell.family = "hospital"; break;
    case Family::kFunnel:
      cell.family = "funnel";
      cell.dims = {{"funnel", plan(key.funnel).definition->name}, {"department", department_name(key.department, texts_)}};
      break;
  }
  Window window{key.size, slot.span.start, slot.span.end};
  if (key.size == WindowSize::k1d || key.size == WindowSize::kMonth) {
    window.start_offset = windows_.utc_offset(window.start);
    window.end_offset = windows_.utc_offset(window.end);
  }
  cell.window = window;
  return cell;
}

Cell CellTable::render(const Slot& slot, const ShownWatermarks& shown_by_feed) const {
  const Time shown = shown_by_feed[feed(slot.key)];
  Cell cell = identity(slot);
  if (slot.key.family == Family::kFunnel) {
    render_values(std::get<FunnelValues>(slot.values), plan(slot.key.funnel), shown, &cell);
  } else {
    render_values(std::get<DepartmentValues>(slot.values), slot.key.family == Family::kHospital, &cell);
  }
  cell.status = shown < slot.span.end ? CellStatus::kOpen : shown < final_at(slot) ? CellStatus::kClosed : CellStatus::kFinal;
  cell.watermark = shown;
  return cell;
}

void CellTable::render_values(const DepartmentValues& v, bool hospital, Cell* cell) const {
  const auto type = [&](VisitType t) { return v.by_visit_type[static_cast<std::size_t>(t)]; };
  cell->values = {
      {"checkins", v.checkins},
      {"distinct_patients", v.distinct_patients},
      {"by_visit_type", Counts{{"Emergency", type(VisitType::kEmergency)},
                               {"Inpatient", type(VisitType::kInpatient)},
                               {"Outpatient", type(VisitType::kOutpatient)}}},
      {"completed", v.completed},
      {"cancelled", v.cancelled},
      {"no_show", v.no_show},
      {"left", v.left},
      {"admissions", v.admissions},
      {"discharges", v.discharges},
      {"treatments", v.treatments},
      {"treatment_cents", v.treatment_cents},
      {"wait_minutes", v.wait_minutes},
      {"stay_minutes", v.stay_minutes},
  };
  if (hospital) {
    cell->values.emplace_back("new_patients", v.new_patients);
    cell->values.emplace_back("returning_patients", v.distinct_patients - v.new_patients);
  }
}

void CellTable::render_values(const FunnelValues& v, const FunnelPlan& plan, Time shown, Cell* cell) const {
  Labels steps;
  for (const FunnelStep& step : plan.definition->steps) steps.push_back(step.name);
  std::int64_t timed_out = 0, open = 0;
  for (const auto& [start_ms, count] : v.undecided) {
    (shown > later(from_ms(start_ms), plan.definition->window) ? timed_out : open) += count;
  }
  HistogramList to_step(v.minutes_to_step.begin(), v.minutes_to_step.end());
  to_step.front().reset();
  cell->values = {
      {"steps", std::move(steps)},
      {"entered", v.contributions},
      {"reached", v.reached},
      {"converted", v.converted},
      {"exited", v.exited},
      {"timed_out", timed_out},
      {"open", open},
      {"minutes_to_step", std::move(to_step)},
      {"minutes_to_convert", v.minutes_to_convert},
  };
}

} // namespace wardpulse::aggregator
