// The families of cells, declared once: names, dimensions, window sizes and fields in the order of the JSON.
#include <algorithm>
#include <array>

#include "proto/cell.h"

namespace wardpulse {
namespace {

using enum Merge;

constexpr WindowSize kAllSizes[] = {WindowSize::k10s, WindowSize::k1m, WindowSize::k1h, WindowSize::k1d,
                                    WindowSize::kMonth};
constexpr WindowSize kHourAndDay[] = {WindowSize::k1h, WindowSize::k1d};
constexpr WindowSize kDay[] = {WindowSize::k1d};
constexpr WindowSize kDayAndMonth[] = {WindowSize::k1d, WindowSize::kMonth};
constexpr WindowSize kMonths[] = {WindowSize::kMonth};

constexpr std::string_view kDepartmentDims[] = {"department"};
constexpr std::string_view kFunnelDims[] = {"funnel", "department"};
constexpr std::string_view kQualityDims[] = {"source", "rule"};
constexpr std::string_view kFinanceDims[] = {"department", "payer", "treatment_code"};
constexpr std::string_view kOrganizationDims[] = {"facility"};
constexpr std::string_view kTaskDims[] = {"partition"};
constexpr std::string_view kPatientIdDims[] = {"patient_id"};
constexpr std::string_view kPatientsDims[] = {"age_group", "gender", "city"};

constexpr std::string_view kVisitTypeKeys[] = {"Emergency", "Inpatient", "Outpatient"};
constexpr std::string_view kCrowdingKeys[] = {"ed_patients", "boarding", "ventilated"};
constexpr std::string_view kTargetKeys[] = {"room_60", "board_240", "stay_480", "four_hour"};

constexpr FieldSpec kDepartmentFields[] = {
    {"checkins", kSum, true, "visits with a check-in"},
    {"distinct_patients", kSum, false, "patients with a check-in"},
    {"by_visit_type", kSumCounts, true, "check-ins by visit_type", kVisitTypeKeys},
    {"completed", kSum, true, "visits completed"},
    {"cancelled", kSum, true, "visits called off"},
    {"no_show", kSum, true, "visits to which nobody came"},
    {"left", kSum, true, "visits left before completion, for whatever reason"},
    {"admissions", kSum, true, "admissions that began"},
    {"discharges", kSum, true, "admissions that ended"},
    {"treatments", kSum, true, "treatments given"},
    {"treatment_cents", kSum, true, "their cost in cents"},
    {"wait_minutes", kHistogram, true, "check-in to the first provider.seen, whole minutes, in the window of provider.seen; negative ones are left out"},
    {"stay_minutes", kHistogram, true, "check-in to visit.completed, whole minutes, in the window of visit.completed; negative ones are left out"},
};

// The hospital is the department's fields and two more.
constexpr std::size_t kDepartmentFieldCount = std::size(kDepartmentFields);
constexpr std::array<FieldSpec, kDepartmentFieldCount + 2> kHospitalFields = [] {
  std::array<FieldSpec, kDepartmentFieldCount + 2> fields{};
  std::copy(std::begin(kDepartmentFields), std::end(kDepartmentFields), fields.begin());
  fields[kDepartmentFieldCount] = {"new_patients", kSum, true, "patients whose first check-in ever lies in the window"};
  fields[kDepartmentFieldCount + 1] = {"returning_patients", kSum, false, "distinct_patients - new_patients"};
  return fields;
}();

constexpr FieldSpec kCensusFields[] = {
    {"waiting", kSum, true, "checked in, not yet roomed, seen or ended"},
    {"in_care", kSum, true, "roomed or seen, not ended"},
    {"boarding", kSum, true, "admit.decision without admission or end"},
    {"admitted", kSum, true, "admission without its discharge"},
    {"stale", kSum, true, "emergency visits without an end for 48 h, in none of the others"},
    {"longest_wait_minutes", kMax, true, "largest check-in to watermark of those waiting; null when nobody waits"},
    {"breaching_next_30m", kSumCounts, true, "emergency visits that will cross a target within 30 minutes if nothing happens; not those past it",
     kTargetKeys},
};

constexpr FieldSpec kFunnelFields[] = {
    {"steps", kLabels, true, "names of the steps"},
    {"entered", kSum, true, "attempts that started in the window: entered = converted + exited + timed_out + open"},
    {"reached", kSumList, true, "attempts that reached each step, in order; never grows"},
    {"converted", kSum, true, "attempts that reached all steps within the funnel's window from their start"},
    {"exited", kSumCounts, true, "attempts that ended, by door"},
    {"timed_out", kSum, true, "attempts not through when the watermark passed start + the funnel's window"},
    {"open", kSum, true, "attempts still under way, never counted as dropped"},
    {"minutes_to_step", kHistogramList, true, "start to each step; null for the first"},
    {"minutes_to_convert", kHistogram, true, "start to the last step"},
    {"provider_minutes", kHistogram, true, "start to the provider; only in funnels with such a step, like the next two"},
    {"unseen_minutes", kHistogram, true, "how long those waited, or wait so far, who have not reached the provider"},
    {"estimated_provider_minutes", kEstimate, true, "estimate, observed so far: Kaplan-Meier median of the minutes to the provider; null while too few are seen"},
};

constexpr FieldSpec kQualityFields[] = {
    {"evaluated", kSum, true, "records (or visits, or durations) the rule was asked about: the rate's denominator"},
    {"failed", kSum, true, "those that broke it; all broken rules of a record count"},
};

constexpr FieldSpec kFinanceFields[] = {
    {"billed_cents", kSum, true, "totals of bills"},
    {"insurance_cents", kSum, true, "insurance's share of them"},
    {"patient_cents", kSum, true, "patients' share of them"},
    {"paid_cents", kSum, true, "payments"},
    {"paid_bills", kSum, true, "bills with status Paid or payments up to their total"},
    {"pending_bills", kSum, true, "bills that are not"},
    {"claims", kSum, true, "claims made"},
    {"claimed_cents", kSum, true, "their amounts"},
    {"covered_cents", kSum, true, "what payers cover of them"},
};

constexpr FieldSpec kOrganizationFields[] = {
    {"encounters", kSum, true, "visits"},
    {"claims", kSum, true, "claims made"},
    {"claimed_cents", kSum, true, "their amounts"},
    {"covered_cents", kSum, true, "what payers cover of them"},
};

constexpr FieldSpec kTaskFields[] = {
    {"next_offsets", kPartition, true, "by topic: where reading goes on"},
    {"watermark_ms", kPartition, true,
     "shown watermark over all topics, milliseconds since 1970 in UTC; null: none yet"},
    {"log_watermark_ms", kPartition, true, "the same without the idle rule"},
    {"consumed", kSum, true, "records since the log's start: the sum of the next four"},
    {"applied", kSum, true, "counted"},
    {"duplicate", kSum, true, "seen before"},
    {"rejected", kSum, true, "refused"},
    {"held", kSum, true, "waiting for their visit"},
};

constexpr FieldSpec kAccessFields[] = {
    {"visits", kSum, true, "emergency visits that ended in the window: the denominator of all others"},
    {"room_over_60", kSum, true, "check-in to roomed 61 whole minutes or more"},
    {"lwbs", kSum, true, "left without being seen: visit.left with reason lwbs as the end"},
    {"boarding_over_240", kSum, true, "admit.decision to admission, or to the end, 241 whole minutes or more; not under observation"},
    {"stay_over_480", kSum, true, "check-in to the end 481 whole minutes or more; not under observation"},
    {"any", kSum, true, "at least one of these four; a visit counts once (CMS1244)"},
    {"excluded", kSum, true, "under observation: left out of the last two"},
    {"stay_over_240", kSum, true, "check-in to the end 241 whole minutes or more: the four-hour standard was missed"},
};

constexpr FieldSpec kCrowdingFields[] = {
    {"inputs", kCrowdingInputs, false, "what the score is made of", kCrowdingKeys},
    {"score", kCrowdingScore, false, "NEDOCS: -20 + 85.8 ed_patients / ed_beds + 600 boarding / hospital_beds + 13.4 ventilated + 0.93 longest admit wait in hours "
     "+ 5.64 wait of the last roomed in hours; rounded, 0 to 200; null without beds"},
    {"band", kCrowdingBand, false, "the score in words"},
};

constexpr FieldSpec kDailyFields[] = {
    {"total_visits", kSum, true, "visits known, whatever became of them, at their check-in, or else cancellation or no-show"},
    {"completed_visits", kSum, true, "visits completed"},
    {"total_admissions", kSum, true, "admissions that began"},
    {"los_n", kSum, true, "discharges with a length of stay"},
    {"los_ms", kSum, true, "their lengths of stay in milliseconds"},
    {"total_revenue_cents", kSum, true, "totals of bills"},
    {"insurance_cents", kSum, true, "insurance's share of them"},
    {"patient_cents", kSum, true, "patients' share of them"},
    {"paid_bills", kSum, true, "bills with status Paid or payments up to their total"},
    {"pending_bills", kSum, true, "bills that are not"},
    {"new_patients", kSum, true, "patients whose first check-in ever lies in the window"},
};

constexpr FieldSpec kDepartmentDayFields[] = {
    {"total_visits", kSum, true, "visits known, whatever became of them, at their check-in, or else cancellation or no-show"},
    {"outpatient_visits", kSum, true, "those of type Outpatient"},
    {"emergency_visits", kSum, true, "those of type Emergency"},
    {"inpatient_visits", kSum, true, "those of type Inpatient"},
    {"duration_n", kSum, true, "completed visits with a duration"},
    {"duration_ms", kSum, true, "their durations in milliseconds"},
    {"admissions", kSum, true, "admissions that began"},
    {"los_n", kSum, true, "discharges with a length of stay"},
    {"los_ms", kSum, true, "their lengths of stay in milliseconds"},
    {"total_revenue_cents", kSum, true, "totals of bills"},
};

constexpr FieldSpec kPatientRowFields[] = {
    {"gender", kText, false, "of the newest registration"},
    {"city", kText, false, "of the newest registration"},
    {"age_years", kSum, false, "at the latest check-in"},
    {"total_visits", kSum, false, "visits known, whatever became of them, at their check-in, or else cancellation or no-show"},
    {"checkins", kSum, false, "visits with a check-in"},
    {"first_visit", kText, false, "local date"},
    {"last_visit", kText, false, "local date"},
    {"billed_cents", kSum, false, "totals of bills"},
    {"paid_cents", kSum, false, "payments"},
    {"is_returning", kSum, false, "1: more than one check-in"},
};

constexpr FieldSpec kPatientsFields[] = {
    {"patients", kSum, true, "patients"},
    {"visits", kSum, true, "their visits with a check-in"},
    {"returning", kSum, true, "patients with more than one"},
    {"visits_per_patient", kHistogram, true, "distribution of visits, not of minutes"},
};

constexpr FamilySpec kFamilies[] = {
    {"department", "what happened in a department, by event time", kDepartmentDims, kAllSizes, kDepartmentFields},
    {"hospital", "the same over all departments", {}, kAllSizes, kHospitalFields},
    {"census", "who is there, as of the watermark", kDepartmentDims, {}, kCensusFields},
    {"funnel", "how far attempts got, by the window of their start", kFunnelDims, kHourAndDay, kFunnelFields},
    {"quality", "records judged by a rule, by their event time", kQualityDims, kHourAndDay, kQualityFields},
    {"finance", "money, by its own local day", kFinanceDims, kDayAndMonth, kFinanceFields},
    {"organization", "work and claims of a facility", kOrganizationDims, kMonths, kOrganizationFields},
    {"task", "where a partition number stands", kTaskDims, {}, kTaskFields},
    {"access", "emergency visits that had to wait too long, by the window of their end", kDepartmentDims, kHourAndDay, kAccessFields},
    {"crowding", "how full the hospital is, as of the watermark", {}, {}, kCrowdingFields},
    {"patients", "who the patients are", kPatientsDims, {}, kPatientsFields},
    {"daily_kpis", "what the mart of days is made of", {}, kDay, kDailyFields},
    {"department_stats", "what the mart of departments is made of", kDepartmentDims, kDay, kDepartmentDayFields},
    {"patient_stats", "one patient; in topic marts.patient-stats alone", kPatientIdDims, {}, kPatientRowFields},
};

constexpr std::array<std::string_view, kWindowSizeCount> kSizeNames = {"10s", "1m", "1h", "1d", "month"};
constexpr std::array<std::string_view, 3> kStatusNames = {"open", "closed", "final"};

} // namespace

std::span<const FamilySpec> families() { return kFamilies; }

const FamilySpec* find_family(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kFamilies), std::end(kFamilies), [&](const FamilySpec& f) { return f.name == name; });
  return found == std::end(kFamilies) ? nullptr : found;
}

std::string_view window_size_name(WindowSize size) { return kSizeNames[static_cast<std::size_t>(size)]; }

std::optional<WindowSize> window_size_from_name(std::string_view name) {
  const auto found = std::find(kSizeNames.begin(), kSizeNames.end(), name);
  if (found == kSizeNames.end()) return std::nullopt;
  return static_cast<WindowSize>(found - kSizeNames.begin());
}

std::string_view cell_status_name(CellStatus status) { return kStatusNames[static_cast<std::size_t>(status)]; }

} // namespace wardpulse
