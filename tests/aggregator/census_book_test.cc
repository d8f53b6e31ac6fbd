// What the census is kept in, beside a naive model. That it is exact is a property of the fold: see fold_property_test.cc.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <set>

#include "aggregator/due_visits.h"
#include "aggregator/time_bag.h"

namespace wardpulse::aggregator {
namespace {

TEST(DueVisits, GivesEachVisitOnceAtTheMomentThatWasSetLast) {
  std::mt19937_64 random(20261121);
  std::deque<Visit> visits(60);
  std::map<Visit*, Time> wanted;
  DueVisits due;
  for (int step = 0; step < 20'000; ++step) {
    Visit& visit = visits[random() % visits.size()];
    const Time at = random() % 5 == 0 ? kForever : from_ms(static_cast<std::int64_t>(random() % 100));
    due.set(visit, at);
    if (at == kForever) wanted.erase(&visit);
    else wanted[&visit] = at;
    const Time now = from_ms(static_cast<std::int64_t>(random() % 20));
    while (Visit* taken = due.take(now)) {
      ASSERT_EQ(wanted.count(taken), 1U);
      ASSERT_LE(wanted[taken], now);
      for (const auto& [other, time] : wanted) ASSERT_LE(wanted[taken], time);
      wanted.erase(taken);
    }
    for (const auto& [other, time] : wanted) ASSERT_GT(time, now);
  }
}

TEST(TimeBag, KnowsTheEarliest) {
  std::mt19937_64 random(20261121);
  std::multiset<Time> wanted;
  TimeBag times;
  for (int step = 0; step < 20'000; ++step) {
    const Time time = from_ms(static_cast<std::int64_t>(random() % 300'000'000) / 1000 * 1000 - 150'000'000); // both sides of 1970
    if (wanted.size() > 200 || (!wanted.empty() && random() % 2 == 0)) {
      const auto gone = random() % 2 == 0 ? wanted.begin() : std::prev(wanted.end());
      times.remove(*gone);
      wanted.erase(gone);
    } else {
      for (std::uint64_t n = random() % 3; n > 0; --n) {
        times.add(time);
        wanted.insert(time);
      }
    }
    ASSERT_EQ(times.empty(), wanted.empty());
    if (wanted.empty()) continue;
    ASSERT_EQ(times.earliest(), *wanted.begin());
  }
}

} // namespace
} // namespace wardpulse::aggregator
