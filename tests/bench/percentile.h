// Nearest rank, for the figures that benchmarks print.
#pragma once

#include <algorithm>
#include <vector>

namespace wardpulse::bench {

// The value that `share` (0 to 1) of all do not exceed; 0 when there is none. REQUIRES: sorted.
inline double percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

} // namespace wardpulse::bench
