#include "aggregator/patient_summary.h"

#include <algorithm>

#include "proto/rules.h"

namespace wardpulse::aggregator {
namespace {

constexpr SizeMask kDay = size_bit(WindowSize::k1d);

void add(const Departed& more, Departed* sum) {
  sum->visits += more.visits;
  sum->checkins += more.checkins;
  sum->billed_cents += more.billed_cents;
  sum->paid_cents += more.paid_cents;
  sum->first_entry = std::min(sum->first_entry, more.first_entry);
  sum->last_entry = std::max(sum->last_entry, more.last_entry);
  sum->last_checkin = std::max(sum->last_checkin, more.last_checkin);
}

void add_money(Records records, const VisitView& view, Departed* sum) {
  std::vector<std::string_view> bills; // seen: the earliest record of an id is its bill
  for (const Occurrence& o : records) {
    if ((o.admitted & kDay) == 0 || o.time > view.last_time) continue;
    if (o.type == static_cast<TypeCode>(EventType::kPayment)) sum->paid_cents += o.amount;
    if (o.type != static_cast<TypeCode>(EventType::kBill) || std::find(bills.begin(), bills.end(), o.item_id) != bills.end()) continue;
    bills.push_back(o.item_id);
    sum->billed_cents += o.amount;
  }
}

} // namespace

void add_visit(Records records, bool money, Departed* sum) {
  const VisitView view = view_of(records, kDay);
  if (!view.known) return;
  ++sum->visits;
  sum->first_entry = std::min(sum->first_entry, view.entry().time);
  sum->last_entry = std::max(sum->last_entry, view.entry().time);
  if (view.checkin.present()) {
    ++sum->checkins;
    sum->last_checkin = std::max(sum->last_checkin, view.checkin.time);
  }
  if (money) add_money(records, view, sum);
}

PatientSummary summary_of(const Patient& patient, const Windows& windows, bool money, const Visit* changing, Records records) {
  PatientSummary summary;
  if (patient.departed) add(*patient.departed, &summary.sum);
  for (const auto& visit : patient.visits) {
    if (visit.get() == changing) add_visit(records, money, &summary.sum);
    else if (money) add_visit(Unpacked(visit->records), money, &summary.sum);
    else add_visit(SideRecords(visit->records), money, &summary.sum);
  }
  for (const Occurrence& o : patient.registrations) { // sorted: the newest comes last
    if ((o.admitted & kDay) == 0) continue;
    summary.registered = true;
    summary.city = o.detail == 0 ? kUnknownText : o.detail;
    summary.gender = o.flag;
    summary.age_years.reset();
    if (summary.sum.last_checkin == kNever) continue;
    const std::chrono::sys_days birth{std::chrono::days{o.amount}};
    const std::int64_t age = age_years(birth, windows.date(summary.sum.last_checkin));
    if (age >= 0) summary.age_years = age;
  }
  return summary;
}

PatientGroup group_of(const PatientSummary& summary) {
  return {summary.sum.checkins, summary.city, age_group(summary.age_years) * kGenders + summary.gender};
}

Cell row_of(const Patient& patient, const PatientSummary& summary, const Windows& windows, const Texts& texts) {
  const auto date = [&](Time time, Time none) { return time == none ? Value{} : Value{format_date(windows.date(time))}; };
  Cell row;
  row.family = "patient_stats";
  row.dims = {{"patient_id", patient.id}};
  row.values = {
      {"gender", std::string(gender_name(summary.gender))},
      {"city", texts.text(summary.city)},
      {"age_years", summary.age_years ? Value{*summary.age_years} : Value{}},
      {"total_visits", summary.sum.visits},
      {"checkins", summary.sum.checkins},
      {"first_visit", date(summary.sum.first_entry, kForever)},
      {"last_visit", date(summary.sum.last_entry, kNever)},
      {"billed_cents", summary.sum.billed_cents},
      {"paid_cents", summary.sum.paid_cents},
      {"is_returning", std::int64_t{summary.sum.checkins > 1}},
  };
  return row;
}

} // namespace wardpulse::aggregator
