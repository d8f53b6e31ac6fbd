#include "aggregator/visit_book.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "aggregator/state_codec.h"
#include "base/check.h"
#include "base/planted_bug.h"

namespace wardpulse::aggregator {
namespace {

constexpr TypeCode code(EventType type) { return static_cast<TypeCode>(type); }
constexpr SizeMask kDay = size_bit(WindowSize::k1d);
constexpr bool is_checkin_side(TypeCode type) { return type <= code(EventType::kVisitNoShow); }

// Identified by an id of their own, and without a limit in number.
constexpr bool is_item(TypeCode type) {
  if (type >= kWorkflowTypes) return false;
  switch (static_cast<EventType>(type)) {
    case EventType::kTreatment: case EventType::kAdmission: case EventType::kDischarge:
    case EventType::kBill: case EventType::kPayment: case EventType::kClaim: return true;
    default: return false;
  }
}

Topic topic_of(TypeCode type) { return type >= kWorkflowTypes ? Topic::kWorkflow : event_topic(static_cast<EventType>(type)); }

bool same_item(const Occurrence& known, const Occurrence& other) {
  if (known.type != other.type || !is_item(known.type) || known.item_id != other.item_id) return false;
  const auto paid = static_cast<std::uint8_t>(BillStatus::kPaid), pending = static_cast<std::uint8_t>(BillStatus::kPending);
  if (known.type != code(EventType::kBill) || known.flag == other.flag) return true;
  // Pending and Paid are two records of one bill. A Pending one that is not earlier than the Paid one adds nothing.
  return known.flag == paid && other.flag == pending && other.time >= known.time;
}

// The others move no fact of a department, only attempts, sums and the census.
constexpr bool moves_facts(TypeCode type) {
  switch (static_cast<EventType>(type)) {
    case EventType::kTriage: case EventType::kRoomed: case EventType::kAdmitDecision:
    case EventType::kBill: case EventType::kPayment: case EventType::kClaim: return false;
    default: return true;
  }
}

// The others leave what VisitView says as it is.
constexpr bool moves_view(TypeCode type) { return type != code(EventType::kTriage) && !is_item(type); }

// The others leave the patient's row in the mart as it is.
constexpr bool moves_row(TypeCode type) {
  return is_checkin_side(type) || type == code(EventType::kBill) || type == code(EventType::kPayment);
}

} // namespace

Attempt attempt_of(const FunnelPlan& plan, Records records, const VisitView& day) {
  return day.known ? attempt_of(plan, records, day.last_time, day.department) : Attempt{};
}

Addition judge_addition(const Occurrence& occurrence, Records records) {
  const Topic topic = topic_of(occurrence.type);
  Addition addition;
  int of_type = 0;
  std::size_t last = 0;
  const auto order = [](const Occurrence& o) { return std::tie(o.type, o.time, o.event_id); };
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Occurrence& o = records[i];
    const bool same_id = o.event_id == occurrence.event_id && topic_of(o.type) == topic;
    if ((same_id || same_item(o, occurrence)) && !planted(PlantedBug::kNoDuplicateRemoval)) return {.added = {.applied = false, .content_differs = o.content != occurrence.content}};
    if (order(o) < order(occurrence)) addition.place = i + 1;
    if (o.type == occurrence.type) {
      ++of_type;
      last = i;
    }
  }
  addition.added.applied = true;
  if (is_item(occurrence.type) || of_type < kOccurrencesCounted) return addition;
  addition.added.ignored = 1;
  if (order(occurrence) > order(records[last])) {
    addition.added.applied = false;
  } else {
    addition.pushed_out = last; // not before its place
  }
  return addition;
}

// A visit before or after a change.
struct VisitBook::Seen {
  explicit Seen(const Unpacked& unpacked) : Seen(unpacked, view_of(unpacked, kDay)) {}
  Seen(const Unpacked& unpacked, const VisitView& seen_by_day)
      : records(unpacked), uniform(unpacked.admitted_by_all() == kAllSizes), day(seen_by_day) {}
  // `room` holds the view where it is not that of 1d.
  const VisitView& view(WindowSize size, VisitView* room) const { return uniform ? day : *room = view_of(records, size_bit(size)); }

  Records records;
  bool uniform; // all sizes see the same
  VisitView day;
};

VisitBook::VisitBook(const Windows& windows, const FunnelPlans& plans, Texts& texts, CellTable& cells)
    : windows_(windows), plans_(plans), texts_(texts), cells_(cells) {}

