// How many attempts started at each moment. Starts arrive nearly in order and there may be ten thousands of them in a cell,
// so this is one sorted run of memory, four bytes a moment: new ones nearly always go to its end, and gone ones stay as zeros until
// there are many.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "base/check.h"

namespace wardpulse::aggregator {

class StartCounts {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; } // moments with attempts
  template <class F>
  void each(F&& f) const { // f(start_ms, count), in order
    for (const Entry& entry : entries_) if (entry.count != 0) f(base_ms_ + entry.after_ms, count_of(entry));
  }
  // The first that is not before `start_ms`.
  std::optional<std::int64_t> first_from(std::int64_t start_ms) const {
    auto at = place_of(start_ms);
    while (at != entries_.end() && at->count == 0) ++at;
    return at == entries_.end() ? std::nullopt : std::optional(base_ms_ + at->after_ms);
  }
  std::int64_t last() const { // REQUIRES: not empty
    return base_ms_ + std::find_if(entries_.rbegin(), entries_.rend(), [](const Entry& entry) { return entry.count != 0; })->after_ms;
  }
  std::int64_t total() const { return total_; } // attempts
  std::int64_t total_before(std::int64_t start_ms) const {
    const auto end = place_of(start_ms);
    if (end == entries_.end()) return total_;
    std::int64_t sum = 0;
    for (auto at = entries_.begin(); at != end; ++at) sum += count_of(*at);
    return sum;
  }

  std::int64_t count_at(std::int64_t start_ms) const {
    const auto at = place_of(start_ms);
    return at == entries_.end() || base_ms_ + at->after_ms != start_ms ? 0 : count_of(*at);
  }

  // All starts of a cell lie in its window, a day at most.
  bool may_add(std::int64_t start_ms, std::int64_t count) const {
    return count <= INT32_MAX && (entries_.empty() || (start_ms - base_ms_ < kReach && start_ms - base_ms_ >= -kReach));
  }
  void add(std::int64_t start_ms, std::int64_t count) { // count may be negative
    WP_CHECK(may_add(start_ms, count));
    if (entries_.empty()) base_ms_ = start_ms;
    const auto after_ms = static_cast<std::int32_t>(start_ms - base_ms_);
    if (entries_.size() == entries_.capacity()) entries_.reserve(entries_.size() + entries_.size() / 4 + 4);
    auto at = entries_.end();
    if (!entries_.empty() && entries_.back().after_ms >= after_ms) at = guessed_place_of(after_ms);
    if (at == entries_.end() || at->after_ms != after_ms) at = entries_.insert(at, {after_ms, 0});
    const std::int64_t was = count_of(*at), now = was + count;
    WP_CHECK(now >= 0);
    size_ += static_cast<std::size_t>(now != 0) - static_cast<std::size_t>(was != 0);
    total_ += count;
    set_count(*at, now);
    constexpr std::size_t kFew = 16;
    if (now == 0 && entries_.size() > kFew + 2 * size_) std::erase_if(entries_, [](const Entry& entry) { return entry.count == 0; });
  }
  void add(const StartCounts& other) {
    other.each([this](std::int64_t start_ms, std::int64_t count) { add(start_ms, count); });
  }
  void clear() { *this = {}; }

 private:
  struct Entry {
    std::int32_t after_ms : 28 = 0; // the base
    std::uint32_t count : 4 = 0;    // 0: gone, to be passed over; kMany: see many_
  };
  static_assert(sizeof(Entry) == 4);
  static constexpr std::int64_t kReach = std::int64_t{1} << 27; // a day and a half
  static constexpr std::uint32_t kMany = 15;
  using Entries = std::vector<Entry>;
  using Many = absl::flat_hash_map<std::int32_t, std::int64_t>;

  static bool before(const Entry& entry, std::int32_t after_ms) { return entry.after_ms < after_ms; }
  // The first that is not before it. Starts are spread evenly enough for a guess, around which a step or two finds the run to look
  // through: each look elsewhere waits for memory.
  Entries::iterator guessed_place_of(std::int32_t after_ms) {
    const std::size_t size = entries_.size();
    const std::int64_t first_ms = entries_.front().after_ms, reach = entries_.back().after_ms - first_ms;
    const auto guess = reach == 0 ? 0 : std::clamp<std::int64_t>((after_ms - first_ms) * std::ssize(entries_) / reach, 0, std::ssize(entries_) - 1);
    std::size_t low = static_cast<std::size_t>(guess), high = low, step = 8; // it is at least `low`, at most `high`, once both loops are through
    for (; low > 0 && !before(entries_[low - 1], after_ms); step *= 2) {
      high = low - 1;
      low -= std::min(step, low);
    }
    for (; high < size && before(entries_[high], after_ms); step *= 2) {
      low = high + 1;
      high += std::min(step, size - high);
    }
    const auto at = [&](std::size_t place) { return entries_.begin() + static_cast<std::ptrdiff_t>(place); };
    return std::lower_bound(at(low), at(high), after_ms, before);
  }
  Entries::const_iterator place_of(std::int64_t start_ms) const {
    return std::partition_point(entries_.begin(), entries_.end(), [&](const Entry& entry) { return base_ms_ + entry.after_ms < start_ms; });
  }
  std::int64_t count_of(const Entry& entry) const { return entry.count == kMany ? many_->at(entry.after_ms) : entry.count; }
  void set_count(Entry& entry, std::int64_t count) {
    if (count >= kMany) {
      if (many_ == nullptr) many_ = std::make_unique<Many>();
      (*many_)[entry.after_ms] = count;
    } else if (entry.count == kMany) {
      many_->erase(entry.after_ms);
    }
    entry.count = static_cast<std::uint32_t>(std::min<std::int64_t>(count, kMany)) & kMany;
  }

  Entries entries_;
  std::size_t size_ = 0;
  std::int64_t total_ = 0;
  std::int64_t base_ms_ = 0; // the first that was added
  std::unique_ptr<Many> many_; // counts of kMany and more, by after_ms
};

} // namespace wardpulse::aggregator
