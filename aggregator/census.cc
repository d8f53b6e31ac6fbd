#include "aggregator/census.h"

#include <algorithm>

#include "proto/crowding.h"

namespace wardpulse::aggregator {

RoomedPatient roomed_patient(const VisitView& view) {
  const bool emergency = view.checkin.present() && view.checkin.flag == static_cast<std::uint8_t>(VisitType::kEmergency);
  if (!emergency || !view.roomed.present()) return {};
  return {view.roomed.time, std::max<std::int64_t>(0, whole_minutes(view.checkin.time, view.roomed.time)), view.checkin.time};
}

void LastRoomed::exchange(const RoomedPatient& before, const RoomedPatient& after) {
  if (before == after) return;
  if (after.at != kNever && remembered(after.at)) ++roomed_[after];
  if (before.at == kNever || !remembered(before.at)) return;
  const auto it = roomed_.find(before);
  if (--it->second == 0) roomed_.erase(it);
}

void LastRoomed::set_log_watermark(Time watermark) {
  log_watermark_ = watermark;
  while (!roomed_.empty() && !remembered(roomed_.begin()->first.at)) roomed_.erase(roomed_.begin());
}

void LastRoomed::add_to(Time now, Counts* inputs) const {
  for (auto next = roomed_.upper_bound({now, INT64_MAX, kForever}); next != roomed_.begin(); --next) {
    const RoomedPatient& last = std::prev(next)->first;
    if (last.at <= later(now, -kLastRoomedLookBack)) return;
    if (last.checkin > now) continue;
    (*inputs)[kLastRoomedAt] = to_ms(last.at);
    (*inputs)[kLastRoomedWait] = last.wait_minutes;
    return;
  }
}

Cell crowding_cell(const Counts& inputs, Time now) {
  Cell cell;
  cell.family = "crowding";
  cell.watermark = now;
  Counts all = inputs;
  for (const char* always : {kEdPatients, kHeldForBed, kVentilated}) all.try_emplace(always, 0);
  Value score = crowding_score(all), band = crowding_band(all);
  cell.values = {{"inputs", std::move(all)}, {"score", std::move(score)}, {"band", std::move(band)}};
  return cell;
}

Cell census_cell(const std::string& department, const CensusValues& v, Time now) {
  Cell cell;
  cell.family = "census";
  cell.dims = {{"department", department}};
  cell.watermark = now;
  cell.values = {
      {"waiting", v.waiting},
      {"in_care", v.in_care},
      {"boarding", v.boarding},
      {"admitted", v.admitted},
      {"stale", v.stale},
      {"longest_wait_minutes", v.longest_wait_minutes < 0 ? Value{} : Value{v.longest_wait_minutes}},
      {"breaching_next_30m", Counts{{"room_60", v.room_60}, {"board_240", v.board_240}, {"stay_480", v.stay_480}, {"four_hour", v.four_hour}}},
  };
  return cell;
}

} // namespace wardpulse::aggregator