Patient& VisitBook::patient(std::string_view id) { return *patients_.find_or_make(id).first; }

// Each step touches what the step before has asked for.
void VisitBook::prefetch(std::string_view id, int step) const {
  if (step == 0) return patients_.prefetch_place(id);
  if (step == 1) return patients_.prefetch_patient(id);
  const Patient* patient = patients_.find(id);
  if (patient == nullptr) return;
  for (const auto& visit : patient->visits) {
    if (step == 2) __builtin_prefetch(visit.get());
    else visit->records.prefetch();
  }
}

void VisitBook::prefetch(const std::vector<Patient*>& patients, std::size_t at) {
  if (const auto far = at + 3 * kPrefetchDistance; far < patients.size()) __builtin_prefetch(patients[far]);
  if (const auto near = at + 2 * kPrefetchDistance; near < patients.size()) {
    for (const auto& visit : patients[near]->visits) __builtin_prefetch(visit.get());
  }
  if (const auto next = at + kPrefetchDistance; next < patients.size()) {
    for (const auto& visit : patients[next]->visits) visit->records.prefetch();
  }
}

Visit* VisitBook::newest(Patient& patient, std::string_view visit_id) const {
  Visit* found = nullptr;
  for (const auto& visit : patient.visits) if (visit->visit_id == visit_id) found = visit.get(); // sorted by anchor within an id
  return found;
}

VisitBook::Judgement VisitBook::judge(Patient* patient, std::string_view visit_id, Time event_time, Time stream) const {
  if (patient != nullptr) {
    for (const auto& visit : patient->visits) {
      if (visit->visit_id != visit_id || !visit->covers(windows_, event_time, stream)) continue;
      return visit->admits_join(event_time) ? Judgement{Verdict::kJoins, visit.get()} : Judgement{Verdict::kUnknown, nullptr};
    }
  }
  return {};
}

Visit& VisitBook::make_visit(Patient& patient, std::string_view visit_id, Time anchor, Time known_at) {
  auto made = std::make_unique<Visit>();
  made->visit_id = visit_id;
  made->anchor = anchor;
  made->known_at = known_at;
  made->patient = &patient;
  Visit& visit = *made;
  const auto place = std::upper_bound(patient.visits.begin(), patient.visits.end(), made, [](const auto& a, const auto& b) {
    return std::tie(a->visit_id, a->anchor) < std::tie(b->visit_id, b->anchor);
  });
  patient.visits.insert(place, std::move(made));
  ++visit_count_;
  schedule_leave(visit);
  mark_changed(patient, true);
  return visit;
}

Added VisitBook::add(Visit& visit, const Occurrence& occurrence) {
  const Unpacked before(visit.records);
  const Addition addition = judge_addition(occurrence, before);
  if (!addition.added.applied) return addition.added;
  Unpacked after = before;
  add_to(&after, addition, occurrence);
  const Seen seen(before), seen_now = moves_view(occurrence.type) ? Seen(after) : Seen(after, seen.day);
  exchange(visit, occurrence.type, seen, seen_now);
  census_.change(visit, occurrence, seen.day, after, seen_now.day);
  if (addition.pushed_out) add_to(&visit.records, addition, occurrence);
  else visit.records.insert_behind(addition.place == 0 ? nullptr : &Records(before)[addition.place - 1], occurrence);
  mark_changed(*visit.patient, moves_row(occurrence.type));
  return addition.added;
}

std::array<bool, kWindowSizeCount> VisitBook::registered(const Visit& visit) const {
  std::array<bool, kWindowSizeCount> sizes;
  const Time dead = windows_.dead_from(visit.anchor);
  for (std::size_t s = 0; s < sizes.size(); ++s) sizes[s] = visit.patient->registered_at[s] < dead;
  return sizes;
}

// A patient registered at last heals the visits that came before.
Added VisitBook::add_registration(Patient& patient, const Occurrence& occurrence, Time stream) {
  const Addition addition = judge_addition(occurrence, Unpacked(patient.registrations));
  if (!addition.added.applied) return addition.added;
  const PatientGroup group_before = group_of(summary_of(patient, windows_, false));
  add_to(&patient.registrations, addition, occurrence);
  absl::InlinedVector<Sums, 2> before;
  for (const auto& visit : patient.visits) before.push_back(registration_sums(Unpacked(visit->records), registered(*visit)));
  patient.registered_at.admit(occurrence.admitted, stream);
  for (std::size_t i = 0; i < before.size(); ++i) {
    exchange_sums(before[i], registration_sums(Unpacked(patient.visits[i]->records), registered(*patient.visits[i])));
  }
  cells_.exchange(group_before, group_of(summary_of(patient, windows_, false)));
  mark_changed(patient, true);
  return addition.added;
}

