// Where in a log the event time passed a moment: a sparse list that travels with every checkpoint, so that a replay
// need not search the log from its start.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/time.h"

namespace wardpulse::consumer {

// When there are more entries every second one goes, and entries come at twice the distance from then on.
inline constexpr std::size_t kMaxTimeIndexEntries = 128;

class TimeIndex {
 public:
  struct Entry {
    Time stream_time{};      // largest event time of all records up to and including ...
    std::int64_t offset = 0; // ... this one, which raised it
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  TimeIndex() = default;
  explicit TimeIndex(std::vector<Entry> entries);

  // Stream time after the record at `offset`, in the order of the log.
  void note(Time stream_time, std::int64_t offset) {
    if (stream_time < due_) [[likely]]
      return;
    add(stream_time, offset);
  }
  const std::vector<Entry>& entries() const { return entries_; }
  // The first record with an event time at or after `time` does not come before this offset. 0 when nothing is known.
  std::int64_t not_before(Time time) const;
  friend bool operator==(const TimeIndex& a, const TimeIndex& b) { return a.entries_ == b.entries_; }

 private:
  void add(Time stream_time, std::int64_t offset);

  std::vector<Entry> entries_;
  Duration step_ = std::chrono::hours{1};
  Time due_ = from_ms(-62'135'596'800'000); // the year 1: any event time, and not "never"
};

} // namespace wardpulse::consumer
