// Who is where, as of a moment. Derived from the visits; no part of the state.
#pragma once

#include <compare>
#include <map>

#include <absl/container/btree_map.h>

#include "aggregator/texts.h"
#include "aggregator/visit.h"
#include "proto/cell.h"

namespace wardpulse::aggregator {

struct CensusValues {
  std::int64_t waiting = 0, in_care = 0, boarding = 0, admitted = 0, stale = 0;
  std::int64_t longest_wait_minutes = -1; // -1: nobody waits
  std::int64_t room_60 = 0, board_240 = 0, stay_480 = 0, four_hour = 0; // breaching within 30 minutes
  friend bool operator==(const CensusValues&, const CensusValues&) = default;
};
struct Census {
  std::map<TextId, CensusValues> departments;
  Counts crowding; // inputs of the score, by the names of proto/crowding.h
};

// An emergency patient who got a room, for "the wait of the last patient roomed".
struct RoomedPatient {
  Time at = kNever; // kNever: none
  std::int64_t wait_minutes = 0;
  Time checkin = kNever; // a wrong clock may have it behind `at`: it is not there before
  friend auto operator<=>(const RoomedPatient&, const RoomedPatient&) = default;
  friend bool operator==(const RoomedPatient&, const RoomedPatient&) = default;
};
RoomedPatient roomed_patient(const VisitView& view);

inline constexpr Duration kLastRoomedLookBack = hours{24};

// Those roomed within the look-back before the log watermark, and later ones. Derived from the visits.
class LastRoomed {
 public:
  void exchange(const RoomedPatient& before, const RoomedPatient& after);
  void set_log_watermark(Time watermark);
  void add_to(Time now, Counts* inputs) const; // REQUIRES: now >= the log watermark

 private:
  bool remembered(Time at) const { return at > later(log_watermark_, -kLastRoomedLookBack); }
  absl::btree_map<RoomedPatient, std::int64_t> roomed_; // -> how many
  Time log_watermark_ = kNever;
};

Cell census_cell(const std::string& department, const CensusValues& values, Time now);
Cell crowding_cell(const Counts& inputs, Time now);

} // namespace wardpulse::aggregator