namespace {

// Those of `these` that are not among `those`.
template <class T, class F>
void each_without(std::span<const T> these, std::span<const T> those, F&& f) {
  if (these.empty()) return;
  absl::InlinedVector<bool, 32> taken(those.size(), false);
  for (const T& one : these) {
    bool matched = false;
    for (std::size_t i = 0; i < those.size() && !matched; ++i) {
      if (!taken[i] && those[i] == one) matched = taken[i] = true;
    }
    if (!matched) f(one);
  }
}

// What two lists do not have in common. A change leaves most of a list as it was, in order: both ends are passed over at once.
template <class T>
class Difference {
 public:
  template <class List>
  Difference(const List& before, const List& after) : before_(before.data(), before.size()), after_(after.data(), after.size()) {
    std::size_t same = 0;
    const std::size_t least = std::min(before_.size(), after_.size());
    while (same < least && before_[same] == after_[same]) ++same;
    before_ = before_.subspan(same);
    after_ = after_.subspan(same);
    while (!before_.empty() && !after_.empty() && before_.back() == after_.back()) {
      before_ = before_.first(before_.size() - 1);
      after_ = after_.first(after_.size() - 1);
    }
  }
  template <class F>
  void added(F&& f) const { each_without(after_, before_, f); }
  template <class F>
  void removed(F&& f) const { each_without(before_, after_, f); }

 private:
  std::span<const T> before_, after_;
};

} // namespace

// Here and below: adds first, then takes back, so that a cell which keeps something never disappears between the two.
void VisitBook::exchange_sums(const Sums& before, const Sums& after) {
  const Difference<Sum> difference(before, after);
  difference.added([&](const Sum& sum) { cells_.count(sum, +1); });
  difference.removed([&](const Sum& sum) { cells_.count(sum, -1); });
}

// Of all that the visit counts for, the parts that a record of type `changed` can move.
void VisitBook::exchange(Visit& visit, TypeCode changed, const Seen& before, const Seen& after) {
  const bool side = is_checkin_side(changed);
  if (moves_sums(changed)) { // first: a new patient counts in a day that has an entry
    const auto registered = this->registered(visit);
    VisitView room;
    const auto sums = [&](const Seen& seen) { return sums_of({seen.records, seen.view(WindowSize::k1h, &room), seen.day, changed, registered}); };
    exchange_sums(sums(before), sums(after));
  }
  if (side) {
    const auto group = [&](const Seen& seen) { return group_of(summary_of(*visit.patient, windows_, false, &visit, seen.records)); };
    cells_.exchange(group(before), group(after));
  }
  if (side || changed == code(EventType::kRoomed)) last_roomed_.exchange(roomed_patient(before.day), roomed_patient(after.day));
  if (moves_facts(changed)) exchange_facts(visit, changed, before, after);
  for (const FunnelPlan& plan : plans_.by_visit) {
    if (!side && !plan.uses(changed)) continue;
    cells_.exchange(plan, attempt_of(plan, before.records, before.day), attempt_of(plan, after.records, after.day));
  }
}

void VisitBook::exchange_facts(const Visit& visit, TypeCode changed, const Seen& before, const Seen& after) {
  const bool side = is_checkin_side(changed);
  const OtherCheckins others = side ? other_checkins(visit) : OtherCheckins{};
  VisitView room_before, room_after;
  const VisitView *view_before = nullptr, *view_after = nullptr;
  Facts facts_before, facts_after;
  std::optional<Difference<Fact>> difference; // the same for all sizes as long as all see the same
  for (int s = 0; s < kWindowSizeCount; ++s) {
    const auto size = static_cast<WindowSize>(s);
    if (s == 0 || !before.uniform || !after.uniform) {
      view_before = &before.view(size, &room_before);
      view_after = &after.view(size, &room_after);
      facts_before = facts_of(before.records, *view_before, size_bit(size), side || is_item(changed));
      facts_after = facts_of(after.records, *view_after, size_bit(size), side || is_item(changed));
      difference.emplace(facts_before, facts_after);
    }
    difference->added([&](const Fact& fact) { cells_.count(fact, size, +1); });
    if (side) move_checkin(visit, size, others, view_before->checkin, view_after->checkin);
    difference->removed([&](const Fact& fact) { cells_.count(fact, size, planted(PlantedBug::kDoubleRetract) ? -2 : -1); });
  }
}

