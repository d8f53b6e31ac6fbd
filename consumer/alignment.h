// Keeps the topics of one partition number together in event time while a replay reads them: whoever runs ahead waits,
// so that what is held for the others stays bounded, whatever the logs' lengths.
#pragma once

#include <algorithm>
#include <array>

#include "base/time.h"
#include "proto/event.h"

namespace wardpulse::consumer {

// A pause throws away what was fetched, so there is some way to go between the two.
inline constexpr Duration kPauseAhead = std::chrono::hours{48};
inline constexpr Duration kResumeAhead = std::chrono::hours{12};

struct TopicPosition {
  bool in_use = false;
  bool finished = false; // nothing more of it is to be read
  Time stream_time = kNever;
};
using TopicFlags = std::array<bool, kTopicCount>;

// Which topics are to wait, given those that wait now. The one that is furthest behind never does.
inline TopicFlags topics_to_pause(const std::array<TopicPosition, kTopicCount>& topics, const TopicFlags& paused) {
  Time least = kForever;
  for (const auto& topic : topics) {
    if (topic.in_use && !topic.finished) least = std::min(least, topic.stream_time);
  }
  TopicFlags wait{};
  for (int i = 0; i < kTopicCount; ++i) {
    const auto& topic = topics[static_cast<std::size_t>(i)];
    if (!topic.in_use) continue;
    const auto allowed = paused[i] ? kResumeAhead : kPauseAhead;
    // A topic of which nothing was read yet may begin anywhere.
    const bool ahead = least == kNever ? topic.stream_time != kNever : topic.stream_time - least > allowed;
    wait[i] = topic.finished || ahead;
  }
  return wait;
}

} // namespace wardpulse::consumer
