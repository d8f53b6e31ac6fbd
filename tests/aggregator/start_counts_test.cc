#include "aggregator/start_counts.h"

#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "aggregator/cell_values.h"
#include "aggregator/visit.h"

namespace wardpulse::aggregator {
namespace {

constexpr std::uint64_t kSeed = 20261122;
constexpr std::int64_t kDayMs = 86'400'000;

TEST(StartCounts, AgreesWithACountPerMoment) {
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 200; ++round) {
    StartCounts counts;
    std::map<std::int64_t, std::int64_t> naive;
    const std::int64_t base = static_cast<std::int64_t>(random() % (40 * kDayMs)) - 20 * kDayMs, moments = 1 + static_cast<std::int64_t>(random() % 100);
    for (int step = 0; step < 300; ++step) {
      std::int64_t start = base + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(moments)) * (kDayMs / moments);
      std::int64_t count = 1 + static_cast<std::int64_t>(random() % 30);
      if (random() % 2 == 0 && !naive.empty()) { // some or all of one that is there
        const auto known = std::next(naive.begin(), static_cast<std::ptrdiff_t>(random() % naive.size()));
        start = known->first;
        count = -std::min(known->second, count);
      }
      counts.add(start, count);
      if ((naive[start] += count) == 0) naive.erase(start);

      std::map<std::int64_t, std::int64_t> told;
      counts.each([&](std::int64_t at, std::int64_t n) { EXPECT_TRUE(told.emplace(at, n).second); });
      ASSERT_EQ(told, naive);
      ASSERT_EQ(counts.size(), naive.size());
      ASSERT_EQ(counts.empty(), naive.empty());
      const std::int64_t from = base + static_cast<std::int64_t>(random() % kDayMs);
      const auto first = naive.lower_bound(from);
      ASSERT_EQ(counts.first_from(from), first == naive.end() ? std::nullopt : std::optional(first->first));
      std::int64_t before = 0, all = 0;
      for (const auto& [at, n] : naive) {
        all += n;
        if (at < from) before += n;
      }
      ASSERT_EQ(counts.total_before(from), before);
      ASSERT_EQ(counts.total(), all);
      if (!naive.empty()) {
        ASSERT_EQ(counts.last(), naive.rbegin()->first);
      }
    }
  }
}

TEST(StartCounts, TakesADayAndNoMoreThanItCanHold) {
  StartCounts counts;
  counts.add(5 * kDayMs, 1);
  EXPECT_TRUE(counts.may_add(6 * kDayMs, 1));
  EXPECT_TRUE(counts.may_add(4 * kDayMs, INT32_MAX));
  EXPECT_FALSE(counts.may_add(7 * kDayMs, 1));
  EXPECT_FALSE(counts.may_add(3 * kDayMs, 1));
}

TEST(MinutesWaited, AreThoseOfTheStartItself) {
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 100'000; ++round) {
    const std::int64_t start_ms = static_cast<std::int64_t>(random() % 1'000'000) - 500'000;
    const Duration window{1 + static_cast<std::int64_t>(random() % 400'000)};
    const Time start = from_ms(start_ms), shown = start + Duration{static_cast<std::int64_t>(random() % 700'000) - 100'000};
    const Time until = std::min<Time>(std::chrono::floor<std::chrono::minutes>(shown), start + window);
    const std::int64_t naive = until > start ? whole_minutes(start, until) : 0;
    ASSERT_EQ(minutes_waited(whole_start(start_ms), window, shown), naive)
        << "start " << start_ms << " window " << window.count() << " shown " << to_ms(shown);
  }
  EXPECT_EQ(minutes_waited(0, std::chrono::hours{1}, kNever), 0);
}

} // namespace
} // namespace wardpulse::aggregator
