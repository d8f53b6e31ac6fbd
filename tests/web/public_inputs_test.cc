#include "web/public_inputs.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/web/cells.h"

namespace wardpulse::web {
namespace {

using namespace test;
using std::chrono::days, std::chrono::hours;

// Days of the consumer's zone, an hour before those of UTC; the third has no cell.
class PublicInputsTest : public testing::TestWithParam<const char*> {
 protected:
  static constexpr Time kMidnight = from_ms(1'793'574'000'000); // 2026-11-01T23:00:00Z, in Stockholm the 2nd
  CellStore store;

  PublicInputsTest() {
    for (int day = 0; day < 7; ++day) {
      if (day == 2) continue;
      auto cell = department_cell({.start = kMidnight + days{day}, .status = CellStatus::kClosed, .size = WindowSize::k1d});
      cell.window->start_offset = cell.window->end_offset = hours{1};
      cell.values.emplace_back("distinct_patients", std::int64_t{40 + day});
      store.apply(update_of(cell));
    }
    store.apply(update_of(task_cell(0, kMidnight + days{7} + hours{3}, 1)));
  }
};

TEST_P(PublicInputsTest, AGapIsFilledAndAllDaysBehindItAreThere) {
  std::map<Time, std::pair<Time, std::int64_t>> found;
  for (const auto& input : public_inputs(store, *TimeZone::load(GetParam()))) {
    if (input.window.size == WindowSize::k1d) found[input.window.start] = {input.window.end, input.patients};
  }
  for (int day = 0; day < 7; ++day) {
    if (day == 2) continue;
    ASSERT_TRUE(found.contains(kMidnight + days{day})) << day;
    EXPECT_EQ(found[kMidnight + days{day}].second, 40 + day);
  }
  Time reached = kMidnight;
  for (const auto& [start, window] : found) {
    EXPECT_EQ(start, reached) << "days follow each other";
    reached = window.first;
  }
  EXPECT_EQ(reached, kMidnight + days{7});
}

INSTANTIATE_TEST_SUITE_P(Zones, PublicInputsTest, testing::Values("Europe/Stockholm", "UTC", "America/New_York"));

} // namespace
} // namespace wardpulse::web
