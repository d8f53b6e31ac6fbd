#include "consumer/heartbeat.h"

#include <algorithm>

namespace wardpulse::consumer {
namespace {

constexpr Duration kWatermarkDelay = std::chrono::seconds{5}; // watermark = stream time - 5 s

} // namespace

std::optional<Time> heartbeat_time(const std::array<TopicTime, kTopicCount>& topics, Topic topic) {
  const auto& own = topics[static_cast<std::size_t>(topic)];
  if (!own.in_use || !own.idle || own.stream_time == kNever) return std::nullopt;
  std::optional<Time> least;
  for (const auto& other : topics) {
    if (!other.in_use || other.idle) continue;
    if (other.stream_time == kNever) return std::nullopt;
    least = std::min(least.value_or(other.stream_time), other.stream_time);
  }
  if (!least) return std::nullopt;
  const auto watermark = *least - kWatermarkDelay;
  if (watermark < own.stream_time + kHeartbeatStep) return std::nullopt;
  return watermark;
}

} // namespace wardpulse::consumer
