// A priority queue for what is planned over weeks and happens in seconds: only the next few minutes are kept in a heap, what
// lies further ahead waits unsorted. It gives the same order as one heap would, without its cache misses.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/time.h"

namespace wardpulse::producer {

// Entry: has `at`, and a total order by operator> in which an earlier `at` comes first.
template <class Entry>
class Agenda {
 public:
  void push(const Entry& entry) {
    if (entry.at >= horizon_) {
      later_[slice_of(entry.at)].push_back(entry);
      return;
    }
    heap_.push_back(entry);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>{});
  }

  // Likely the next to be popped, if one is known.
  const Entry* likely_next() const { return heap_.empty() ? nullptr : &heap_.front(); }

  // The earliest. REQUIRES: it is not empty.
  Entry pop() {
    if (heap_.empty()) begin_next_slice();
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>{});
    const Entry first = heap_.back();
    heap_.pop_back();
    return first;
  }

 private:
  static constexpr Duration kSlice = std::chrono::minutes{2};
  static std::int64_t slice_of(Time at) {
    const std::int64_t ms = to_ms(at), size = kSlice.count();
    return ms >= 0 ? ms / size : (ms + 1) / size - 1;
  }

  // Everything in the heap is before horizon_, everything in later_ is not.
  void begin_next_slice() {
    WP_CHECK(!later_.empty());
    const auto next = later_.begin();
    horizon_ = from_ms((next->first + 1) * kSlice.count());
    heap_ = std::move(next->second);
    later_.erase(next);
    std::make_heap(heap_.begin(), heap_.end(), std::greater<>{});
  }

  std::vector<Entry> heap_;
  std::map<std::int64_t, std::vector<Entry>> later_;
  Time horizon_ = kNever;
};

} // namespace wardpulse::producer
