// How far sending is, for a person: one line that is drawn over on a terminal, a log line every few seconds elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "producer/sender.h"

namespace wardpulse::producer {

struct ProgressState {
  SenderCounts counts;
  std::optional<double> done; // 0..1; none: without end
  double seconds = 0;         // since the start
  double rate = 0;            // acknowledged a second, of late
};
// "[#####-----]  50.0%  12,345 acked  4,100/s  1:05 left" cut to the terminal's width.
std::string progress_line(const ProgressState& state, int width);

class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress(); // leaves a terminal's cursor on a fresh line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Call it often; it shows something only now and then.
  void update(const SenderCounts& counts, std::optional<double> done);

 private:
  using Clock = std::chrono::steady_clock;
  const std::string what_;
  const bool terminal_;
  const Clock::time_point start_;
  Clock::time_point shown_;
  std::int64_t shown_acked_ = 0;
  double rate_ = 0;
  bool drawn_ = false;
};

} // namespace wardpulse::producer
