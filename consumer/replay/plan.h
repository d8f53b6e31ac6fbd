// What a generation is made of: fixed when it is begun, kept beside its checkpoints, so that whoever goes on with it
// comes to the same end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "consumer/topic_offsets.h"

namespace wardpulse::consumer {

inline constexpr std::string_view kPlanKey = "plan"; // in partition 0 of the generation's checkpoints

struct ReplayPlan {
  std::string generation;
  std::string definition_json;
  std::string definition_digest;
  std::string cluster_id;
  std::string from_text, to_text; // as they were asked for
  std::optional<Time> from, to;   // the windows that were asked for start in [from, to); nullopt: no bound
  bool whole = false;             // begins at the logs' very first records
  std::vector<TopicOffsets> begin, end; // what is read, [begin, end), by partition number
  Time made_at = kNever;

  std::int32_t partitions() const { return static_cast<std::int32_t>(end.size()); }
  std::int64_t records() const;
  // What was read before it is only there to know what was under way (own_windows.h).
  std::optional<Time> first_window() const { return whole ? std::nullopt : from; }
  friend bool operator==(const ReplayPlan&, const ReplayPlan&) = default;
};
std::string encode_plan(const ReplayPlan& plan);
Result<ReplayPlan> decode_plan(std::string_view json);

// A name is part of topic names: letters, digits, '-' and '_', at most 40.
Result<void> check_generation_name(const std::string& name);

} // namespace wardpulse::consumer
