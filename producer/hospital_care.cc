// What happens to a visit, from check-in to its end.
#include "producer/hospital.h"

namespace wardpulse::producer {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Of emergency patients who were seen, out of a thousand, before admission is thought of.
constexpr int kDiedPerMille = 2, kTransferredPerMille = 12, kAmaPerMille = 8, kLbtcPerMille = 9;
constexpr int kOutpatientAdmitPercent = 2;
constexpr Duration kLongestStay = hours{24 * 25};

} // namespace

bool Hospital::check_in(VisitSlot slot) {
  Visit& visit = visits_[slot];
  visit.checked_in = now_;
  Event& event = begin_visit(EventType::kCheckin, visit);
  set_department(visit, visit.department);
  switch (visit.kind) {
    case ArrivalKind::kEmergency:
      event.visit_type = VisitType::kEmergency;
      event.arrival_mode = random_.percent(28) ? "ambulance" : "walk-in";
      plan_visit(Action::kTriage, seconds{40} + random_.erlang(2, minutes{7}), slot);
      break;
    case ArrivalKind::kOutpatient:
      event.visit_type = VisitType::kOutpatient;
      wait_for_room(slot, hours{6});
      break;
    default:
      event.visit_type = VisitType::kInpatient;
      visit.phase = Phase::kInCare;
      plan_visit(Action::kAdmitDecision, minutes{2} + random_.erlang(2, minutes{8}), slot);
      break;
  }
  return true;
}

bool Hospital::triage(VisitSlot slot) {
  Visit& visit = visits_[slot];
  const std::size_t level = random_.weighted(kAcuityPercent);
  visit.acuity = static_cast<std::int8_t>(level + 1);
  begin_visit(EventType::kTriage, visit).acuity = visit.acuity;
  wait_for_room(slot, kPatience[level]);
  return true;
}

bool Hospital::give_up(VisitSlot slot) {
  Visit& visit = visits_[slot];
  if (visit.phase != Phase::kWaiting) return false; // got a room in time
  rooms(visit.department).stop_waiting(visit.acuity, visit.number, slot);
  return leave(slot, "lwbs");
}

bool Hospital::roomed(VisitSlot slot) {
  begin_visit(EventType::kRoomed, visits_[slot]);
  const Duration mean = visits_[slot].kind == ArrivalKind::kEmergency ? minutes{13} : minutes{6};
  plan_visit(Action::kSeen, seconds{30} + random_.erlang(2, mean), slot);
  return true;
}

