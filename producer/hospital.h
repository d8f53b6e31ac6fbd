// A simulated hospital: patients arrive, are triaged, wait for rooms, are treated, admitted, billed. A discrete-event
// simulation without clock or I/O: the same seed, start and rate give the same events, in order of event time.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "producer/agenda.h"
#include "producer/hospital_tables.h"
#include "producer/patients.h"
#include "producer/random.h"
#include "producer/rooms.h"
#include "proto/event.h"

namespace wardpulse::producer {

struct HospitalOptions {
  std::uint64_t seed = 1;
  Time start{};
  std::int64_t events_per_1000s = 2'000; // on average over a day
  int houses = 1;                        // each has the departments; those of all but the first are named "Emergency 2"
};

// What happened, and what its consumer is to make of it.
struct Happening {
  Event event;                 // views live until the next call
  std::string_view department; // the event's own or its visit's; empty for reviews
  Time checked_in = kNever;    // of the visit, when it has a check-in
};

class Hospital {
 public:
  explicit Hospital(const HospitalOptions& options);
  Happening& next(); // the caller's until the next call. Endless; event times never go back

 private:
  enum class Action : std::uint8_t {
    kArrive, kCheckIn, kTriage, kGiveUp, kRoomed, kSeen, kTreat, kDecide, kAdmitDecision, kAdmit, kDischarge, kComplete,
    kCancel, kNoShow, kBill, kClaim, kPay,
    kUploaded, kChecked, kAnalyze, kAnalyzed, kReview, kReviewed,
  };
  enum class Phase : std::uint8_t { kExpected, kWaiting, kInCare, kEnded };

  struct Visit {
    std::uint64_t number = 0;
    std::uint64_t patient = 0;
    std::size_t place = 0; // in the patient book
    Time checked_in = kNever;
    Time admitted_at = kNever;
    std::int64_t cents = 0; // of its treatments, then of its bill
    std::int64_t insurance_cents = 0;
    std::int64_t paid_cents = 0;
    std::uint32_t pending = 0; // its entries in the agenda; the slot is used again when none is left
    ArrivalKind kind{};
    Department department{};
    Department ward{};
    Phase phase = Phase::kExpected;
    std::int8_t acuity = 3;
    bool admitted = false;
    std::uint8_t payer = 0;
  };
  using VisitSlot = std::uint32_t;

  struct Entry {
    Time at;
    std::uint64_t order; // entries of one moment come in the order in which they were made
    std::uint64_t who;   // slot of a visit, number of a review, or kind of arrival
    Action action;
    bool operator>(const Entry& other) const { return at != other.at ? at > other.at : order > other.order; }
  };

  void plan(Action action, Duration in, std::uint64_t who);
  void plan_visit(Action action, Duration in, VisitSlot slot);
  void plan_arrival(ArrivalKind kind);
  void set_up_rooms();

  // Each does what is due at now_; true: happening_ is filled in.
  bool act(const Entry& entry);
  bool act_on_visit(Action action, VisitSlot slot);
  bool arrive(ArrivalKind kind);
  bool check_in(VisitSlot slot);
  bool triage(VisitSlot slot);
  bool give_up(VisitSlot slot);
  bool roomed(VisitSlot slot);
  bool seen(VisitSlot slot);
  bool treat(VisitSlot slot);
  bool decide(VisitSlot slot);
  bool admit_decision(VisitSlot slot);
  bool admit(VisitSlot slot);
  bool discharge(VisitSlot slot);
  bool complete(VisitSlot slot);
  bool cancel(VisitSlot slot, EventType type);
  bool bill(VisitSlot slot);
  bool claim(VisitSlot slot);
  bool pay(VisitSlot slot);
  void write_bill(const Visit& visit, bool paid);
  bool review_step(Action action, std::uint64_t review);

  void expect_outpatient(VisitSlot slot, Duration delay);
  void wait_for_room(VisitSlot slot, Duration patience);
  void fill_rooms(Department department);
  bool leave(VisitSlot slot, std::string_view reason);
  void end_visit(VisitSlot slot);
  VisitSlot new_visit(ArrivalKind kind, Department department, std::size_t place);
  Rooms& rooms(Department department) { return rooms_[static_cast<std::size_t>(department)]; }

  Event& begin(EventType type);
  Event& begin_visit(EventType type, const Visit& visit);
  void set_department(const Visit& visit, Department department); // the event's own
  std::string_view name_of(const Visit& visit, Department department) const;
  std::string_view id_of(std::string* text, char kind, std::uint64_t number) const;
  std::chrono::year_month_day today() const;

  const HospitalOptions options_;
  const std::string seed_text_; // in every id
  Random random_;
  Time now_;
  Agenda<Entry> agenda_;
  std::uint64_t order_ = 0;
  std::array<std::int64_t, kArrivalKindCount> peak_gap_us_{}; // between candidates
  std::array<std::int64_t, kArrivalKindCount> arrival_us_{}; // next candidate, since start; finer than Time at high rates
  std::array<Rooms, kDepartmentCount> rooms_;
  std::vector<std::string> names_; // of the departments, house by house
  PatientBook patients_;
  std::vector<Visit> visits_;
  std::vector<VisitSlot> free_slots_;
  std::uint64_t visits_made_ = 0, events_made_ = 0, reviews_made_ = 0;
  Happening happening_;
  std::string event_text_, patient_text_, visit_text_, other_text_; // what happening_ points into
};

} // namespace wardpulse::producer
