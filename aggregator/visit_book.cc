#include "aggregator/visit_book.h"

#include <algorithm>
#include <tuple>

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

// The others leave the patient's row in the mart as it is.
constexpr bool moves_row(TypeCode type) {
  return is_checkin_side(type) || type == code(EventType::kBill) || type == code(EventType::kPayment);
}

} // namespace

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

// What a visit counts for, before or after a change: only the parts that a record of type `changing` can move.
struct VisitBook::Contributions {
  std::array<Facts, kWindowSizeCount> facts;                  // [0] for all sizes when uniform
  std::array<VisitView::Step, kWindowSizeCount> checkins;     // likewise; for checkin-side records only
  bool uniform = true;
  absl::InlinedVector<Attempt, 4> attempts;                   // by_visit plans in order; empty ones where not concerned
  std::vector<TextId> census_departments;
  Sums sums;
  PatientGroup group;                                         // for checkin-side records only
  RoomedPatient roomed;                                       // likewise, and roomed
  const Facts& facts_for(int s) const { return facts[uniform ? 0 : s]; }
  const VisitView::Step& checkin_for(int s) const { return checkins[uniform ? 0 : s]; }
};

VisitBook::VisitBook(const Windows& windows, const FunnelPlans& plans, Texts& texts, CellTable& cells)
    : windows_(windows), plans_(plans), texts_(texts), cells_(cells) {}

Patient* VisitBook::find(std::string_view id) {
  const auto it = patients_.find(id);
  return it == patients_.end() ? nullptr : it->second.get();
}

