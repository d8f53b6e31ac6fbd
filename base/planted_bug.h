// Mistakes on purpose, each where somebody might make it in earnest: one test build can choose one of them at run time, and
// its tests must notice (tests/sim). Everywhere else planted() is false at compile time, and nothing of it is left.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace wardpulse {

enum class PlantedBug : std::uint8_t {
  kNoDuplicateRemoval,
  kOffsetsBeforeState,
  kSkippedPart,
  kIgnoredEpoch,
  kDroppedRejectedRecord,
  kOffByOneWindowEdge,
  kLateRecordSilentlyDropped,
  kSeekToTheGroupsOffset,
  kStaleDelta,
  kLostHold,
  kDoubleRetract,
  kStatusWithoutVersion,
  kForgottenMoment,
};
inline constexpr std::array<std::string_view, 13> kPlantedBugNames = {
    "no-duplicate-removal",   "offsets-before-state", "skipped-part",
    "ignored-epoch",          "dropped-rejected-record", "off-by-one-window-edge",
    "late-record-silently-dropped", "seek-to-the-groups-offset", "stale-delta",
    "lost-hold",              "double-retract",       "status-without-version", "forgotten-moment"};

#ifdef WARDPULSE_PLANTED_BUGS
bool planted(PlantedBug bug); // the one that $WARDPULSE_PLANTED_BUG names
#else
constexpr bool planted(PlantedBug) { return false; }
#endif

} // namespace wardpulse
