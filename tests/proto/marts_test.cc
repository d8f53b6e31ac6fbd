#include "proto/marts.h"

#include <gtest/gtest.h>

namespace wardpulse {
namespace {

Cell daily() {
  Cell cell;
  cell.family = "daily_kpis";
  const Time start = *parse_rfc3339("2026-11-21T00:00:00+01:00");
  cell.window = Window{WindowSize::k1d, start, start + std::chrono::hours{24}, std::chrono::hours{1}, std::chrono::hours{1}};
  const std::pair<const char*, std::int64_t> values[] = {
      {"total_visits", 9}, {"completed_visits", 7}, {"total_admissions", 2}, {"los_n", 2}, {"los_ms", (24 + 60) * 3'600'000LL},
      {"total_revenue_cents", 123405}, {"insurance_cents", -5}, {"patient_cents", 0}, {"paid_bills", 2}, {"pending_bills", 1}, {"new_patients", 3}};
  for (const auto& [name, value] : values) cell.values.emplace_back(name, value);
  return cell;
}

TEST(Marts, ADayIsTheLocalOne) {
  const MartSpec& mart = *find_mart("daily-kpis");
  EXPECT_EQ(mart_json(mart, mart_row(mart, daily())),
            R"({"date":"2026-11-21","total_visits":9,"completed_visits":7,"total_admissions":2,"avg_length_of_stay_days":1.75,)"
            R"("total_revenue":"1234.05","insurance_revenue":"-0.05","patient_revenue":"0.00","paid_bills":2,"pending_bills":1,)"
            R"("payment_rate_pct":66.67,"new_patients":3})");
  EXPECT_EQ(mart_key(daily()), "2026-11-21");
}

TEST(Marts, NothingToDivideByIsNull) {
  Cell cell = daily();
  for (auto& [name, value] : cell.values) value = std::int64_t{0};
  const MartSpec& mart = *find_mart("daily-kpis");
  EXPECT_EQ(mart_row(mart, cell)[4].kind, MartValue::Kind::kNull);
  EXPECT_EQ(mart_row(mart, cell)[10].kind, MartValue::Kind::kNull);
}

TEST(Marts, AveragesRoundHalfUp) {
  EXPECT_EQ(mart_average(1, 8, 1).text, "0.13"); // 0.125
  EXPECT_EQ(mart_average(124, 1000, 1).text, "0.12");
  EXPECT_EQ(mart_average(3'600'000 * 3, 2, 3'600'000).text, "1.50");
}

TEST(Marts, APatientIsOneRow) {
  Cell cell;
  cell.family = "patient_stats";
  cell.dims = {{"patient_id", "007"}};
  cell.values = {{"gender", std::string("F")}, {"city", std::string("Visby")}, {"age_years", Value{}}, {"total_visits", std::int64_t{2}},
                 {"checkins", std::int64_t{2}}, {"first_visit", std::string("1931-01-01")}, {"last_visit", Value{}},
                 {"billed_cents", std::int64_t{10}}, {"paid_cents", std::int64_t{0}}, {"is_returning", std::int64_t{1}}};
  const MartSpec& mart = *find_mart_of_family("patient_stats");
  EXPECT_EQ(mart_json(mart, mart_row(mart, cell)),
            R"({"patient_id":"007","gender":"F","city":"Visby","age_years":null,"total_visits":2,"first_visit_date":"1931-01-01",)"
            R"("last_visit_date":null,"total_billed":"0.10","total_paid":"0.00","is_returning":true})");
  EXPECT_EQ(mart_key(cell), "007");
}

} // namespace
} // namespace wardpulse
