// What leaves the state at which hour. Leaving goes by whole hours of event time, so that it happens at the same record
// whatever a restart or the batches were.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "aggregator/windows.h"

namespace wardpulse::aggregator {

template <class T>
class Leaving {
 public:
  void add(Time hour, T what) { by_hour_[hour].push_back(std::move(what)); }
  void clear() { by_hour_.clear(); }

  // Calls f(what, hour) for everything that is due as of `time`, `hour` being the one that it lies in; each is due once.
  // Called for each record, and nearly always nothing is due. `f` adds only what is due later.
  template <class F>
  void take_due(Time time, F&& f) {
    if (by_hour_.empty() || by_hour_.begin()->first > time) return;
    const Time hour = hour_floor(time);
    while (!by_hour_.empty() && by_hour_.begin()->first <= hour) {
      for (const T& what : by_hour_.begin()->second) f(what, hour);
      by_hour_.erase(by_hour_.begin());
    }
  }

 private:
  std::map<Time, std::vector<T>> by_hour_;
};

} // namespace wardpulse::aggregator
