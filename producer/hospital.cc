// The hospital's clockwork: agenda, arrivals, rooms, and how an event is begun. What happens to a visit is in
// hospital_care.cc, what comes after it in hospital_paperwork.cc.
#include "producer/hospital.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "base/check.h"
#include "proto/codec.h"

namespace wardpulse::producer {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

int busiest(const ArrivalProfile& profile) { return *std::max_element(profile.hours.begin(), profile.hours.end()); }

// Microseconds between arrivals of a kind in its busiest hour.
std::int64_t peak_gap_us(const ArrivalProfile& profile, std::int64_t events_per_1000s) {
  const std::int64_t all_hours = std::accumulate(profile.hours.begin(), profile.hours.end(), std::int64_t{0});
  const std::int64_t mean_gap_us = 1'000'000 * kEventsPerArrivalMilli * 100 / (events_per_1000s * profile.share_percent);
  return std::max<std::int64_t>(1, mean_gap_us * all_hours / (24 * busiest(profile)));
}

} // namespace

Hospital::Hospital(const HospitalOptions& options) : options_(options), seed_text_(std::to_string(options.seed) + "-"), random_(options.seed), now_(options.start) {
  WP_CHECK(options.events_per_1000s > 0 && options.houses > 0);
  for (int house = 1; house <= options.houses; ++house) {
    for (int i = 0; i < kDepartmentCount; ++i) {
      names_.emplace_back(department_name(static_cast<Department>(i)));
      if (house > 1) names_.back() += fmt::format(" {}", house);
    }
  }
  set_up_rooms();
  for (int kind = 0; kind < kArrivalKindCount; ++kind) {
    peak_gap_us_[static_cast<std::size_t>(kind)] = peak_gap_us(arrival_profile(static_cast<ArrivalKind>(kind)), options.events_per_1000s);
  }
  for (int kind = 0; kind < kArrivalKindCount; ++kind) plan_arrival(static_cast<ArrivalKind>(kind));
}

