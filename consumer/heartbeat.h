// Heartbeats for topics that fell silent: without them nothing that waits for all topics (holds, visits that may leave)
// would ever move on. They are written into the log, so that the state stays a function of the log.
#pragma once

#include <array>
#include <optional>

#include "base/time.h"
#include "proto/event.h"

namespace wardpulse::consumer {

inline constexpr Duration kHeartbeatStep = std::chrono::hours{1};        // of event time; state moves on by whole hours
inline constexpr Duration kHeartbeatPause = std::chrono::seconds{30};    // between two for the same topic

struct TopicTime {
  bool in_use = false;
  bool idle = false;
  Time stream_time = kNever;
};

// The event time for a heartbeat on `topic`: the watermark of the topics that are not idle, when `topic` is idle and at
// least kHeartbeatStep behind it. None for a topic that never had a record: its feed may be about to begin with old
// ones, which a heartbeat would make late.
std::optional<Time> heartbeat_time(const std::array<TopicTime, kTopicCount>& topics, Topic topic);

} // namespace wardpulse::consumer
