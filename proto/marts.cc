#include "proto/marts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "base/json_writer.h"
#include "base/wide.h"

namespace wardpulse {
namespace {

using Kind = MartValue::Kind;

constexpr std::string_view kDailyColumns[] = {
    "date", "total_visits", "completed_visits", "total_admissions", "avg_length_of_stay_days", "total_revenue", "insurance_revenue",
    "patient_revenue", "paid_bills", "pending_bills", "payment_rate_pct", "new_patients"};
constexpr std::string_view kDepartmentColumns[] = {
    "date", "department", "total_visits", "outpatient_visits", "emergency_visits", "inpatient_visits", "avg_visit_duration_hrs",
    "admissions", "avg_los_days", "total_revenue"};
constexpr std::string_view kPatientColumns[] = {"patient_id", "gender", "city", "age_years", "total_visits", "first_visit_date",
                                                "last_visit_date", "total_billed", "total_paid", "is_returning"};
constexpr MartSpec kMarts[] = {{"daily-kpis", "daily_kpis", kDailyColumns},
                               {"department-stats", "department_stats", kDepartmentColumns},
                               {"patient-stats", "patient_stats", kPatientColumns}};

constexpr std::int64_t kHourMs = 3'600'000, kDayMs = 24 * kHourMs;

class Reader {
 public:
  explicit Reader(const Cell& cell) : cell_(cell) {}

  const Value& value(std::string_view name) const {
    const auto found = std::find_if(cell_.values.begin(), cell_.values.end(), [&](const auto& v) { return v.first == name; });
    WP_CHECK(found != cell_.values.end());
    return found->second;
  }
  std::int64_t integer(std::string_view name) const {
    const auto* number = std::get_if<std::int64_t>(&value(name));
    return number == nullptr ? 0 : *number;
  }
  MartValue number(std::string_view name) const {
    return std::holds_alternative<std::monostate>(value(name)) ? MartValue{} : MartValue{Kind::kNumber, std::to_string(integer(name))};
  }
  MartValue text(std::string_view name) const {
    const auto* text = std::get_if<std::string>(&value(name));
    return text == nullptr ? MartValue{} : MartValue{Kind::kText, *text};
  }
  MartValue dim(std::string_view name) const {
    const auto found = std::find_if(cell_.dims.begin(), cell_.dims.end(), [&](const auto& d) { return d.first == name; });
    return found == cell_.dims.end() ? MartValue{} : MartValue{Kind::kText, found->second};
  }
  MartValue money(std::string_view name) const { return mart_money(integer(name)); }
  MartValue date() const {
    const auto local = cell_.window->start + std::chrono::duration_cast<Duration>(cell_.window->start_offset);
    return {Kind::kText, format_date(std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(local)})};
  }

 private:
  const Cell& cell_;
};

std::vector<MartValue> daily_row(const Reader& v) {
  const std::int64_t paid = v.integer("paid_bills"), pending = v.integer("pending_bills");
  return {v.date(), v.number("total_visits"), v.number("completed_visits"), v.number("total_admissions"),
          mart_average(v.integer("los_ms"), v.integer("los_n"), kDayMs), v.money("total_revenue_cents"), v.money("insurance_cents"),
          v.money("patient_cents"), v.number("paid_bills"), v.number("pending_bills"), mart_average(100 * paid, paid + pending, 1),
          v.number("new_patients")};
}

std::vector<MartValue> department_row(const Reader& v) {
  return {v.date(), v.dim("department"), v.number("total_visits"), v.number("outpatient_visits"), v.number("emergency_visits"),
          v.number("inpatient_visits"), mart_average(v.integer("duration_ms"), v.integer("duration_n"), kHourMs), v.number("admissions"),
          mart_average(v.integer("los_ms"), v.integer("los_n"), kDayMs), v.money("total_revenue_cents")};
}

std::vector<MartValue> patient_row(const Reader& v) {
  return {v.dim("patient_id"), v.text("gender"), v.text("city"), v.number("age_years"), v.number("total_visits"), v.text("first_visit"),
          v.text("last_visit"), v.money("billed_cents"), v.money("paid_cents"), {Kind::kFlag, v.integer("is_returning") != 0 ? "true" : "false"}};
}

} // namespace

std::span<const MartSpec> marts() { return kMarts; }

const MartSpec* find_mart(std::string_view name) {
  const auto found = std::find_if(std::begin(kMarts), std::end(kMarts), [&](const MartSpec& mart) { return mart.name == name; });
  return found == std::end(kMarts) ? nullptr : found;
}

const MartSpec* find_mart_of_family(std::string_view name) {
  const auto found = std::find_if(std::begin(kMarts), std::end(kMarts), [&](const MartSpec& mart) { return mart.family == name; });
  return found == std::end(kMarts) ? nullptr : found;
}

MartValue mart_average(std::int64_t number, std::int64_t count, std::int64_t unit) {
  if (count == 0) return {};
  WP_CHECK(number >= 0 && count > 0 && unit > 0);
  const Wide by = Wide{count} * unit;
  const auto hundredths = static_cast<std::int64_t>((200 * Wide{number} + by) / (2 * by));
  return {Kind::kNumber, fmt::format("{}.{:02}", hundredths / 100, hundredths % 100)};
}

MartValue mart_money(std::int64_t cents) {
  const std::uint64_t size = cents < 0 ? ~static_cast<std::uint64_t>(cents) + 1 : static_cast<std::uint64_t>(cents);
  return {Kind::kText, fmt::format("{}{}.{:02}", cents < 0 ? "-" : "", size / 100, size % 100)};
}

std::vector<MartValue> mart_row(const MartSpec& mart, const Cell& cell) {
  WP_CHECK(cell.family == mart.family);
  const Reader values(cell);
  auto row = &mart == &kMarts[0] ? daily_row(values) : &mart == &kMarts[1] ? department_row(values) : patient_row(values);
  WP_CHECK(row.size() == mart.columns.size());
  return row;
}

std::string mart_json(const MartSpec& mart, const std::vector<MartValue>& row) {
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  for (std::size_t i = 0; i < row.size(); ++i) {
    out.key(mart.columns[i]);
    switch (row[i].kind) {
      case Kind::kNull: out.null(); break;
      case Kind::kText: out.text(row[i].text); break;
      case Kind::kNumber: case Kind::kFlag: out.raw(row[i].text); break;
    }
  }
  out.end_object();
  return json;
}

std::string mart_key(const Cell& cell) {
  const Reader values(cell);
  if (!cell.window) return values.dim("patient_id").text;
  const std::string date = values.date().text, department = values.dim("department").text;
  return department.empty() ? date : date + "|" + department;
}

} // namespace wardpulse