bool Hospital::seen(VisitSlot slot) {
  const ArrivalKind kind = visits_[slot].kind;
  Event& event = begin_visit(EventType::kProviderSeen, visits_[slot]);
  if (visits_[slot].acuity == 1 && kind == ArrivalKind::kEmergency) event.ventilated = random_.percent(30);
  if (kind == ArrivalKind::kInpatient) return true; // their treatments run over the whole stay
  const bool emergency = kind == ArrivalKind::kEmergency;
  const Duration stay = emergency ? minutes{20} + random_.erlang(3, minutes{95}) : minutes{8} + random_.erlang(3, minutes{28});
  const std::int64_t count = emergency ? random_.between(1, 4) : random_.between(1, 2);
  for (std::int64_t i = 0; i < count; ++i) plan_visit(Action::kTreat, Duration{random_.between(60'000, stay.count() - 1)}, slot);
  plan_visit(Action::kDecide, stay, slot);
  return true;
}

bool Hospital::treat(VisitSlot slot) {
  Visit& visit = visits_[slot];
  const auto choices = treatments(visit.department);
  const Treatment& treatment = choices[random_.below(choices.size())];
  Event& event = begin_visit(EventType::kTreatment, visit);
  event.treatment_code = treatment.code;
  event.description = treatment.description;
  event.cost_cents = treatment.cents * random_.between(80, 120) / 100;
  visit.cents += event.cost_cents;
  return true;
}

bool Hospital::decide(VisitSlot slot) {
  Visit& visit = visits_[slot];
  if (visit.kind == ArrivalKind::kOutpatient) {
    return random_.percent(kOutpatientAdmitPercent) ? admit_decision(slot) : complete(slot);
  }
  constexpr std::array<int, 5> kDoors = {kDiedPerMille, kTransferredPerMille, kAmaPerMille, kLbtcPerMille,
                                         1000 - kDiedPerMille - kTransferredPerMille - kAmaPerMille - kLbtcPerMille};
  constexpr std::array<std::string_view, 4> kReasons = {"died", "transferred", "ama", "lbtc"};
  if (const std::size_t door = random_.weighted(kDoors); door < kReasons.size()) return leave(slot, kReasons[door]);
  if (!random_.percent(kAdmitPercent[static_cast<std::size_t>(visit.acuity - 1)])) return complete(slot);
  if (visit.department == Department::kEmergency) visit.ward = static_cast<Department>(random_.weighted(kWardWeights));
  return admit_decision(slot);
}

bool Hospital::admit_decision(VisitSlot slot) {
  Event& event = begin_visit(EventType::kAdmitDecision, visits_[slot]);
  set_department(visits_[slot], visits_[slot].department);
  if (visits_[slot].kind == ArrivalKind::kEmergency) event.observation = random_.percent(15);
  plan_visit(Action::kAdmit, minutes{5} + random_.erlang(2, minutes{75}), slot);
  return true;
}

bool Hospital::admit(VisitSlot slot) {
  const bool inpatient = visits_[slot].kind == ArrivalKind::kInpatient;
  const Duration stay = std::min(hours{10} + random_.erlang(2, hours{58}), kLongestStay);
  if (inpatient) {
    plan_visit(Action::kSeen, minutes{20} + random_.erlang(2, hours{1}), slot);
    for (std::int64_t i = random_.between(2, 5); i > 0; --i) {
      plan_visit(Action::kTreat, Duration{random_.between(3'600'000, stay.count() - 1)}, slot);
    }
  } else {
    plan_visit(Action::kComplete, seconds{random_.between(60, 240)}, slot);
    rooms(visits_[slot].department).free();
    fill_rooms(visits_[slot].department);
  }
  plan_visit(Action::kDischarge, stay, slot);

  Visit& visit = visits_[slot];
  visit.admitted = true;
  visit.admitted_at = now_;
  Event& event = begin_visit(EventType::kAdmission, visit);
  set_department(visit, visit.ward);
  event.admission_id = id_of(&other_text_, 'a', visit.number);
  event.room_type = room_type(visit.ward, static_cast<int>(random_.below(100)));
  return true;
}

bool Hospital::discharge(VisitSlot slot) {
  constexpr std::array<int, 4> kWeights = {82, 11, 5, 2};
  constexpr std::array<std::string_view, 4> kDispositions = {"Home", "Skilled Nursing", "Rehabilitation", "Expired"};
  Visit& visit = visits_[slot];
  Event& event = begin_visit(EventType::kDischarge, visit);
  set_department(visit, visit.ward);
  event.admission_id = id_of(&other_text_, 'a', visit.number);
  event.admitted_at = visit.admitted_at;
  event.disposition = kDispositions[random_.weighted(kWeights)];
  if (visit.kind == ArrivalKind::kInpatient) plan_visit(Action::kComplete, seconds{random_.between(60, 900)}, slot);
  else end_visit(slot);
  return true;
}

bool Hospital::complete(VisitSlot slot) {
  Visit& visit = visits_[slot];
  Event& event = begin_visit(EventType::kVisitCompleted, visit);
  event.started_at = visit.checked_in;
  event.status_text = "Completed";
  plan_visit(Action::kBill, minutes{15} + random_.erlang(2, hours{4}), slot);
  if (!visit.admitted) {
    rooms(visit.department).free();
    fill_rooms(visit.department);
    end_visit(slot);
  } else if (visit.kind == ArrivalKind::kInpatient) {
    end_visit(slot);
  } // else the patient is still here: the discharge ends it
  return true;
}

bool Hospital::leave(VisitSlot slot, std::string_view reason) {
  const bool had_room = visits_[slot].phase == Phase::kInCare;
  begin_visit(EventType::kVisitLeft, visits_[slot]).reason = reason;
  if (visits_[slot].cents > 0) plan_visit(Action::kBill, minutes{15} + random_.erlang(2, hours{4}), slot);
  end_visit(slot);
  if (had_room) {
    rooms(visits_[slot].department).free();
    fill_rooms(visits_[slot].department);
  }
  return true;
}

bool Hospital::cancel(VisitSlot slot, EventType type) {
  begin_visit(type, visits_[slot]).visit_type = VisitType::kOutpatient;
  set_department(visits_[slot], visits_[slot].department);
  end_visit(slot);
  return true;
}

} // namespace wardpulse::producer
