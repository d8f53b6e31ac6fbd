// When the next record is due. Pure: the caller brings the wall clock's time.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace wardpulse::producer {

struct PacerOptions {
  Time wall_start{};           // now, when sending starts
  Time live_from{};            // event time that is due at wall_start; what is earlier is history
  std::optional<double> speed; // event seconds per wall second; none: everything is due at once
  std::int64_t catch_up_rate = 20'000; // records a second while behind: history, and what a pause left behind
};

class Pacer {
 public:
  explicit Pacer(const PacerOptions& options) : options_(options), free_at_(options.wall_start) {}

  // When the record with this time is to be sent; in the past: at once. Counts it as sent.
  Time due(Time send_at);
  bool is_history(Time send_at) const { return send_at < options_.live_from; }

 private:
  Time paced(Time send_at) const;
  const PacerOptions options_;
  Time free_at_;                  // earliest moment for the next record under the cap, cut to milliseconds
  std::int64_t carry_us_ = 0;     // and the microseconds that were cut off
};

} // namespace wardpulse::producer
