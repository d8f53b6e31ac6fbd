// Everything that the meaning of the numbers depends on besides the log.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/time_zone.h"
#include "proto/cell.h"
#include "proto/event.h"
#include "proto/rules.h"

namespace wardpulse::aggregator {

// One alternative of a funnel step: an event type, and optionally a field that must have a value.
struct StepMatch {
  std::string event_type;
  std::string field; // empty: any
  std::string value;
  friend bool operator==(const StepMatch&, const StepMatch&) = default;
};
struct FunnelStep {
  std::string name; // shown in "steps"
  std::vector<StepMatch> any_of;
  friend bool operator==(const FunnelStep&, const FunnelStep&) = default;
};
struct Funnel {
  std::string name;
  bool by_visit = true; // false: by entity_id
  std::vector<FunnelStep> steps;
  std::vector<std::string> exits; // event types: the doors
  Duration window{};
  friend bool operator==(const Funnel&, const Funnel&) = default;
};
std::vector<Funnel> shipped_funnels();
// All problems at once, each with file, line and reason.
Result<std::vector<Funnel>> parse_funnels(const std::string& toml, const std::string& file_name);

// How many beds there are from a moment on, for the crowding score.
struct Beds {
  Time from{};
  std::int64_t emergency = 0, hospital = 0;
  friend bool operator==(const Beds&, const Beds&) = default;
};
// [[beds]] from = 2026-01-01, emergency = 40, hospital = 400, ... in any order; a date is midnight in `zone`.
// All problems at once, each with file, line and reason.
Result<std::vector<Beds>> parse_beds(const std::string& toml, const std::string& file_name, const TimeZone& zone);

inline constexpr Duration kNoGrace = Duration::max(); // "none": nothing is ever late for this size

struct Definition {
  TimeZone zone = TimeZone::utc();
  std::array<Duration, kWindowSizeCount> grace = {std::chrono::minutes{10}, std::chrono::hours{6}, std::chrono::hours{48},
                                                  std::chrono::hours{24 * 31}, std::chrono::hours{24 * 31}};
  std::optional<Duration> max_future = std::chrono::minutes{5}; // nullopt: "off"
  std::array<bool, kTopicCount> topics = {true, true, true, true};
  RuleBounds bounds;
  std::vector<Beds> beds; // by `from`; what is shown depends on it, no state does, so it is not in the digest
  std::vector<Funnel> funnels = shipped_funnels();

  // Canonical JSON of all of the above and its XXH3-128 digest in hex: a checkpoint of another digest is refused.
  std::string canonical_json() const;
  std::string digest() const;
};

} // namespace wardpulse::aggregator
