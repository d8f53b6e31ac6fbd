#include "aggregator/cell_table.h"

#include <algorithm>
#include <bit>

#include "aggregator/state_codec.h"
#include "base/check.h"
#include "proto/event_types.h"

namespace wardpulse::aggregator {
namespace {

constexpr Duration kFinanceSettles = hours{24 * 90}; // payments come for so long

constexpr std::uint8_t topic_bit(Topic topic) { return static_cast<std::uint8_t>(1U << static_cast<int>(topic)); }

void add(const Fact& fact, int sign, DepartmentValues* v) {
  switch (fact.kind) {
    case Fact::Kind::kCheckin:
      v->checkins += sign;
      if (fact.visit_type < v->by_visit_type.size()) v->by_visit_type[fact.visit_type] += sign;
      break;
    case Fact::Kind::kCompleted: v->completed += sign; break;
    case Fact::Kind::kCancelled: v->cancelled += sign; break;
    case Fact::Kind::kNoShow: v->no_show += sign; break;
    case Fact::Kind::kLeft: v->left += sign; break;
    case Fact::Kind::kAdmission: v->admissions += sign; break;
    case Fact::Kind::kDischarge: v->discharges += sign; break;
    case Fact::Kind::kTreatment:
      v->treatments += sign;
      v->treatment_cents += sign * fact.amount;
      break;
    case Fact::Kind::kWait: v->wait_minutes.add(static_cast<std::int32_t>(fact.amount), sign); break;
    case Fact::Kind::kStay: v->stay_minutes.add(static_cast<std::int32_t>(fact.amount), sign); break;
    case Fact::Kind::kOutOfSequence: break;
  }
}

constexpr bool has_window(Family family) { return family != Family::kPatients; }

} // namespace

std::string_view family_name(Family family) {
  switch (family) {
    case Family::kDepartment: return "department";
    case Family::kHospital: return "hospital";
    case Family::kFunnel: return "funnel";
    case Family::kQuality: return "quality";
    case Family::kFinanceDepartment: case Family::kFinancePayer: case Family::kFinanceTreatment: return "finance";
    case Family::kOrganization: return "organization";
    case Family::kAccess: return "access";
    case Family::kDailyKpis: return "daily_kpis";
    case Family::kDepartmentStats: return "department_stats";
    case Family::kPatients: return "patients";
  }
  return {};
}

CellTable::CellTable(const Windows& windows, const FunnelPlans& plans, Texts& texts) : windows_(windows), texts_(texts) {
  plans_.resize(plans.by_visit.size() + plans.by_entity.size());
  for (const auto* list : {&plans.by_visit, &plans.by_entity}) {
    for (const FunnelPlan& plan : *list) plans_[plan.index] = &plan;
  }
  for (int f = 0; f < kFamilyCount; ++f) specs_[static_cast<std::size_t>(f)] = find_family(family_name(static_cast<Family>(f)));
}

const FunnelPlan& CellTable::plan(std::uint32_t funnel) const { return *plans_[funnel]; }

CellTable::Slot* CellTable::find_slot(Family family, WindowSize size, TextId dim, Time time) {
  const auto it = cells_.find(CellKey{family, size, dim, 0, to_ms(windows_.span(size, time).start)});
  return it == cells_.end() ? nullptr : &slots_[it->second];
}

CellTable::Slot* CellTable::look_up(Family family, WindowSize size, TextId dim, std::uint32_t sub, Time time, Recent* recent) {
  const TimeSpan span = windows_.span(size, time);
  const CellKey key{family, size, dim, sub, to_ms(span.start)};
  if (hour_floor(log_watermark_) >= windows_.leaves_at(size, span.end) && !cells_.contains(key)) return nullptr;
  Slot& slot = slot_for(key, span);
  *recent = {span, &slot, dim, sub, slot.generation, family, size};
  return &slot;
}

CellTable::Slot& CellTable::slot_for(const CellKey& key, const TimeSpan& span) {
  if (const auto it = cells_.find(key); it != cells_.end()) return slots_[it->second];
  Slot& slot = new_slot(key, span);
  schedule_status(slot);
  if (!removed_.empty()) removed_.erase(cell_id(identity(slot)));
  if (!dropped_.empty()) dropped_.erase(encode_key(key));
  return slot;
}

CellValues CellTable::no_values(const CellKey& key) const {
  switch (key.family) {
    case Family::kDepartment: case Family::kHospital: return DepartmentValues{};
    case Family::kPatients: return PatientsValues{};
    case Family::kFunnel: {
      const std::size_t steps = plan(key.sub).steps.size();
      FunnelValues values;
      values.reached.resize(steps);
      values.minutes_to_step.resize(steps);
      return values;
    }
    default: return SumValues{};
  }
}

CellTable::Slot& CellTable::new_slot(const CellKey& key, const TimeSpan& span) {
  std::uint32_t index;
  if (free_.empty()) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.key = key;
  slot.span = span;
  slot.index = index;
  slot.contributions = 0;
  slot.feed = feed(key);
  slot.slice = static_cast<std::uint8_t>(slice_of(encode_key(key)));
  slot.live = true;
  slot.values = no_values(key);
  cells_.emplace(key, index);
  if (const Time leaves = windows_.leaves_at(key.size, span.end); has_window(key.family) && leaves != kForever) {
    leaving_.add(leaves, {index, slot.generation});
  }
  return slot;
}

void CellTable::free_slot(Slot& slot) {
  removed_.insert(cell_id(identity(slot)));
  dropped_.insert(encode_key(slot.key));
  cells_.erase(slot.key);
  slot.live = false;
  slot.publish_changed = slot.snapshot_changed = false;
  ++slot.generation;
  slot.values = DepartmentValues{};
  free_.push_back(slot.index);
}

void CellTable::mark(Slot& slot) {
  WP_CHECK(slot.contributions >= 0);
  if (slot.contributions == 0) {
    free_slot(slot);
    return;
  }
  if (!slot.publish_changed) publish_changed_.push_back(slot.index);
  if (!slot.snapshot_changed) snapshot_changed_.push_back(slot.index);
  slot.publish_changed = slot.snapshot_changed = true;
}

void CellTable::count(const Fact& fact, WindowSize size, int sign) {
  if (fact.kind == Fact::Kind::kOutOfSequence) return;
  for (const Family family : {Family::kDepartment, Family::kHospital}) {
    Slot* slot = slot_at(family, size, family == Family::kHospital ? 0 : fact.department, 0, fact.time);
    if (slot == nullptr) continue;
    slot->contributions += sign;
    add(fact, sign, &std::get<DepartmentValues>(slot->values));
    touch(*slot);
  }
}

void CellTable::count_distinct(TextId department, bool whole_hospital, WindowSize size, Time time, int sign) {
  const auto family = whole_hospital ? Family::kHospital : Family::kDepartment;
  if (Slot* slot = find_slot(family, size, whole_hospital ? 0 : department, time)) {
    std::get<DepartmentValues>(slot->values).distinct_patients += sign;
    touch(*slot);
  }
}

void CellTable::count_new_patient(WindowSize size, Time time, int sign) {
  if (Slot* slot = find_slot(Family::kHospital, size, 0, time)) {
    std::get<DepartmentValues>(slot->values).new_patients += sign;
    touch(*slot);
  }
  if (size != WindowSize::k1d) return;
  if (Slot* slot = find_slot(Family::kDailyKpis, size, 0, time)) {
    std::get<SumValues>(slot->values).fields[daily_field::kNewPatients] += sign;
    touch(*slot);
  }
}

void CellTable::count(const Sum& sum, int sign) {
  Slot* slot = slot_at(sum.family, sum.size, sum.dim, sum.sub, sum.time);
  if (slot == nullptr) return;
  slot->contributions += sign;
  auto& values = std::get<SumValues>(slot->values);
  for (std::size_t i = 0; i < kSumFields; ++i) values.fields[i] += sign * sum.add[i];
  touch(*slot);
}

void CellTable::count_rules(TextId source, Time time, SizeMask admitted, std::uint32_t evaluated, std::uint32_t failed) {
  for (const WindowSize size : {WindowSize::k1h, WindowSize::k1d}) {
    if ((admitted & size_bit(size)) == 0) continue;
    for (std::uint32_t rules = evaluated; rules != 0; rules &= rules - 1) {
      const auto rule = static_cast<std::uint32_t>(std::countr_zero(rules));
      Slot* slot = slot_at(Family::kQuality, size, source == 0 ? kUnknownText : source, rule, time);
      if (slot == nullptr) continue;
      auto& values = std::get<SumValues>(slot->values);
      ++slot->contributions;
      ++values.fields[quality_field::kEvaluated];
      values.fields[quality_field::kFailed] += failed >> rule & 1;
      touch(*slot);
    }
  }
}

// Adds first, then takes back, so that a cell which keeps the patient never disappears between the two.
void CellTable::exchange(const PatientGroup& before, const PatientGroup& after) {
  if (before == after) return;
  for (const int sign : {+1, -1}) {
    const PatientGroup& group = sign > 0 ? after : before;
    if (group.visits == 0) continue;
    Slot& slot = slot_for({Family::kPatients, WindowSize::k1d, group.city, group.age_and_gender, 0}, {kNever, kForever});
    auto& values = std::get<PatientsValues>(slot.values);
    slot.contributions += sign;
    values.visits += sign * group.visits;
    values.returning += group.visits > 1 ? sign : 0;
    values.visits_per_patient.add(static_cast<std::int32_t>(std::min<std::int64_t>(group.visits, INT32_MAX)), sign);
    touch(slot);
  }
}

std::string door_name(const Attempt& attempt, const Texts& texts) {
  if (attempt.exit_type >= kWorkflowTypes) return texts.text(attempt.exit_type - kWorkflowTypes);
  std::string door(event_type_spec(static_cast<EventType>(attempt.exit_type)).name);
  if (attempt.exit_detail != 0) door += ":" + texts.text(attempt.exit_detail);
  return door;
}

void CellTable::exchange(const FunnelPlan& plan, const Attempt& before, const Attempt& after) {
  if (before == after) return;
  static const Attempt none;
  const bool same_cells = before.exists() && after.exists() && before.department == after.department && before.reached.front() == after.reached.front();
  for (const WindowSize size : {WindowSize::k1h, WindowSize::k1d}) {
    for (const bool all : {false, true}) {
      const auto slot_of = [&](const Attempt& attempt) -> Slot* {
        if (!attempt.exists() || (!all && attempt.department == kAllDepartments)) return nullptr;
        const TextId dim = all ? kAllDepartments : attempt.department == 0 ? kUnknownText : attempt.department;
        return slot_at(Family::kFunnel, size, dim, plan.index, attempt.reached.front());
      };
      if (same_cells) {
        if (Slot* slot = slot_of(after)) exchange_in(*slot, plan, before, after);
        continue;
      }
      // Adds first, then takes back, so that a cell which keeps the attempt never disappears between the two.
      if (Slot* slot = slot_of(after)) {
        ++slot->contributions;
        exchange_in(*slot, plan, none, after);
      }
      if (Slot* slot = slot_of(before)) {
        --slot->contributions;
        exchange_in(*slot, plan, before, none);
      }
    }
  }
}

// Either may not exist; what both have in common is left alone.
void CellTable::exchange_in(Slot& slot, const FunnelPlan& plan, const Attempt& before, const Attempt& after) {
  auto& values = std::get<FunnelValues>(slot.values);
  const auto seen = [&](const Attempt& attempt) { return attempt.reached.size() > plan.provider_step; };
  const bool same_end = before.end == Attempt::End::kUndecided && after.end == Attempt::End::kUndecided;
  const bool same_wait = plan.provider_step == 0 || (same_end && seen(before) == seen(after));
  for (const int sign : {+1, -1}) {
    const Attempt& attempt = sign > 0 ? after : before;
    if (!attempt.exists()) continue;
    count_steps(values, attempt, sign > 0 ? before : after, sign);
    if (!same_end) count_end(slot, attempt, sign);
    if (!same_wait) count_unseen(slot, plan, attempt, sign);
  }
  touch(slot);
}

// Steps that `other` reached at the same moment are left alone.
void CellTable::count_steps(FunnelValues& v, const Attempt& attempt, const Attempt& other, int sign) {
  for (std::size_t k = 0; k < attempt.reached.size(); ++k) {
    if (k < other.reached.size() && other.reached[k] == attempt.reached[k]) continue;
    v.reached[k] += sign;
    if (k > 0) v.minutes_to_step[k].add(static_cast<std::int32_t>(whole_minutes(attempt.reached.front(), attempt.reached[k])), sign);
  }
}

void CellTable::count_unseen(Slot& slot, const FunnelPlan& plan, const Attempt& attempt, int sign) {
  if (attempt.reached.size() > plan.provider_step) return;
  auto& v = std::get<FunnelValues>(slot.values);
  const Time start = attempt.reached.front();
  if (attempt.end == Attempt::End::kExited) {
    v.unseen_exited.add(static_cast<std::int32_t>(whole_minutes(start, attempt.exit_time)), sign);
  } else if (attempt.end == Attempt::End::kUndecided) {
    v.unseen.add(to_ms(start), sign);
  }
}

// When those who wait have waited for a minute more; kForever: nobody's wait goes on.
Time CellTable::next_minute(const Slot& slot, Time shown) const {
  const auto* funnel = std::get_if<FunnelValues>(&slot.values);
  if (funnel == nullptr || funnel->unseen.empty() || shown == kNever) return kForever;
  const Time last_start = from_ms(funnel->unseen.last());
  const Time minute = std::chrono::floor<std::chrono::minutes>(shown); // waits are told as of whole minutes
  if (minute >= later(last_start, plan(slot.key.sub).definition->window)) return kForever;
  return minute + std::chrono::minutes{1};
}

void CellTable::count_end(Slot& slot, const Attempt& attempt, int sign) {
  auto& v = std::get<FunnelValues>(slot.values);
  const Time start = attempt.reached.front();
  switch (attempt.end) {
    case Attempt::End::kConverted:
      v.converted += sign;
      v.minutes_to_convert.add(static_cast<std::int32_t>(whole_minutes(start, attempt.reached.back())), sign);
      break;
    case Attempt::End::kExited: {
      const auto it = v.exited.try_emplace(door_name(attempt, texts_), 0).first;
      if ((it->second += sign) == 0) v.exited.erase(it);
      break;
    }
    case Attempt::End::kUndecided:
      v.undecided.add(to_ms(start), sign);
      if (sign > 0) schedule_timeout(slot, start);
      break;
    case Attempt::End::kNone: break;
  }
}

void CellTable::set_log_watermark(Time watermark) {
  WP_CHECK(watermark >= log_watermark_);
  log_watermark_ = watermark;
  leaving_.take_due(watermark, [this](const auto& place, Time) {
    Slot& slot = slots_[place.first];
    if (slot.live && slot.generation == place.second) free_slot(slot);
  });
}

std::uint8_t CellTable::feed(const CellKey& key) const {
  constexpr std::uint8_t kCheckins = topic_bit(Topic::kCheckins), kCare = kCheckins | topic_bit(Topic::kEncounters),
                     kMoney = kCare | topic_bit(Topic::kBilling), kEvery = kMoney | topic_bit(Topic::kWorkflow);
  switch (key.family) {
    case Family::kDepartment: case Family::kHospital: case Family::kAccess: return kCare;
    case Family::kQuality: return kEvery;
    case Family::kPatients: return kCheckins;
    case Family::kFunnel: break;
    default: return kMoney;
  }
  std::uint8_t bits = 0;
  for (int t = 0; t < kTopicCount; ++t) {
    if (plan(key.sub).topics[static_cast<std::size_t>(t)]) bits |= topic_bit(static_cast<Topic>(t));
  }
  return bits;
}

Time CellTable::final_at(const Slot& slot) const {
  const Time graced = later(slot.span.end, windows_.grace(slot.key.size));
  switch (slot.key.family) {
    case Family::kFunnel: return later(graced, plan(slot.key.sub).definition->window);
    case Family::kFinanceDepartment: case Family::kFinancePayer: case Family::kFinanceTreatment: return later(graced, kFinanceSettles);
    default: return graced;
  }
}

void CellTable::schedule(const Slot& slot, Time time) {
  if (time != kForever) deadlines_[slot.feed].push({time, slot.index, slot.generation});
}

void CellTable::schedule_status(const Slot& slot) {
  schedule(slot, slot.span.end);
  schedule(slot, final_at(slot));
}

// The attempt that started then may time out.
void CellTable::schedule_timeout(Slot& slot, Time start) {
  auto& v = std::get<FunnelValues>(slot.values);
  const Time due = later(later(start, plan(slot.key.sub).definition->window), Duration{1});
  if (due >= v.next_timeout) return;
  v.next_timeout = due;
  schedule(slot, due);
}

// REQUIRES: the slot was rendered as of `shown`.
void CellTable::schedule_next_timeout(Slot& slot, Time shown) {
  auto* v = std::get_if<FunnelValues>(&slot.values);
  if (v == nullptr || v->next_timeout > shown) return;
  v->next_timeout = kForever;
  auto at = v->undecided.from(to_ms(later(shown, -plan(slot.key.sub).definition->window)));
  while (at != v->undecided.entries().end() && at->count == 0) ++at;
  if (at != v->undecided.entries().end()) schedule_timeout(slot, from_ms(at->start_ms));
}

void CellTable::mark_all_changed() {
  for (Slot& slot : slots_) {
    if (!slot.live || slot.publish_changed) continue;
    slot.publish_changed = true;
    publish_changed_.push_back(slot.index);
  }
}

void CellTable::publish(const ShownWatermarks& shown, const std::function<void(const Cell&)>& changed,
                        const std::function<void(const std::string& cell_id)>& removed) {
  for (std::size_t f = 0; f < deadlines_.size(); ++f) {
    Deadlines& due = deadlines_[f];
    for (; !due.empty() && due.top().time <= shown[f]; due.pop()) {
      Slot& slot = slots_[due.top().slot];
      if (!slot.live || slot.generation != due.top().generation || slot.publish_changed) continue;
      slot.publish_changed = true;
      publish_changed_.push_back(slot.index);
    }
  }
  for (const std::uint32_t index : publish_changed_) {
    Slot& slot = slots_[index];
    if (!slot.live || !slot.publish_changed) continue; // gone since, or listed twice
    slot.publish_changed = false;
    changed(render(slot, shown));
    schedule(slot, next_minute(slot, shown[slot.feed]));
    schedule_next_timeout(slot, shown[slot.feed]);
  }
  publish_changed_.clear();
  for (const std::string& id : removed_) removed(id);
  removed_.clear();
}

void CellTable::for_each(const ShownWatermarks& shown, const std::function<void(const Cell&)>& visit) const {
  for (const Slot& slot : slots_) if (slot.live) visit(render(slot, shown));
}

} // namespace wardpulse::aggregator
