#include "web/hospital_metrics.h"

#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include "tests/web/cells.h"

namespace wardpulse::web {
namespace {

using namespace test;

std::string page_of(const CellStore& store) {
  std::vector<prometheus::MetricFamily> families;
  add_hospital_metrics(store, &families);
  return prometheus::TextSerializer().Serialize(families);
}

bool has_line(const std::string& page, const std::string& line) { return ("\n" + page).find("\n" + line + "\n") != std::string::npos; }

TEST(HospitalMetrics, CensusIsTheMergeOverPartitions) {
  CellStore store;
  store.apply(update_of(census_cell(0, "Emergency", 4, 1)));
  store.apply(update_of(census_cell(3, "Emergency", 5, 1)));
  const auto page = page_of(store);
  EXPECT_TRUE(has_line(page, R"(wardpulse_census_patients{department="Emergency",state="waiting"} 9)")) << page;
  EXPECT_TRUE(has_line(page, "wardpulse_departments_left_out 0")) << page;
}

TEST(HospitalMetrics, ShowTheNewestHourAlone) {
  CellStore store;
  for (int hour = 0; hour < 3; ++hour) {
    store.apply(update_of(department_cell(
        {.start = kStart + std::chrono::hours{hour}, .checkins = 10 + hour, .size = WindowSize::k1h})));
  }
  store.apply(update_of(department_cell({.department = "Surgery", .checkins = 7, .size = WindowSize::k1h})));
  const auto page = page_of(store);
  EXPECT_TRUE(has_line(page, R"(wardpulse_hour_events{department="Emergency",event="checkins"} 12)")) << page;
  EXPECT_EQ(page.find("Surgery"), std::string::npos) << "it had nothing in that hour, which is not 0";
}

TEST(HospitalMetrics, AreBoundedInNumber) {
  CellStore store;
  for (int i = 0; i < 50; ++i) store.apply(update_of(census_cell(0, "Ward " + std::to_string(100 + i), 1, 1)));
  const auto page = page_of(store);
  EXPECT_NE(page.find("\"Ward 119\""), std::string::npos);
  EXPECT_EQ(page.find("\"Ward 120\""), std::string::npos);
  EXPECT_TRUE(has_line(page, "wardpulse_departments_left_out 30")) << page;
}

TEST(HospitalMetrics, WithoutCellsThereIsNoZero) {
  const auto page = page_of(CellStore());
  EXPECT_EQ(page.find("census_patients{"), std::string::npos) << page;
  EXPECT_EQ(page.find("hour_events{"), std::string::npos) << page;
}

} // namespace
} // namespace wardpulse::web
