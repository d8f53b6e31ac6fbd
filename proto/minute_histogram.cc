#include <algorithm>

#include "base/check.h"
#include "proto/cell.h"

namespace wardpulse {

void MinuteHistogram::add(std::int32_t minute, std::int64_t count) {
  if (count == 0) return;
  const auto at = std::lower_bound(minutes.begin(), minutes.end(), minute,
                                   [](const auto& entry, std::int32_t m) { return entry.first < m; });
  if (at == minutes.end() || at->first != minute) {
    WP_CHECK(count > 0);
    minutes.insert(at, {minute, count});
    return;
  }
  at->second += count;
  WP_CHECK(at->second >= 0);
  if (at->second == 0) minutes.erase(at);
}

void MinuteHistogram::merge(const MinuteHistogram& other) {
  if (other.minutes.empty()) return;
  std::vector<std::pair<std::int32_t, std::int64_t>> merged;
  merged.reserve(minutes.size() + other.minutes.size());
  auto a = minutes.begin();
  auto b = other.minutes.begin();
  while (a != minutes.end() && b != other.minutes.end()) {
    if (a->first < b->first) {
      merged.push_back(*a++);
    } else if (b->first < a->first) {
      merged.push_back(*b++);
    } else {
      merged.emplace_back(a->first, a->second + b->second);
      ++a, ++b;
    }
  }
  merged.insert(merged.end(), a, minutes.end());
  merged.insert(merged.end(), b, other.minutes.end());
  minutes = std::move(merged);
}

std::int64_t MinuteHistogram::n() const {
  std::int64_t n = 0;
  for (const auto& [minute, count] : minutes) n += count;
  return n;
}

std::int64_t MinuteHistogram::sum() const {
  std::int64_t sum = 0;
  for (const auto& [minute, count] : minutes) sum += minute * count;
  return sum;
}

std::int64_t MinuteHistogram::max() const {
  WP_CHECK(!minutes.empty());
  return minutes.back().first;
}

std::int64_t MinuteHistogram::percentile(int percent) const {
  WP_CHECK(!minutes.empty());
  const std::int64_t wanted = percent * n();
  std::int64_t below = 0;
  for (const auto& [minute, count] : minutes) {
    below += count;
    if (below * 100 >= wanted) return minute;
  }
  return minutes.back().first;
}

} // namespace wardpulse
