#include "web/push_pace.h"

#include <algorithm>

namespace wardpulse::web {
namespace {

// Of an interval, or of kTogether when that is less, in hundredths. Measured at 100,000 events a second on a busy machine with eight
// partitions: what comes waits 27 ms at the mean and 5 % of it over 70 ms; it was 35 ms and 16 % with a settling time of 10 alone,
// whoever had come.
constexpr int kSettled = 10; // after the last cells, when as many partitions have come as the time before
constexpr int kMissing = 40; // ... when fewer have come
constexpr int kBegun = 30;   // since the beginning: who publishes together has begun to, if anybody does
constexpr int kLatest = 80;  // since the beginning
constexpr Duration kTogether{100}; // what is published together has come by then, however long the interval

} // namespace

Time PushPace::changed(Time now, std::span<const std::int32_t> partitions, std::span<const std::int32_t> said_all) {
  const auto part = [this](int hundredths) { return std::min(interval_, kTogether) * hundredths / 100; };
  const Time current = interval_of(now);
  known_.insert(partitions.begin(), partitions.end());
  if (current == pushed_in_) {
    left_for_ = current + interval_;
    return *left_for_ + part(kBegun);
  }
  came_.insert(partitions.begin(), partitions.end());
  said_all_.insert(said_all.begin(), said_all.end());
  if (said_all_.size() == known_.size()) return now;
  const Time settled = now + part(came_.size() < came_before_ ? kMissing : kSettled);
  const Time due = std::min(settled, current + part(kLatest));
  return std::max({now, due, current == left_for_ ? current + part(kBegun) : kNever});
}

void PushPace::pushed(Time now) {
  pushed_in_ = interval_of(now);
  left_for_.reset();
  if (!came_.empty()) came_before_ = came_.size();
  came_.clear();
  said_all_.clear();
}

} // namespace wardpulse::web
