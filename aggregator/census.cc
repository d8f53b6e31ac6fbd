#include "aggregator/census.h"

#include <algorithm>

#include "proto/crowding.h"

namespace wardpulse::aggregator {
namespace {

constexpr TypeCode code(EventType type) { return static_cast<TypeCode>(type); }
constexpr SizeMask kDay = size_bit(WindowSize::k1d);

// Will cross `limit` whole minutes since `start` within the forward look, and has not yet.
bool about_to_cross(Time start, Time now, std::int64_t limit) {
  return whole_minutes(start, now) <= limit && whole_minutes(start, now + kForwardLook) > limit;
}

struct Admissions {
  bool any = false;     // by now
  bool pending = false; // one without a discharge by now, or one still to come
};

Admissions add_admissions(Records records, const VisitView& view, Time now, Census* census) {
  Admissions result;
  for (const Occurrence& o : records) {
    if (o.type != code(EventType::kAdmission) || (o.admitted & kDay) == 0 || o.time > view.last_time) continue;
    if (o.time > now) {
      result.pending = true;
      continue;
    }
    result.any = true;
    const bool discharged = std::any_of(records.begin(), records.end(), [&](const Occurrence& d) {
      return d.type == code(EventType::kDischarge) && (d.admitted & kDay) != 0 && d.time <= std::min(now, view.last_time) &&
             d.item_id == o.item_id;
    });
    if (discharged) continue;
    result.pending = true;
    ++census->departments[view.of(o.department)].admitted;
  }
  return result;
}

void add_waiting(const VisitView& view, Time now, bool emergency, CensusValues* values) {
  ++values->waiting;
  values->longest_wait_minutes = std::max(values->longest_wait_minutes, whole_minutes(view.checkin.time, now));
  if (emergency && about_to_cross(view.checkin.time, now, 60)) ++values->room_60;
}

// The latest record by `now` that says so.
bool is_ventilated(Records records, const VisitView& view, Time now) {
  Said said = Said::kNothing;
  std::tuple<Time, std::string_view, TypeCode> latest;
  for (const Occurrence& o : records) {
    const bool may_say = o.type == code(EventType::kRoomed) || o.type == code(EventType::kProviderSeen);
    if (!may_say || o.flag == 0 || (o.admitted & kDay) == 0 || o.time > std::min(now, view.last_time)) continue;
    const std::tuple at(o.time, o.event_id, o.type);
    if (said != Said::kNothing && at < latest) continue;
    said = static_cast<Said>(o.flag);
    latest = at;
  }
  return said == Said::kYes;
}

} // namespace

bool add_to_census(const Visit& visit, Time now, Census* census) {
  const Unpacked records(visit.records);
  const VisitView view = view_of(records, kDay);
  if (!view.known) return true;
  const Admissions admissions = add_admissions(records, view, now, census);
  const bool ended = view.end() <= now;
  if (!view.checkin.present() || ended) return !ended || admissions.pending;
  if (view.checkin.time > now) return true;
  const bool emergency = view.checkin.flag == static_cast<std::uint8_t>(VisitType::kEmergency);
  CensusValues& values = census->departments[view.department];
  if (emergency && now - view.checkin.time >= kStaleAfter) {
    ++values.stale;
    return true;
  }
  const bool in_care = (view.roomed.present() && view.roomed.time <= now) || (view.seen.present() && view.seen.time <= now);
  if (in_care) {
    ++values.in_care;
  } else {
    add_waiting(view, now, emergency, &values);
  }
  if (emergency) {
    values.stay_480 += about_to_cross(view.checkin.time, now, 480);
    values.four_hour += about_to_cross(view.checkin.time, now, 240);
  }
  if (emergency && !admissions.any) {
    ++census->crowding[kEdPatients];
    census->crowding[kVentilated] += is_ventilated(records, view, now);
  }
  if (view.decision.present() && view.decision.time <= now && !admissions.any) {
    CensusValues& boarding = census->departments[view.decision.department];
    ++boarding.boarding;
    if (emergency) {
      ++census->crowding[kHeldForBed];
      auto& longest = census->crowding[kLongestAdmitWait];
      longest = std::max(longest, whole_minutes(view.decision.time, now));
    }
    if (emergency && about_to_cross(view.decision.time, now, 240)) ++boarding.board_240;
  }
  return true;
}

std::vector<TextId> census_departments(Records records, const VisitView& view) {
  std::vector<TextId> departments;
  if (!view.known) return departments;
  if (view.checkin.present()) departments.push_back(view.department);
  if (view.decision.present()) departments.push_back(view.decision.department);
  for (const Occurrence& o : records) {
    if (o.type == code(EventType::kAdmission) && (o.admitted & kDay) != 0 && o.time <= view.last_time) {
      departments.push_back(view.of(o.department));
    }
  }
  return departments;
}

RoomedPatient roomed_patient(const VisitView& view) {
  const bool emergency = view.checkin.present() && view.checkin.flag == static_cast<std::uint8_t>(VisitType::kEmergency);
  if (!emergency || !view.roomed.present()) return {};
  return {view.roomed.time, std::max<std::int64_t>(0, whole_minutes(view.checkin.time, view.roomed.time))};
}

void LastRoomed::exchange(const RoomedPatient& before, const RoomedPatient& after) {
  if (before == after) return;
  if (after.at != kNever && remembered(after.at)) ++roomed_[{after.at, after.wait_minutes}];
  if (before.at == kNever || !remembered(before.at)) return;
  const auto it = roomed_.find({before.at, before.wait_minutes});
  if (--it->second == 0) roomed_.erase(it);
}

void LastRoomed::set_log_watermark(Time watermark) {
  log_watermark_ = watermark;
  while (!roomed_.empty() && !remembered(roomed_.begin()->first.first)) roomed_.erase(roomed_.begin());
}

void LastRoomed::add_to(Time now, Counts* inputs) const {
  const auto behind = roomed_.upper_bound({now, INT64_MAX});
  if (behind == roomed_.begin()) return;
  const auto& [at, wait] = std::prev(behind)->first;
  if (at <= later(now, -kLastRoomedLookBack)) return;
  (*inputs)[kLastRoomedAt] = to_ms(at);
  (*inputs)[kLastRoomedWait] = wait;
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