void Hospital::set_up_rooms() {
  for (int i = 0; i < kDepartmentCount; ++i) {
    std::int64_t needed_milli = 0;
    for (const auto kind : {ArrivalKind::kEmergency, ArrivalKind::kOutpatient}) {
      const ArrivalProfile& profile = arrival_profile(kind);
      const std::int64_t room_us =
          (kind == ArrivalKind::kEmergency ? kEmergencyRoomMinutes : kOutpatientRoomMinutes) * std::int64_t{60'000'000};
      const std::int64_t weights = std::accumulate(profile.weights.begin(), profile.weights.end(), 0);
      needed_milli += 1000 * room_us / peak_gap_us(profile, options_.events_per_1000s) *
                      profile.weights[static_cast<std::size_t>(i)] / weights;
    }
    rooms_[static_cast<std::size_t>(i)].set_count(std::max<std::int64_t>(1, needed_milli * kRoomsPercent / 100'000));
  }
}

Happening& Hospital::next() {
  for (;;) {
    const Entry entry = agenda_.pop(); // never empty: each arrival plans the next one
    now_ = entry.at;
    // Its visit lies anywhere: its memory may come while this entry is acted on.
    if (const Entry* soon = agenda_.likely_next(); soon != nullptr && soon->who < visits_.size()) __builtin_prefetch(&visits_[soon->who]);
    if (act(entry)) return happening_;
  }
}

void Hospital::plan(Action action, Duration in, std::uint64_t who) {
  WP_CHECK(in >= Duration::zero());
  agenda_.push({now_ + in, order_++, who, action});
}

void Hospital::plan_visit(Action action, Duration in, VisitSlot slot) {
  ++visits_[slot].pending;
  plan(action, in, slot);
}

// A candidate comes at the busiest hour's pace; arrive() takes as many of them as the hour is busy.
void Hospital::plan_arrival(ArrivalKind kind) {
  std::int64_t& at_us = arrival_us_[static_cast<std::size_t>(kind)];
  at_us += random_.exponential(Duration{peak_gap_us_[static_cast<std::size_t>(kind)]}).count();
  agenda_.push({options_.start + Duration{at_us / 1000}, order_++, static_cast<std::uint64_t>(kind), Action::kArrive});
}

bool Hospital::act(const Entry& entry) {
  if (entry.action == Action::kArrive) return arrive(static_cast<ArrivalKind>(entry.who));
  if (entry.action >= Action::kUploaded) return review_step(entry.action, entry.who);
  const auto slot = static_cast<VisitSlot>(entry.who);
  --visits_[slot].pending;
  const bool happened = act_on_visit(entry.action, slot);
  if (visits_[slot].pending == 0 && visits_[slot].phase == Phase::kEnded) free_slots_.push_back(slot);
  return happened;
}

bool Hospital::act_on_visit(Action action, VisitSlot slot) {
  switch (action) {
    case Action::kCheckIn: return check_in(slot);
    case Action::kTriage: return triage(slot);
    case Action::kGiveUp: return give_up(slot);
    case Action::kRoomed: return roomed(slot);
    case Action::kSeen: return seen(slot);
    case Action::kTreat: return treat(slot);
    case Action::kDecide: return decide(slot);
    case Action::kAdmitDecision: return admit_decision(slot);
    case Action::kAdmit: return admit(slot);
    case Action::kDischarge: return discharge(slot);
    case Action::kComplete: return complete(slot);
    case Action::kCancel: return cancel(slot, EventType::kVisitCancelled);
    case Action::kNoShow: return cancel(slot, EventType::kVisitNoShow);
    case Action::kBill: return bill(slot);
    case Action::kClaim: return claim(slot);
    case Action::kPay: return pay(slot);
    default: break;
  }
  WP_CHECK(false);
  return false;
}

bool Hospital::arrive(ArrivalKind kind) {
  plan_arrival(kind);
  const ArrivalProfile& profile = arrival_profile(kind);
  const auto hour = static_cast<std::size_t>((to_ms(now_) / 3'600'000 % 24 + 24) % 24);
  if (random_.below(static_cast<std::uint64_t>(busiest(profile))) >= static_cast<std::uint64_t>(profile.hours[hour])) {
    return false;
  }
  if (kind == ArrivalKind::kReview) {
    plan(Action::kUploaded, Duration{0}, ++reviews_made_);
    return false;
  }
  const auto department = static_cast<Department>(random_.weighted(profile.weights));
  const auto [place, is_new] = patients_.arrive(department, today(), &random_);
  const VisitSlot slot = new_visit(kind, department, place);
  const Duration delay = is_new ? Duration{random_.between(45'000, 240'000)} : Duration{0};
  if (kind == ArrivalKind::kOutpatient) expect_outpatient(slot, delay);
  else plan_visit(Action::kCheckIn, delay, slot);
  if (!is_new) return false;

  const Patient& patient = patients_.at(place);
  Event& event = begin(EventType::kPatientRegistered);
  event.patient_id = id_of(&patient_text_, 'p', patient.number);
  event.gender = patient.gender;
  event.birth_date = patient.birth_date;
  event.registered_on = today();
  event.city = patient.city;
  happening_.department = {};
  return true;
}

// A booked patient calls it off, does not come, or checks in.
void Hospital::expect_outpatient(VisitSlot slot, Duration delay) {
  constexpr std::array<int, 3> kOutcomes = {6, 5, 89};
  constexpr std::array<Action, 3> kActions = {Action::kCancel, Action::kNoShow, Action::kCheckIn};
  plan_visit(kActions[random_.weighted(kOutcomes)], delay, slot);
}

Hospital::VisitSlot Hospital::new_visit(ArrivalKind kind, Department department, std::size_t place) {
  VisitSlot slot = static_cast<VisitSlot>(visits_.size());
  if (free_slots_.empty()) {
    visits_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  Visit& visit = visits_[slot];
  visit = Visit{};
  visit.number = ++visits_made_;
  visit.patient = patients_.at(place).number;
  visit.place = place;
  visit.kind = kind;
  visit.department = visit.ward = department;
  return slot;
}

void Hospital::wait_for_room(VisitSlot slot, Duration patience) {
  Visit& visit = visits_[slot];
  visit.phase = Phase::kWaiting;
  rooms(visit.department).wait(visit.acuity, visit.number, slot);
  if (patience > Duration::zero()) plan_visit(Action::kGiveUp, minutes{20} + random_.exponential(patience), slot);
  fill_rooms(visit.department);
}

void Hospital::fill_rooms(Department department) {
  while (const auto slot = rooms(department).take()) {
    visits_[*slot].phase = Phase::kInCare;
    plan_visit(Action::kRoomed, seconds{random_.between(30, 240)}, *slot);
  }
}

void Hospital::end_visit(VisitSlot slot) {
  Visit& visit = visits_[slot];
  visit.phase = Phase::kEnded;
  patients_.leave(visit.place);
}

Event& Hospital::begin(EventType type) {
  happening_ = {};
  Event& event = happening_.event;
  event.type = type;
  event.event_id = id_of(&event_text_, 's', ++events_made_);
  event.event_time = now_;
  event.source = feed_name(event_topic(type));
  return event;
}

Event& Hospital::begin_visit(EventType type, const Visit& visit) {
  Event& event = begin(type);
  event.patient_id = id_of(&patient_text_, 'p', visit.patient);
  event.visit_id = id_of(&visit_text_, 'v', visit.number);
  happening_.department = name_of(visit, visit.department);
  happening_.checked_in = visit.checked_in;
  if (event_topic(type) == Topic::kCheckins) event.facility = organization_name();
  return event;
}

void Hospital::set_department(const Visit& visit, Department department) {
  happening_.event.department = happening_.department = name_of(visit, department);
}

// A patient goes to one house, always.
std::string_view Hospital::name_of(const Visit& visit, Department department) const {
  const auto house = static_cast<std::size_t>(visit.patient % static_cast<std::uint64_t>(options_.houses));
  return names_[house * kDepartmentCount + static_cast<std::size_t>(department)];
}

std::string_view Hospital::id_of(std::string* text, char kind, std::uint64_t number) const {
  const fmt::format_int count(number);
  text->assign(1, kind);
  text->append(seed_text_).append(count.data(), count.size());
  return *text;
}

std::chrono::year_month_day Hospital::today() const { return std::chrono::floor<std::chrono::days>(now_); }

} // namespace wardpulse::producer
