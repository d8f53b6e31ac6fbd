// How many attempts started at each moment. Starts arrive nearly in order and there may be ten thousands of them in a cell,
// so this is one sorted run of memory: new ones nearly always go to its end, and gone ones stay as zeros until there are many.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/check.h"

namespace wardpulse::aggregator {

class StartCounts {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; } // moments with attempts
  template <class F>
  void each(F&& f) const { // f(start_ms, count), in order
    for (const Entry& entry : entries_) if (entry.count != 0) f(base_ms_ + entry.after_ms, std::int64_t{entry.count});
  }
  // The first that is not before `start_ms`.
  std::optional<std::int64_t> first_from(std::int64_t start_ms) const {
    auto at = std::partition_point(entries_.begin(), entries_.end(), [&](const Entry& entry) { return base_ms_ + entry.after_ms < start_ms; });
    while (at != entries_.end() && at->count == 0) ++at;
    return at == entries_.end() ? std::nullopt : std::optional(base_ms_ + at->after_ms);
  }
  std::int64_t last() const { // REQUIRES: not empty
    return base_ms_ + std::find_if(entries_.rbegin(), entries_.rend(), [](const Entry& entry) { return entry.count != 0; })->after_ms;
  }

  // All starts of a cell lie in its window, a day at most.
  bool may_add(std::int64_t start_ms, std::int64_t count) const {
    return count <= INT32_MAX && (entries_.empty() || (start_ms - base_ms_ <= INT32_MAX && start_ms - base_ms_ >= INT32_MIN));
  }
  void add(std::int64_t start_ms, std::int64_t count) { // count may be negative
    WP_CHECK(may_add(start_ms, count));
    if (entries_.empty()) base_ms_ = start_ms;
    const auto after_ms = static_cast<std::int32_t>(start_ms - base_ms_);
    auto at = entries_.end();
    if (!entries_.empty() && entries_.back().after_ms >= after_ms) at = std::lower_bound(entries_.begin(), entries_.end(), after_ms, before);
    if (at == entries_.end() || at->after_ms != after_ms) at = entries_.insert(at, {after_ms, 0});
    size_ += at->count == 0;
    at->count += static_cast<std::int32_t>(count);
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
  struct Entry {
    std::int32_t after_ms = 0; // the base
    std::int32_t count = 0;    // 0: gone, to be passed over
  };
  static bool before(const Entry& entry, std::int32_t after_ms) { return entry.after_ms < after_ms; }
  std::vector<Entry> entries_;
  std::size_t size_ = 0;
  std::int64_t base_ms_ = 0; // the first that was added
};

} // namespace wardpulse::aggregator
