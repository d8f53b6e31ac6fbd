#include "producer/pacer.h"

#include <algorithm>

namespace wardpulse::producer {

Time Pacer::paced(Time send_at) const {
  if (is_history(send_at) || !options_.speed) return options_.wall_start;
  return options_.wall_start + Duration{static_cast<std::int64_t>(static_cast<double>((send_at - options_.live_from).count()) / *options_.speed)};
}

Time Pacer::due(Time send_at) {
  const Time wanted = paced(send_at);
  if (!is_history(send_at) && !options_.speed) return wanted;
  if (wanted > free_at_) {
    free_at_ = wanted;
    carry_us_ = 0;
  }
  const Time due = free_at_;
  carry_us_ += 1'000'000 / options_.catch_up_rate;
  free_at_ += Duration{carry_us_ / 1000};
  carry_us_ %= 1000;
  return due;
}

} // namespace wardpulse::producer
