#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tests/proto/sample_cells.h"

namespace wardpulse {
namespace {

std::vector<std::int32_t> expanded(const MinuteHistogram& histogram) {
  std::vector<std::int32_t> values;
  for (const auto& [minute, count] : histogram.minutes)
    values.insert(values.end(), static_cast<std::size_t>(count), minute);
  return values;
}

TEST(MinuteHistogram, AgreesWithASortedList) {
  test::Random random{1};
  for (int round = 0; round < 200; ++round) {
    MinuteHistogram histogram;
    std::vector<std::int32_t> values;
    for (auto n = 1 + random() % 60; n > 0; --n) {
      const auto minute = static_cast<std::int32_t>(random() % 40);
      if (!values.empty() && random() % 4 == 0) {
        const std::size_t gone = random() % values.size();
        histogram.add(values[gone], -1);
        values.erase(values.begin() + static_cast<std::ptrdiff_t>(gone));
      }
      histogram.add(minute, 1);
      values.push_back(minute);
    }
    std::sort(values.begin(), values.end());
    ASSERT_EQ(expanded(histogram), values);
    EXPECT_EQ(histogram.n(), static_cast<std::int64_t>(values.size()));
    EXPECT_EQ(histogram.sum(), std::accumulate(values.begin(), values.end(), std::int64_t{0}));
    EXPECT_EQ(histogram.max(), values.back());
    for (const int percent : {1, 25, 50, 90, 95, 99, 100}) {
      const std::size_t rank = (static_cast<std::size_t>(percent) * values.size() + 99) / 100; // nearest rank, from 1
      EXPECT_EQ(histogram.percentile(percent), values[rank - 1]) << percent << " of " << values.size();
    }
  }
}

TEST(MinuteHistogram, AnEntryThatReachesZeroDisappears) {
  MinuteHistogram histogram;
  histogram.add(5, 2);
  histogram.add(5, -2);
  histogram.add(7, 0);
  EXPECT_EQ(histogram, MinuteHistogram{});
}

TEST(MinuteHistogram, MergeAddsCounts) {
  test::Random random{2};
  for (int round = 0; round < 100; ++round) {
    const MinuteHistogram a = test::random_histogram(random), b = test::random_histogram(random),
                          c = test::random_histogram(random);
    auto merged = [](MinuteHistogram x, const MinuteHistogram& y) { return x.merge(y), x; };
    EXPECT_EQ(merged(a, b), merged(b, a));
    EXPECT_EQ(merged(merged(a, b), c), merged(a, merged(b, c)));
    EXPECT_EQ(merged(a, {}), a);
    MinuteHistogram by_adding = a;
    for (const auto& [minute, count] : b.minutes) by_adding.add(minute, count);
    EXPECT_EQ(merged(a, b), by_adding);
  }
}

} // namespace
} // namespace wardpulse
