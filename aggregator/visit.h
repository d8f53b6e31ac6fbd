// A visit, and what one window size sees of it.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <absl/container/inlined_vector.h>

#include "aggregator/occurrences.h"
#include "aggregator/texts.h"
#include "aggregator/windows.h"
#include "proto/event.h"

namespace wardpulse::aggregator {

struct Patient;

// One instance of (patient_id, visit_id). The record that made it known gave `anchor` and `known_at`, for good.
struct Visit {
  std::string visit_id;
  Time anchor{};          // event time of that record
  Time known_at{};        // stream time of topic checkins before it
  Occurrences records;
  Patient* patient = nullptr;
  // Derived, see census_book.h: what it is counted with, and its place among those that are due.
  std::uint32_t census_part = 0;
  std::uint32_t due_place = kNotDue;
  static constexpr std::uint32_t kNotDue = UINT32_MAX;

  // The record belongs here by its own time and by its topic's stream time before it.
  bool covers(const Windows& windows, Time event_time, Time stream) const {
    return event_time <= later(anchor, kVisitHorizon) && stream < windows.dead_from(anchor);
  }
  // A covered record joins, or else is an unknown visit's.
  bool admits_join(Time event_time) const { return known_at < later(event_time, kHoldHorizon); }
};

// A check-in of a visit that left.
struct PastCheckin {
  Time time{};
  TextId department = 0;
  SizeMask sizes = 0; // that see it
};

// What the visits that left gave to their patient, for good.
struct Departed {
  std::array<Time, kWindowSizeCount> first_checkin; // kForever: none
  // Those whose windows may still get check-ins of other visits, or lose them: a patient counts once in a window. A visit
  // may be checked in long after its anchor, so it may leave before its window is settled.
  std::vector<PastCheckin> checkins_kept;
  // By 1d:
  std::int64_t visits = 0, checkins = 0, billed_cents = 0, paid_cents = 0;
  Time first_entry = kForever, last_entry = kNever, last_checkin = kNever;
  Departed() { first_checkin.fill(kForever); }
};

// Stream time of checkins before the first registration that each size admitted; kForever: none. Nearly always the same for all.
class RegisteredAt {
 public:
  using All = std::array<Time, kWindowSizeCount>;
  RegisteredAt() = default;
  explicit RegisteredAt(const All& all) : same_(all.front()) {
    for (const Time at : all) if (at != same_) own_ = std::make_unique<All>(all);
  }
  Time operator[](std::size_t size) const { return own_ != nullptr ? (*own_)[size] : same_; }
  All all() const {
    All all;
    all.fill(same_);
    return own_ != nullptr ? *own_ : all;
  }
  // A registration came when the stream time was this.
  void admit(SizeMask sizes, Time stream) {
    All now = all();
    for (std::size_t s = 0; s < now.size(); ++s) if (now[s] == kForever && (sizes >> s & 1) != 0) now[s] = stream;
    *this = RegisteredAt(now);
  }

 private:
  Time same_ = kForever;
  std::unique_ptr<All> own_; // nullptr: the same for all
};

// A patient stays for ever; its visits leave.
struct Patient {
  std::string id;
  absl::InlinedVector<std::unique_ptr<Visit>, 1> visits; // sorted by (visit_id, anchor)
  Occurrences registrations;
  RegisteredAt registered_at;
  std::unique_ptr<Departed> departed; // nullptr: none left yet
  std::uint32_t hash = 0; // in PatientIndex
  std::uint8_t slice = 0;
  bool changed = false;     // since the last increment
  bool row_changed = false; // since the last publication
};

// What one size sees: the visit's earliest record of each kind, where it has one.
struct VisitView {
  struct Step {
    Time time = kNever; // kNever: none
    TextId department = 0;
    std::uint8_t flag = 0;
    TextId detail = 0;
    TextId source = 0;
    TextId facility = 0;
    bool present() const { return time != kNever; }
  };
  bool known = false; // a checkin-side record is among them
  TextId department = kUnknownText;
  Step checkin, cancelled, no_show, roomed, seen, decision, completed, left; // departments resolved
  Time last_time{}; // later records do not belong to the visit

  TextId of(TextId own) const { return own != 0 ? own : department; }
  const Step& entry() const { return checkin.present() ? checkin : cancelled.present() ? cancelled : no_show; } // REQUIRES: known
  Time end() const; // earliest of completed, left, cancelled, no_show; kForever: none
};
VisitView view_of(Records records, SizeMask size);

// Those of the checkin side, which are the first of a visit's records: enough for a view's entry and what comes of it.
class SideRecords {
 public:
  explicit SideRecords(const Occurrences& packed) {
    packed.unpack_to(&records_, [](const Occurrence& o) { return o.type > static_cast<TypeCode>(EventType::kVisitNoShow); });
  }
  operator Records() const { return {records_.data(), records_.size()}; } // NOLINT: it is the same list

 private:
  absl::InlinedVector<Occurrence, 2> records_;
};

// One contribution to the cells of department and hospital.
struct Fact {
  enum class Kind : std::uint8_t {
    kCheckin, kCompleted, kCancelled, kNoShow, kLeft, kAdmission, kDischarge, kTreatment, kWait, kStay, kOutOfSequence,
  } kind{};
  std::uint8_t visit_type = 0; // kCheckin
  TextId department = 0;
  Time time{};                 // decides the window
  std::int64_t amount = 0;     // kTreatment: cents; kWait, kStay: whole minutes
  friend bool operator==(const Fact&, const Fact&) = default;
};
using Facts = absl::InlinedVector<Fact, 16>;
// `with_items` false: without treatments, admissions and discharges.
// REQUIRES: view == view_of(records, size).
Facts facts_of(Records records, const VisitView& view, SizeMask size, bool with_items);

// -1 for a negative duration.
std::int64_t whole_minutes(Time from, Time to);

} // namespace wardpulse::aggregator