// Of the patient's other visits, as each size sees them.
VisitBook::OtherCheckins VisitBook::other_checkins(const Visit& visit) const {
  OtherCheckins others;
  for (const auto& other : visit.patient->visits) {
    if (other.get() == &visit) continue;
    const SideRecords records(other->records);
    const bool uniform = other->records.admitted_by_all() == kAllSizes;
    VisitView::Step checkin;
    for (int s = 0; s < kWindowSizeCount; ++s) {
      if (s == 0 || !uniform) checkin = view_of(records, size_bit(static_cast<WindowSize>(s))).checkin;
      if (checkin.present()) others[static_cast<std::size_t>(s)].push_back({checkin.time, checkin.department});
    }
  }
  if (visit.patient->departed == nullptr) return others;
  for (const PastCheckin& past : visit.patient->departed->checkins_kept) {
    for (int s = 0; s < kWindowSizeCount; ++s) {
      if (past.sizes & size_bit(static_cast<WindowSize>(s))) others[static_cast<std::size_t>(s)].push_back({past.time, past.department});
    }
  }
  return others;
}

void VisitBook::move_checkin(const Visit& visit, WindowSize size, const OtherCheckins& all_others, const VisitView::Step& before, const VisitView::Step& after) {
  if (before.time == after.time && before.department == after.department) return;
  const auto& others = all_others[static_cast<std::size_t>(size)];
  const auto counts_already = [&](const VisitView::Step& step, bool any_department) {
    if (others.empty()) return false;
    const TimeSpan span = windows_.span(size, step.time);
    return std::any_of(others.begin(), others.end(), [&](const Checkin& checkin) {
      return checkin.time >= span.start && checkin.time < span.end && (any_department || checkin.department == step.department);
    });
  };
  for (const bool hospital : {false, true}) {
    if (after.present() && !counts_already(after, hospital)) cells_.count_distinct(after.department, hospital, size, after.time, +1);
    if (before.present() && !counts_already(before, hospital)) cells_.count_distinct(before.department, hospital, size, before.time, -1);
  }
  const auto& departed = visit.patient->departed;
  Time elsewhere = departed == nullptr ? kForever : departed->first_checkin[static_cast<std::size_t>(size)];
  for (const Checkin& checkin : others) elsewhere = std::min(elsewhere, checkin.time);
  const Time first_before = before.present() ? std::min(elsewhere, before.time) : elsewhere;
  const Time first_after = after.present() ? std::min(elsewhere, after.time) : elsewhere;
  if (first_before == first_after) return;
  if (first_after != kForever) cells_.count_new_patient(size, first_after, +1);
  if (first_before != kForever) cells_.count_new_patient(size, first_before, -1);
}

Census VisitBook::census(Time now) {
  Census census = census_.as_of(now);
  last_roomed_.add_to(now, &census.crowding);
  return census;
}

void VisitBook::publish_rows(std::size_t most, const std::function<void(const Cell&)>& changed) {
  const auto begin = std::exchange(rows_given_, rows_given_ + std::min(most, changed_rows()));
  go_through(row_changed_, begin, rows_given_, [&](Patient& patient) {
    patient.row_changed = false;
    const PatientSummary summary = summary_of(patient, windows_, true);
    if (summary.exists()) changed(row_of(patient, summary, windows_, texts_));
  });
  if (changed_rows() > 0) return;
  row_changed_.clear();
  rows_given_ = 0;
}

void VisitBook::mark_rows_changed() {
  patients_.each([this](Patient& patient) {
    if (!patient.row_changed) row_changed_.push_back(&patient);
    patient.row_changed = true;
  });
}

void VisitBook::for_each_row(const std::function<void(const Cell&)>& visit) const {
  patients_.each([&](const Patient& patient) {
    const PatientSummary summary = summary_of(patient, windows_, true);
    if (summary.exists()) visit(row_of(patient, summary, windows_, texts_));
  });
}

// `row`: the mart's row may be another.
void VisitBook::mark_changed(Patient& patient, bool row) {
  if (row && !patient.row_changed) row_changed_.push_back(&patient);
  patient.row_changed |= row;
  if (patient.changed) return;
  patient.changed = true;
  changed_.push_back(&patient);
}

} // namespace wardpulse::aggregator
