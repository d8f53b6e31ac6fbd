#include "consumer/replay/progress.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace wardpulse::consumer {
namespace {

constexpr double kSmoothing = 5; // seconds that a rate is an average over
constexpr int kLeastBar = 10, kMostBar = 40;

std::string with_commas(std::int64_t number) {
  auto text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

std::string left_text(const std::optional<Duration>& left) {
  if (!left) return "--";
  const auto seconds = left->count() / 1000;
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
  return fmt::format("{}h{:02}m", seconds / 3600, seconds / 60 % 60);
}

} // namespace

ProgressMeter::Reading ProgressMeter::update(const ReplayProgress& progress, Duration now) {
  Reading reading;
  reading.ratio = progress.total == 0 ? 0 : static_cast<double>(progress.done) / static_cast<double>(progress.total);
  // Partitions come and go: what was done before this process had them is not its pace.
  if (since_ && now > last_ && progress.done >= last_done_) {
    const double seconds = static_cast<double>((now - last_).count()) / 1000;
    const double current = static_cast<double>(progress.done - last_done_) / seconds;
    const double weight = *since_ == last_ ? 1 : 1 - std::exp(-seconds / kSmoothing);
    rate_ += (current - rate_) * weight;
  }
  if (!since_ && progress.total > 0) since_ = now;
  last_ = now;
  last_done_ = progress.done;
  reading.records_per_second = rate_;
  if (rate_ >= 1) {
    reading.left = Duration{static_cast<std::int64_t>(static_cast<double>(progress.total - progress.done) / rate_ * 1000)};
  }
  return reading;
}

std::string progress_bar(const ReplayProgress& progress, const ProgressMeter::Reading& reading, int width) {
  auto text = fmt::format("{:5.1f} %  {}/s  {} left", reading.ratio * 100,
                          with_commas(static_cast<std::int64_t>(reading.records_per_second)), left_text(reading.left));
  if (progress.event_time) text += "  at " + format_rfc3339(*progress.event_time - progress.event_time->time_since_epoch() % 1000);
  const int room = std::min(width - static_cast<int>(text.size()) - 4, kMostBar);
  if (room < kLeastBar) return text.substr(0, static_cast<std::size_t>(std::max(width, 0)));
  const auto full = static_cast<std::size_t>(std::clamp(reading.ratio, 0.0, 1.0) * room);
  auto bar = std::string(full, '=') + (full < static_cast<std::size_t>(room) ? ">" : "");
  bar.resize(static_cast<std::size_t>(room), ' ');
  return "[" + bar + "]  " + text;
}

} // namespace wardpulse::consumer
