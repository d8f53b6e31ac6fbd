#include "aggregator/census_book.h"

#include <algorithm>

#include "base/check.h"
#include "base/planted_bug.h"
#include "proto/crowding.h"

namespace wardpulse::aggregator {
namespace {

constexpr TypeCode code(EventType type) { return static_cast<TypeCode>(type); }

constexpr bool moves_census(TypeCode type) {
  return type < code(EventType::kBill) && type != code(EventType::kTriage) && type != code(EventType::kTreatment);
}
// Until their time has come they change nothing of a part but how long it stays, and nothing of the times that it was counted with.
constexpr bool waits_for_its_time(TypeCode type) {
  switch (static_cast<EventType>(type)) {
    case EventType::kRoomed: case EventType::kProviderSeen: case EventType::kVisitCompleted: case EventType::kVisitLeft:
    case EventType::kDischarge: return true;
    default: return false;
  }
}

CensusValues values_of(const auto& department, Time now) {
  return {
      .waiting = department[CensusField::kWaiting],
      .in_care = department[CensusField::kInCare],
      .boarding = department[CensusField::kBoarding],
      .admitted = department[CensusField::kAdmitted],
      .stale = department[CensusField::kStale],
      .longest_wait_minutes = department.waiting.empty() ? -1 : whole_minutes(department.waiting.earliest(), now),
      .room_60 = department[CensusField::kRoom60],
      .board_240 = department[CensusField::kBoard240],
      .stay_480 = department[CensusField::kStay480],
      .four_hour = department[CensusField::kFourHour],
  };
}

} // namespace

void CensusBook::change(Visit& visit, const Occurrence& record, const VisitView& before, Records records, const VisitView& after) {
  if (now_ == kNever || !moves_census(record.type)) return;
  // Most are newer than any census, which is as of the watermark: the part is made once, when that has come so far.
  if (waits_for_its_time(record.type)) return wait_until(visit, std::min(record.time, due_.at(visit)));
  exchange(visit, before, census_part(records, after, now_), after, false);
}

void CensusBook::wait_until(Visit& visit, Time moment) { due_.set(visit, planted(PlantedBug::kForgottenMoment) ? kForever : moment); }

void CensusBook::exchange(Visit& visit, const VisitView& before, const CensusPart& part, const VisitView& after, bool same_times) {
  wait_until(visit, part.until);
  if (same_times && shared_[visit.census_part].terms == part.terms) return;
  withdraw(visit, before);
  visit.census_part = share(part.terms);
  count(part.terms, after, +1);
}

void CensusBook::remove(Visit& visit, const VisitView& view) {
  withdraw(visit, view);
  due_.set(visit, kForever);
}

void CensusBook::move_to(Time now) {
  WP_CHECK(now >= now_);
  if (now_ == kNever) return; // nobody has asked yet
  due_now_.clear(); // none of them is due again before `now` has gone on
  while (Visit* visit = due_.take(now)) due_now_.push_back(visit);
  for (std::size_t i = 0; i < due_now_.size(); ++i) {
    if (i + kPrefetchDistance < due_now_.size()) due_now_[i + kPrefetchDistance]->records.prefetch();
    look_at(*due_now_[i], now);
  }
  now_ = now;
}

Census CensusBook::as_of(Time now) {
  if (now_ == kNever) {
    patients_.each([&](Patient& patient) {
      for (const auto& visit : patient.visits) look_at(*visit, now);
    });
    now_ = now;
  }
  move_to(now);

  Census census;
  for (const auto& [name, department] : departments_) {
    if (department[CensusField::kKnown] != 0) census.departments.emplace(name, values_of(department, now));
    census.crowding[kEdPatients] += department[CensusField::kEdPatients];
    census.crowding[kHeldForBed] += department[CensusField::kHeldForBed];
    census.crowding[kVentilated] += department[CensusField::kVentilated];
  }
  if (!held_.empty()) census.crowding[kLongestAdmitWait] = whole_minutes(held_.earliest(), now);
  return census;
}

void CensusBook::look_at(Visit& visit, Time now) {
  absl::InlinedVector<Occurrence, 16> unpacked;
  visit.records.unpack_to(&unpacked, [](const Occurrence& o) { return o.type >= code(EventType::kBill); });
  const Records records(unpacked.data(), unpacked.size());
  const VisitView view = view_of(records, size_bit(WindowSize::k1d));
  exchange(visit, view, census_part(records, view, now), view, true);
}

// REQUIRES: `view` has the times of check-in and decision that it was counted with.
void CensusBook::withdraw(Visit& visit, const VisitView& view) {
  count(shared_[visit.census_part].terms, view, -1);
  let_go(visit.census_part);
  visit.census_part = 0;
}

void CensusBook::count(const CensusTerms& terms, const VisitView& view, int sign) {
  const auto keep = [&](TimeBag& times, Time time) { return sign > 0 ? times.add(time) : times.remove(time); };
  for (const CensusTerm& term : terms) {
    Department& department = departments_[term.department];
    department.sums[static_cast<std::size_t>(term.field)] += sign;
    if (term.field == CensusField::kWaiting) keep(department.waiting, view.checkin.time);
    if (term.field == CensusField::kHeldForBed) keep(held_, view.decision.time);
  }
}

std::uint32_t CensusBook::share(const CensusTerms& terms) {
  if (terms.empty()) return 0;
  const auto [known, is_new] = numbers_.try_emplace(terms, 0);
  if (is_new) {
    if (unused_.empty()) {
      unused_.push_back(static_cast<std::uint32_t>(shared_.size()));
      shared_.emplace_back();
    }
    known->second = unused_.back();
    unused_.pop_back();
    shared_[known->second].terms = terms;
  }
  ++shared_[known->second].visits;
  return known->second;
}

void CensusBook::let_go(std::uint32_t number) {
  if (number == 0 || --shared_[number].visits > 0) return;
  numbers_.erase(shared_[number].terms);
  shared_[number].terms.clear();
  unused_.push_back(number);
}

} // namespace wardpulse::aggregator
