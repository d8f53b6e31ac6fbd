// Whether a topic-partition is idle: caught up with the log's end, and silent for a while.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace wardpulse::consumer {

inline constexpr Duration kIdleAfter = std::chrono::seconds{30};

class IdleTracker {
 public:
  explicit IdleTracker(Duration started = {}) : last_activity_(started) {}

  void record() { // on every record: three stores, no clock
    active_ = true;
    caught_up_ = false; // until the end is announced again
    known_ = true;
  }
  void reached_end() { caught_up_ = known_ = true; }
  // How long the log had been silent when this owner came: a new owner is not a reason to wait once more.
  void silent_for(Duration time) { last_activity_ -= std::max(Duration{0}, time); }
  // Once a round, after its records: dates what record() noted.
  void tick(Duration now) {
    if (!active_) return;
    active_ = false;
    last_activity_ = now;
  }
  // There is more to read, or there is not: before one of them is seen nothing can be said.
  bool known() const { return known_; }
  bool idle(Duration now) const { return caught_up_ && !active_ && now - last_activity_ >= kIdleAfter; }

 private:
  bool caught_up_ = false;
  bool active_ = false;
  bool known_ = false;
  Duration last_activity_;
};

} // namespace wardpulse::consumer
