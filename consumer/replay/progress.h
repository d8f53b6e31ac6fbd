// How far a replay is: a bar on a terminal, now and then a line in a log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"

namespace wardpulse::consumer {

struct ReplayProgress {
  std::int64_t done = 0, total = 0; // records of this process's partitions
  std::optional<Time> event_time;   // that all topics have reached
};

// Rate over the last while, and what it means for the time left.
class ProgressMeter {
 public:
  struct Reading {
    double ratio = 0;
    double records_per_second = 0;
    std::optional<Duration> left; // nullopt: cannot be said yet
  };
  Reading update(const ReplayProgress& progress, Duration now);

 private:
  std::optional<Duration> since_;
  Duration last_{};
  std::int64_t last_done_ = 0;
  double rate_ = 0;
};

// "[=======>      ]  52.1 %  120,403/s  8m20s left  at 2026-03-04T10:00:00Z", at most `width` columns.
std::string progress_bar(const ReplayProgress& progress, const ProgressMeter::Reading& reading, int width);

} // namespace wardpulse::consumer
