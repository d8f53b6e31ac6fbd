#include "proto/kaplan_meier.h"

namespace wardpulse {

// Share waiting = product over the minutes t at which somebody got there of (n - d) / n, with n still there at t and d
// getting there at t; in binary64, in the order of t.
Value kaplan_meier_median(const MinuteHistogram& seen, const MinuteHistogram& unseen) {
  std::int64_t there = seen.n() + unseen.n();
  double waiting = 1;
  auto lost = unseen.minutes.begin();
  for (const auto& [minute, got_there] : seen.minutes) {
    for (; lost != unseen.minutes.end() && lost->first < minute; ++lost) there -= lost->second;
    waiting *= static_cast<double>(there - got_there) / static_cast<double>(there);
    if (waiting <= 0.5) return std::int64_t{minute};
    there -= got_there;
  }
  return {};
}

} // namespace wardpulse
