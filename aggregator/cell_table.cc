#include "aggregator/cell_table.h"

#include <algorithm>
#include <bit>

#include "aggregator/partition_state.h"
#include "aggregator/state_codec.h"
#include "base/check.h"

namespace wardpulse::aggregator {
namespace {

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
  scratch_.resize(kFamilyCount + plans_.size());
  const auto prepare = [this](const CellKey& key) { scratch(key).values = no_values(key); };
  for (int f = 0; f < kFamilyCount; ++f) {
    if (const auto family = static_cast<Family>(f); family != Family::kFunnel) prepare({.family = family});
  }
  for (std::size_t p = 0; p < plans_.size(); ++p) prepare({.sub = static_cast<std::uint16_t>(p), .family = Family::kFunnel});
}

const FunnelPlan& CellTable::plan(std::uint32_t funnel) const { return *plans_[funnel]; }

CellTable::Place CellTable::find_place(Family family, WindowSize size, TextId dim, std::uint32_t sub, Time time) {
  Recent& recent = recent_[recent_place(family, size, dim, sub)];
  if (recent.holds(family, size, dim, sub, time)) return recent.place;
  const TimeSpan span = windows_.span(size, time);
  const auto it = cells_.find(CellKey{to_ms(span.start), dim, static_cast<std::uint16_t>(sub), family, size});
  if (it == cells_.end()) return {};
  recent = {span, open(*it), dim, sub, family, size};
  return recent.place;
}

CellTable::Place CellTable::look_up(Family family, WindowSize size, TextId dim, std::uint32_t sub, Time time, Recent* recent) {
  const TimeSpan span = windows_.span(size, time);
  const CellKey key{to_ms(span.start), dim, static_cast<std::uint16_t>(sub), family, size};
  if (hour_floor(log_watermark_) >= windows_.leaves_at(size, span.end) && !cells_.contains(key)) return {};
  *recent = {span, place_for(key, span), dim, sub, family, size};
  return recent->place;
}

CellTable::Place CellTable::place_for(const CellKey& key, const TimeSpan& span) {
  if (const auto it = cells_.find(key); it != cells_.end()) return open(*it);
  const Place place = open(new_slot(key, span));
  schedule(place.content->index, span.end);
  if (!removed_.empty()) removed_.erase(cell_id(identity(key)));
  if (!dropped_.empty()) dropped_.erase(encode_key(key));
  return place;
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

std::uint32_t CellTable::new_slot(const CellKey& key, const TimeSpan& span) {
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
  slot.feed = feed(key);
  slot.slice = static_cast<std::uint8_t>(slice_of(encode_key(key)));
  slot.live = true;
  cells_.insert(index);
  if (const Time leaves = windows_.leaves_at(key.size, span.end); has_window(key.family) && leaves != kForever) {
    leaving_.add(leaves, {index, slot.generation});
  }
  return index;
}

void CellTable::free_slot(std::uint32_t index) {
  Slot& slot = slots_[index];
  removed_.insert(cell_id(identity(slot.key)));
  dropped_.insert(encode_key(slot.key));
  cells_.erase(index);
  forget_recent(slot);
  slot.body.clear();
  slot.live = false;
  slot.marks = 0;
  ++slot.generation;
  free_.push_back(index);
}

CellTable::Place CellTable::open(std::uint32_t index) {
  Slot& slot = slots_[index];
  if (CellContent* content = slot.body.open()) return {&slot, content};
  auto content = std::make_unique<CellContent>(CellContent{0, no_values(slot.key), index});
  if (!slot.body.empty()) unpack(slot, content.get());
  slot.body.hold(std::move(content));
  return {&slot, slot.body.open()};
}

// Who holds a Place of the cell must not use it any more.
void CellTable::pack(Slot& slot, const CellContent& content) {
  bytes_.clear();
  if (const auto* funnel = std::get_if<FunnelValues>(&content.values)) {
    derived_.clear();
    encode_derived(*funnel, &derived_);
    ByteWriter(&bytes_).text(derived_);
  }
  encode(content, &bytes_);
  forget_recent(slot);
  slot.body.pack(bytes_);
}

CellTable::Packed CellTable::packed(const Slot& slot) const {
  bytes_.clear();
  slot.body.append_packed(&bytes_);
  if (slot.key.family != Family::kFunnel) return {{}, bytes_};
  ByteReader in(bytes_);
  const auto derived = in.text();
  return {derived, std::string_view(bytes_).substr(bytes_.size() - in.left())};
}

void CellTable::unpack(const Slot& slot, CellContent* content) const {
  const Packed bytes = packed(slot);
  WP_CHECK(decode(bytes.snapshot, content));
  if (auto* funnel = std::get_if<FunnelValues>(&content->values)) decode_derived(bytes.derived, funnel);
}

void CellTable::forget_recent(const Slot& slot) {
  Recent& recent = recent_[recent_place(slot.key.family, slot.key.size, slot.key.dim, slot.key.sub)];
  if (recent.place.slot == &slot) recent = {};
}

CellContent& CellTable::scratch(const CellKey& key) const {
  return scratch_[key.family == Family::kFunnel ? kFamilyCount + std::size_t{key.sub} : static_cast<std::size_t>(key.family)];
}

CellContent& CellTable::content_of(const Slot& slot) const {
  if (CellContent* content = slot.body.open()) return *content;
  CellContent& content = scratch(slot.key);
  unpack(slot, &content);
  return content;
}

void CellTable::mark(const Place& place) {
  const std::uint32_t index = place.content->index;
  WP_CHECK(place.content->contributions >= 0);
  if (place.content->contributions == 0) {
    free_slot(index);
    return;
  }
  mark_to_publish(index);
  mark_to_write(index);
}

void CellTable::mark_to_publish(std::uint32_t index) {
  Slot& slot = slots_[index];
  if ((slot.marks & kToPublish) == 0) publish_changed_.push_back(index);
  slot.marks |= kToPublish;
}

void CellTable::mark_to_write(std::uint32_t index) {
  Slot& slot = slots_[index];
  if ((slot.marks & kToWrite) == 0) snapshot_changed_.push_back(index);
  slot.marks |= kToWrite;
}

void CellTable::count(const Fact& fact, WindowSize size, int sign) {
  if (fact.kind == Fact::Kind::kOutOfSequence) return;
  for (const Family family : {Family::kDepartment, Family::kHospital}) {
    const Place place = place_at(family, size, family == Family::kHospital ? 0 : fact.department, 0, fact.time);
    if (!place) continue;
    place.content->contributions += sign;
    add(fact, sign, &place.values<DepartmentValues>());
    touch(place);
  }
}

void CellTable::count_distinct(TextId department, bool whole_hospital, WindowSize size, Time time, int sign) {
  const auto family = whole_hospital ? Family::kHospital : Family::kDepartment;
  if (const Place place = find_place(family, size, whole_hospital ? 0 : department, 0, time)) {
    place.values<DepartmentValues>().distinct_patients += sign;
    touch(place);
  }
}

void CellTable::count_new_patient(WindowSize size, Time time, int sign) {
  if (const Place place = find_place(Family::kHospital, size, 0, 0, time)) {
    place.values<DepartmentValues>().new_patients += sign;
    touch(place);
  }
  if (size != WindowSize::k1d) return;
  if (const Place place = find_place(Family::kDailyKpis, size, 0, 0, time)) {
    place.values<SumValues>().fields[daily_field::kNewPatients] += sign;
    touch(place);
  }
}

void CellTable::count(const Sum& sum, int sign) {
  const Place place = place_at(sum.family, sum.size, sum.dim, sum.sub, sum.time);
  if (!place) return;
  place.content->contributions += sign;
  auto& values = place.values<SumValues>();
  for (std::size_t i = 0; i < kSumFields; ++i) values.fields[i] += sign * sum.add[i];
  touch(place);
}

void CellTable::count_rules(TextId source, Time time, SizeMask admitted, std::uint32_t evaluated, std::uint32_t failed) {
  for (const WindowSize size : {WindowSize::k1h, WindowSize::k1d}) {
    if ((admitted & size_bit(size)) == 0) continue;
    for (std::uint32_t rules = evaluated; rules != 0; rules &= rules - 1) {
      const auto rule = static_cast<std::uint32_t>(std::countr_zero(rules));
      const Place place = place_at(Family::kQuality, size, source == 0 ? kUnknownText : source, rule, time);
      if (!place) continue;
      auto& values = place.values<SumValues>();
      ++place.content->contributions;
      ++values.fields[quality_field::kEvaluated];
      values.fields[quality_field::kFailed] += failed >> rule & 1;
      touch(place);
    }
  }
}

// Adds first, then takes back, so that a cell which keeps the patient never disappears between the two.
void CellTable::exchange(const PatientGroup& before, const PatientGroup& after) {
  if (before == after) return;
  for (const int sign : {+1, -1}) {
    const PatientGroup& group = sign > 0 ? after : before;
    if (group.visits == 0) continue;
    const Place place = place_for({0, group.city, static_cast<std::uint16_t>(group.age_and_gender), Family::kPatients, WindowSize::k1d}, {kNever, kForever});
    auto& values = place.values<PatientsValues>();
    place.content->contributions += sign;
    values.visits += sign * group.visits;
    values.returning += group.visits > 1 ? sign : 0;
    values.visits_per_patient.add(static_cast<std::int32_t>(std::min<std::int64_t>(group.visits, INT32_MAX)), sign);
    touch(place);
  }
}

void CellTable::set_log_watermark(Time watermark) {
  WP_CHECK(watermark >= log_watermark_);
  log_watermark_ = watermark;
  leaving_.take_due(watermark, [this](const auto& place, Time) {
    const Slot& slot = slots_[place.first];
    if (slot.live && slot.generation == place.second) free_slot(place.first);
  });
}

} // namespace wardpulse::aggregator
