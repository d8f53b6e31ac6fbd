// The topics of the system with their settings, in one place: every program creates what is missing from this list.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "kafka/client.h"

namespace wardpulse::kafka {

inline constexpr std::int32_t kDefaultPartitions = 8;

// All topics under `prefix` for one generation ("live" is the one without a name of its own). Inputs keep their records
// for `input_retention`, for ever without one: they are the truth that everything else is rebuilt from.
std::vector<NewTopic> wardpulse_topics(const std::string& prefix, const std::string& generation, std::int32_t partitions,
                                       std::optional<Duration> input_retention = std::nullopt);

} // namespace wardpulse::kafka
