#include "producer/agenda.h"

#include <gtest/gtest.h>

#include <queue>

#include "producer/random.h"

namespace wardpulse::producer {
namespace {

struct Entry {
  Time at;
  std::uint64_t order;
  bool operator>(const Entry& other) const { return at != other.at ? at > other.at : order > other.order; }
};

// Beside one heap, on plans near and far, before 1970 and after.
TEST(Agenda, GivesTheOrderOfOneHeap) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Agenda<Entry> agenda;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap;
    Time now = from_ms(-10'000'000);
    std::uint64_t order = 0;
    for (int i = 0; i < 5'000; ++i) {
      const int plans = heap.empty() ? 3 : static_cast<int>(random.below(3));
      for (int j = 0; j < plans; ++j) {
        const Entry entry{now + Duration{random.between(0, random.percent(70) ? 1'000 : 20'000'000)}, order++};
        agenda.push(entry);
        heap.push(entry);
      }
      if (heap.empty()) continue;
      const Entry got = agenda.pop();
      ASSERT_EQ(got.order, heap.top().order);
      heap.pop();
      now = got.at;
    }
  }
}

} // namespace
} // namespace wardpulse::producer
