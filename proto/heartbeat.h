// Heartbeats that the system itself writes into the input topics: event feed.heartbeat under a key of its own, so that they
// do not end a feed's idleness.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "proto/event.h"

namespace wardpulse {

inline constexpr std::string_view kHeartbeatKey = "wardpulse.heartbeat";

// `time`: moves the topic's stream time when it is later. `source`: the program that sends it.
std::string heartbeat_event(Topic topic, std::int32_t partition, Time time, std::string_view source);

} // namespace wardpulse
