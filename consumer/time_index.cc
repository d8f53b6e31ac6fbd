#include "consumer/time_index.h"

#include <algorithm>

namespace wardpulse::consumer {

TimeIndex::TimeIndex(std::vector<Entry> entries) : entries_(std::move(entries)) {
  if (entries_.empty()) return;
  // The distance between entries is not kept: it follows from how many there are over which time.
  const auto span = entries_.back().stream_time - entries_.front().stream_time;
  while (span / step_ > static_cast<std::int64_t>(kMaxTimeIndexEntries)) step_ *= 2;
  due_ = entries_.back().stream_time + step_;
}

void TimeIndex::add(Time stream_time, std::int64_t offset) {
  entries_.push_back({stream_time, offset});
  if (entries_.size() > kMaxTimeIndexEntries) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < entries_.size(); i += 2) entries_[kept++] = entries_[i];
    entries_.resize(kept);
    step_ *= 2;
  }
  due_ = stream_time + step_;
}

std::int64_t TimeIndex::not_before(Time time) const {
  const auto first = std::partition_point(entries_.begin(), entries_.end(),
                                          [&](const Entry& entry) { return entry.stream_time < time; });
  return first == entries_.begin() ? 0 : std::prev(first)->offset + 1;
}

} // namespace wardpulse::consumer
