// When changes go to clients: once in each interval of the clock on the wall, at most.
//
// Consumers publish at the beginning of each interval of the same clock, one partition after the other; the last that a partition has to
// say is where it stands. What a push leaves out goes with the next one, an interval later; so a push waits until all partitions have said
// all, or, as some may have nothing to say, until a little after as many have come as the time before. The pause is not counted from the
// push before: all that follow would be as late as the latest was.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <absl/container/flat_hash_set.h>

#include "base/time.h"

namespace wardpulse::web {

class PushPace {
 public:
  // REQUIRES: interval >= 1ms.
  explicit PushPace(Duration interval) : interval_(interval) {}

  // Cells of these partitions changed, and those of `said_all` ended a publication. When all that changed and was not pushed is to be
  // pushed; in place of what was answered before. REQUIRES: `said_all` are some of `partitions`.
  Time changed(Time now, std::span<const std::int32_t> partitions, std::span<const std::int32_t> said_all);
  void pushed(Time now);

 private:
  using Partitions = absl::flat_hash_set<std::int32_t>;
  Time interval_of(Time time) const { return time - time.time_since_epoch() % interval_; }

  const Duration interval_;
  std::optional<Time> pushed_in_; // an interval, by its beginning
  std::optional<Time> left_for_;  // one that is to come: something was left out of the push before
  Partitions known_;            // all that ever came
  Partitions came_, said_all_;  // for the push to come
  std::size_t came_before_ = 0; // how many, for the last push that had any of its interval
};

} // namespace wardpulse::web
