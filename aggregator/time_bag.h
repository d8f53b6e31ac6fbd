// Moments, each as often as it was added, of which the earliest is asked for. There may be millions of them: within a day
// four bytes each.
#pragma once

#include <chrono>
#include <cstdint>

#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>

#include "base/check.h"
#include "base/time.h"

namespace wardpulse::aggregator {

class TimeBag {
 public:
  void add(Time time) {
    const auto day = day_of(time);
    days_[day].insert(within(day, time));
  }
  void remove(Time time) { // REQUIRES: it is there
    const auto day = day_of(time);
    const auto found = days_.find(day);
    WP_CHECK(found != days_.end());
    auto& times = found->second;
    const auto at = times.find(within(day, time));
    WP_CHECK(at != times.end());
    times.erase(at);
    if (times.empty()) days_.erase(found);
  }
  bool empty() const { return days_.empty(); }
  Time earliest() const { return days_.begin()->first + Duration{*days_.begin()->second.begin()}; } // REQUIRES: not empty

 private:
  using Day = std::chrono::sys_days;
  static Day day_of(Time time) { return std::chrono::floor<std::chrono::days>(time); }
  static std::uint32_t within(Day day, Time time) { return static_cast<std::uint32_t>((time - day).count()); }

  absl::btree_map<Day, absl::btree_multiset<std::uint32_t>> days_; // of each day, milliseconds since its start
};

} // namespace wardpulse::aggregator