Patient& VisitBook::patient(std::string_view id) {
  if (Patient* known = find(id)) return *known;
  auto made = std::make_unique<Patient>();
  made->id = id;
  made->slice = static_cast<std::uint8_t>(slice_of(kPatientEntry + made->id));
  Patient& patient = *made;
  by_slice_[patient.slice].push_back(&patient);
  patients_.emplace(patient.id, std::move(made));
  return patient;
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

VisitBook::Contributions VisitBook::contributions(const Visit& visit, const Unpacked& unpacked, TypeCode changing) const {
  Contributions c;
  const Records records = unpacked;
  const bool side = is_checkin_side(changing);
  if (side) c.group = group_of(summary_of(*visit.patient, windows_, false, &visit, records));
  if (records.empty()) {
    c.attempts.resize(plans_.by_visit.size());
    return c;
  }
  c.uniform = unpacked.admitted_by_all() == kAllSizes;
  const VisitView day = view_of(records, kDay);
  for (int s = 0; moves_facts(changing) && s < (c.uniform ? 1 : kWindowSizeCount); ++s) {
    const SizeMask size = size_bit(static_cast<WindowSize>(s));
    const VisitView view = c.uniform ? day : view_of(records, size);
    c.facts[s] = facts_of(records, view, size, side || is_item(changing));
    c.checkins[s] = view.checkin;
  }
  for (const FunnelPlan& plan : plans_.by_visit) {
    Attempt& attempt = c.attempts.emplace_back();
    if (day.known && (side || plan.uses(changing))) attempt = attempt_of(plan, records, day.last_time, day.department);
  }
  if (side || changing == code(EventType::kAdmitDecision) || changing == code(EventType::kAdmission)) {
    c.census_departments = aggregator::census_departments(records, day);
  }
  if (moves_sums(changing)) {
    const VisitView hour = c.uniform ? day : view_of(records, size_bit(WindowSize::k1h));
    c.sums = sums_of({records, hour, day, changing, registered(visit)});
  }
  if (side || changing == code(EventType::kRoomed)) c.roomed = roomed_patient(day);
  return c;
}

Added VisitBook::add(Visit& visit, const Occurrence& occurrence) {
  Unpacked records(visit.records);
  const Addition addition = judge_addition(occurrence, records);
  if (!addition.added.applied) return addition.added;
  const Contributions before = contributions(visit, records, occurrence.type);
  add_to(&records, addition, occurrence);
  exchange(visit, occurrence.type, before, contributions(visit, records, occurrence.type));
  add_to(&visit.records, addition, occurrence);
  mark_open(visit);
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
  for (std::size_t s = 0; s < patient.registered_at.size(); ++s) {
    const bool first = patient.registered_at[s] == kForever && (occurrence.admitted >> s & 1) != 0;
    if (first) patient.registered_at[s] = stream;
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    exchange_sums(before[i], registration_sums(Unpacked(patient.visits[i]->records), registered(*patient.visits[i])));
  }
  cells_.exchange(group_before, group_of(summary_of(patient, windows_, false)));
  mark_changed(patient, true);
  return addition.added;
}

namespace {

// Those of `these` that are not among `those`.
template <class List>
List without(const List& these, const List& those) {
  List rest;
  absl::InlinedVector<bool, 32> taken(those.size(), false);
  for (const auto& one : these) {
    bool matched = false;
    for (std::size_t i = 0; i < those.size() && !matched; ++i) {
      if (!taken[i] && those[i] == one) matched = taken[i] = true;
    }
    if (!matched) rest.push_back(one);
  }
  return rest;
}

} // namespace

// Here and below: adds first, then takes back, so that a cell which keeps something never disappears between the two.
void VisitBook::exchange_sums(const Sums& before, const Sums& after) {
  for (const Sum& sum : without(after, before)) cells_.count(sum, +1);
  for (const Sum& sum : without(before, after)) cells_.count(sum, -1);
}

void VisitBook::exchange(Visit& visit, TypeCode changed, const Contributions& before, const Contributions& after) {
  const bool uniform = before.uniform && after.uniform;
  Facts added, removed;
  exchange_sums(before.sums, after.sums); // first: a new patient counts in a day that has an entry
  cells_.exchange(before.group, after.group);
  last_roomed_.exchange(before.roomed, after.roomed);
  for (int s = 0; moves_facts(changed) && s < kWindowSizeCount; ++s) {
    const auto size = static_cast<WindowSize>(s);
    if (s == 0 || !uniform) {
      added = without(after.facts_for(s), before.facts_for(s));
      removed = without(before.facts_for(s), after.facts_for(s));
    }
    for (const Fact& fact : added) cells_.count(fact, size, +1);
    if (is_checkin_side(changed)) move_checkin(visit, size, before.checkin_for(s), after.checkin_for(s));
    for (const Fact& fact : removed) cells_.count(fact, size, planted(PlantedBug::kDoubleRetract) ? -2 : -1);
  }
  for (std::size_t p = 0; p < plans_.by_visit.size(); ++p) cells_.exchange(plans_.by_visit[p], before.attempts[p], after.attempts[p]);
  count_departments(after.census_departments, +1);
  count_departments(before.census_departments, -1);
}

bool VisitBook::other_checkin(const Visit& visit, WindowSize size, const VisitView::Step& step, bool any_department) const {
  const TimeSpan span = windows_.span(size, step.time);
  for (const auto& other : visit.patient->visits) {
    if (other.get() == &visit) continue;
    const auto checkin = view_of(Unpacked(other->records), size_bit(size)).checkin;
    if (checkin.present() && checkin.time >= span.start && checkin.time < span.end &&
        (any_department || checkin.department == step.department)) {
      return true;
    }
  }
  return false;
}

Time VisitBook::first_checkin_elsewhere(const Visit& visit, WindowSize size) const {
  const auto& departed = visit.patient->departed;
  Time first = departed == nullptr ? kForever : departed->first_checkin[static_cast<std::size_t>(size)];
  for (const auto& other : visit.patient->visits) {
    if (other.get() == &visit) continue;
    const auto checkin = view_of(Unpacked(other->records), size_bit(size)).checkin;
    if (checkin.present()) first = std::min(first, checkin.time);
  }
  return first;
}

void VisitBook::move_checkin(const Visit& visit, WindowSize size, const VisitView::Step& before, const VisitView::Step& after) {
  if (before.time == after.time && before.department == after.department) return;
  for (const bool hospital : {false, true}) {
    if (after.present() && !other_checkin(visit, size, after, hospital)) {
      cells_.count_distinct(after.department, hospital, size, after.time, +1);
    }
    if (before.present() && !other_checkin(visit, size, before, hospital)) {
      cells_.count_distinct(before.department, hospital, size, before.time, -1);
    }
  }
  const Time elsewhere = first_checkin_elsewhere(visit, size);
  const Time first_before = before.present() ? std::min(elsewhere, before.time) : elsewhere;
  const Time first_after = after.present() ? std::min(elsewhere, after.time) : elsewhere;
  if (first_before == first_after) return;
  if (first_after != kForever) cells_.count_new_patient(size, first_after, +1);
  if (first_before != kForever) cells_.count_new_patient(size, first_before, -1);
}

void VisitBook::count_departments(const std::vector<TextId>& departments, int sign) {
  for (const TextId department : departments) {
    const auto it = census_departments_.try_emplace(department, 0).first;
    if ((it->second += sign) == 0 && sign < 0) census_departments_.erase(it);
  }
}

void VisitBook::mark_open(Visit& visit) {
  if (visit.open_position != Visit::kNotOpen) return;
  visit.open_position = static_cast<std::uint32_t>(open_.size());
  open_.push_back(&visit);
}

void VisitBook::mark_closed(Visit& visit) {
  if (visit.open_position == Visit::kNotOpen) return;
  open_[visit.open_position] = open_.back();
  open_[visit.open_position]->open_position = visit.open_position;
  open_.pop_back();
  visit.open_position = Visit::kNotOpen;
}

Census VisitBook::census(Time now) {
  Census census;
  for (const auto& [department, count] : census_departments_) census.departments[department];
  for (std::size_t i = 0; i < open_.size();) {
    if (add_to_census(*open_[i], now, &census)) {
      ++i;
    } else {
      mark_closed(*open_[i]);
    }
  }
  last_roomed_.add_to(now, &census.crowding);
  return census;
}

void VisitBook::schedule_leave(const Visit& visit) {
  const Time dead = hour_ceil(windows_.dead_from(visit.anchor));
  if (dead != kForever) leaving_[dead].push_back(visit.patient);
}

void VisitBook::set_log_watermark(Time watermark) {
  last_roomed_.set_log_watermark(watermark);
  if (leaving_.empty() || leaving_.begin()->first > watermark) return; // nearly always
  const Time hour = hour_floor(watermark);
  while (!leaving_.empty() && leaving_.begin()->first <= hour) {
    for (Patient* patient : leaving_.begin()->second) leave(*patient, hour);
    leaving_.erase(leaving_.begin());
  }
}

void VisitBook::leave(Patient& patient, Time hour) {
  std::erase_if(patient.visits, [&](const std::unique_ptr<Visit>& visit) {
    if (hour_ceil(windows_.dead_from(visit->anchor)) > hour) return false;
    if (patient.departed == nullptr) patient.departed = std::make_unique<Departed>();
    const Unpacked records(visit->records);
    add_visit(records, true, patient.departed.get());
    for (int s = 0; s < kWindowSizeCount; ++s) {
      const auto checkin = view_of(records, size_bit(static_cast<WindowSize>(s))).checkin;
      auto& first = patient.departed->first_checkin[static_cast<std::size_t>(s)];
      if (checkin.present()) first = std::min(first, checkin.time);
    }
    count_departments(aggregator::census_departments(records, view_of(records, kDay)), -1);
    mark_closed(*visit);
    mark_changed(patient, true);
    --visit_count_;
    return true;
  });
}

void VisitBook::publish_rows(const std::function<void(const Cell&)>& changed) {
  for (Patient* patient : row_changed_) {
    patient->row_changed = false;
    const PatientSummary summary = summary_of(*patient, windows_, true);
    if (summary.exists()) changed(row_of(*patient, summary, windows_, texts_));
  }
  row_changed_.clear();
}

void VisitBook::for_each_row(const std::function<void(const Cell&)>& visit) const {
  for (const auto& [id, patient] : patients_) {
    const PatientSummary summary = summary_of(*patient, windows_, true);
    if (summary.exists()) visit(row_of(*patient, summary, windows_, texts_));
  }
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
