// Next offset per input topic, and its text form in the header `offsets` of every published cell.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/event.h"

namespace wardpulse::consumer {

inline constexpr std::int64_t kNotInUse = -1;
using TopicOffsets = std::array<std::int64_t, kTopicCount>; // kNotInUse: topic is not in --topics

constexpr TopicOffsets no_offsets() { return {kNotInUse, kNotInUse, kNotInUse, kNotInUse}; }

// "checkins=12,encounters=40": topics in use, in their order.
std::string encode_offsets(const TopicOffsets& offsets);
std::optional<TopicOffsets> parse_offsets(std::string_view text);

// True when every topic of `needed` has been reached; a topic that is not in use here cannot be waited for.
bool reached(const TopicOffsets& next, const TopicOffsets& needed);
TopicOffsets furthest(const TopicOffsets& a, const TopicOffsets& b);

} // namespace wardpulse::consumer
