// How many attempts started at each moment. Starts arrive nearly in order and there may be ten thousands of them in a cell,
// so this is one sorted run of memory: new ones nearly always go to its end, and gone ones stay as zeros until there are many.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/check.h"

namespace wardpulse::aggregator {

class StartCounts {
 public:
  struct Entry {
    std::int64_t start_ms = 0;
    std::int64_t count = 0; // 0: gone, to be passed over
  };

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; } // moments with attempts
  const std::vector<Entry>& entries() const { return entries_; }
  // Those behind `start_ms`.
  auto from(std::int64_t start_ms) const { return std::lower_bound(entries_.begin(), entries_.end(), start_ms, before); }
  std::int64_t last() const { // REQUIRES: not empty
    return std::find_if(entries_.rbegin(), entries_.rend(), [](const Entry& entry) { return entry.count != 0; })->start_ms;
  }

  void add(std::int64_t start_ms, std::int64_t count) { // count may be negative
    auto at = entries_.end();
    if (!entries_.empty() && entries_.back().start_ms >= start_ms) at = std::lower_bound(entries_.begin(), entries_.end(), start_ms, before);
    if (at == entries_.end() || at->start_ms != start_ms) at = entries_.insert(at, {start_ms, 0});
    size_ += at->count == 0;
    at->count += count;
    WP_CHECK(at->count >= 0);
    if (at->count != 0) return;
    --size_;
    constexpr std::size_t kFew = 16;
    if (entries_.size() > kFew + 2 * size_) std::erase_if(entries_, [](const Entry& entry) { return entry.count == 0; });
  }
  void clear() {
    entries_.clear();
    size_ = 0;
  }

 private:
  static bool before(const Entry& entry, std::int64_t start_ms) { return entry.start_ms < start_ms; }
  std::vector<Entry> entries_;
  std::size_t size_ = 0;
};

} // namespace wardpulse::aggregator
