// Cells in snapshots: canonical, no interned numbers.
#include <algorithm>
#include <cstdlib>

#include "aggregator/cell_table.h"
#include "proto/rejection.h"

namespace wardpulse::aggregator {
namespace {

void put(const MinuteHistogram& h, ByteWriter& out) {
  out.u64(h.minutes.size());
  for (const auto& [minute, count] : h.minutes) {
    out.i64(minute);
    out.i64(count);
  }
}

// More would not be ours, and could overflow when summed.
bool is_count(std::int64_t count) { return count > 0 && count < std::int64_t{1} << 50; }
bool is_moment(std::int64_t ms) { return std::abs(ms) < std::int64_t{1} << 50; } // in 35,000 years

bool get(ByteReader& in, MinuteHistogram* h) {
  const auto n = in.u64();
  if (n > in.left()) return false;
  h->minutes.clear();
  for (std::uint64_t i = 0; i < n && in.ok(); ++i) {
    const auto minute = in.i64(), count = in.i64();
    const bool in_order = h->minutes.empty() || minute > h->minutes.back().first;
    if (!in_order || minute < 0 || minute > INT32_MAX || !is_count(count)) return false;
    h->minutes.emplace_back(static_cast<std::int32_t>(minute), count);
  }
  return in.ok();
}

void put(const StartCounts& by_start, ByteWriter& out) {
  out.u64(by_start.size());
  for (const auto& [start, count] : by_start.entries()) {
    if (count == 0) continue;
    out.i64(start);
    out.i64(count);
  }
}

bool get(ByteReader& in, StartCounts* by_start) {
  by_start->clear();
  for (auto n = in.u64(); n > 0 && in.ok(); --n) {
    const auto start = in.i64(), count = in.i64();
    if (!is_moment(start) || !is_count(count)) return false;
    by_start->add(start, count);
  }
  return in.ok();
}

// Calls f(field) for every integer of the values, in a fixed order: one list for writing and reading.
template <class Values, class F>
void each_integer(Values& v, F&& f) {
  for (auto* field : {&v.checkins, &v.distinct_patients, &v.new_patients, &v.by_visit_type[0], &v.by_visit_type[1],
                      &v.by_visit_type[2], &v.completed, &v.cancelled, &v.no_show, &v.left, &v.admissions, &v.discharges,
                      &v.treatments, &v.treatment_cents}) {
    f(*field);
  }
}

void put(const DepartmentValues& v, ByteWriter& out) {
  each_integer(v, [&](const std::int64_t& field) { out.i64(field); });
  put(v.wait_minutes, out);
  put(v.stay_minutes, out);
}

bool get(ByteReader& in, DepartmentValues* v) {
  each_integer(*v, [&](std::int64_t& field) { field = in.i64(); });
  return get(in, &v->wait_minutes) && get(in, &v->stay_minutes);
}

void put(const FunnelValues& v, ByteWriter& out) {
  out.i64(v.converted);
  for (const auto count : v.reached) out.i64(count);
  out.u64(v.exited.size());
  for (const auto& [door, count] : v.exited) {
    out.text(door);
    out.i64(count);
  }
  put(v.undecided, out);
  put(v.unseen, out);
  put(v.unseen_exited, out);
  for (const auto& h : v.minutes_to_step) put(h, out);
  put(v.minutes_to_convert, out);
}

bool get(ByteReader& in, FunnelValues* v) {
  v->converted = in.i64();
  for (auto& count : v->reached) count = in.i64();
  v->exited.clear();
  for (auto n = in.u64(); n > 0 && in.ok(); --n) {
    const std::string door(in.text());
    v->exited[door] = in.i64();
  }
  if (!get(in, &v->undecided) || !get(in, &v->unseen) || !get(in, &v->unseen_exited)) return false;
  for (auto& h : v->minutes_to_step) if (!get(in, &h)) return false;
  return get(in, &v->minutes_to_convert);
}

void put(const SumValues& v, ByteWriter& out) {
  for (const auto field : v.fields) out.i64(field);
}

bool get(ByteReader& in, SumValues* v) {
  for (auto& field : v->fields) field = in.i64();
  return in.ok();
}

void put(const PatientsValues& v, ByteWriter& out) {
  for (const auto field : {v.visits, v.returning}) out.i64(field);
  put(v.visits_per_patient, out);
}

bool get(ByteReader& in, PatientsValues* v) {
  for (auto* field : {&v->visits, &v->returning}) *field = in.i64();
  return get(in, &v->visits_per_patient);
}

} // namespace

std::string CellTable::encode_key(const CellKey& key) const {
  std::string bytes(1, kCellEntry);
  ByteWriter out(&bytes);
  out.u8(static_cast<std::uint8_t>(key.family));
  out.u8(static_cast<std::uint8_t>(key.size));
  out.u64(key.sub);
  out.i64(key.start_ms);
  out.text(texts_.text(key.dim));
  return bytes;
}

std::optional<CellKey> CellTable::decode_key(std::string_view bytes) {
  ByteReader in(bytes.substr(1));
  CellKey key;
  const auto family = in.u8(), size = in.u8();
  key.family = static_cast<Family>(family);
  key.size = static_cast<WindowSize>(size);
  key.sub = static_cast<std::uint32_t>(in.u64());
  key.start_ms = in.i64();
  key.dim = texts_.intern(in.text());
  const bool valid = in.ok() && in.at_end() && is_moment(key.start_ms) && family < kFamilyCount && size < kWindowSizeCount &&
                     (key.family != Family::kFunnel || key.sub < plans_.size()) && (key.family != Family::kQuality || key.sub < kRuleCount) &&
                     (key.family != Family::kPatients || key.sub <= age_group(INT64_MAX) * kGenders + kGenders - 1);
  return valid ? std::optional(key) : std::nullopt;
}

std::string CellTable::encode_values(const Slot& slot) {
  std::string bytes;
  ByteWriter out(&bytes);
  out.i64(slot.contributions);
  std::visit([&](const auto& v) { put(v, out); }, slot.values);
  return bytes;
}

void CellTable::write_changed(int slice, const std::function<void(const std::string& key, const std::string* value)>& sink) {
  const auto write = [&](const Slot& slot) {
    const std::string value = encode_values(slot);
    sink(encode_key(slot.key), &value);
  };
  for (const std::uint32_t index : snapshot_changed_) {
    Slot& slot = slots_[index];
    if (!slot.live || !slot.snapshot_changed) continue; // gone since, or listed twice
    slot.snapshot_changed = false;
    if (slot.slice != slice) write(slot);
  }
  snapshot_changed_.clear();
  for (const Slot& slot : slots_) if (slot.live && slot.slice == slice) write(slot);
  for (const std::string& key : dropped_) sink(key, nullptr);
  dropped_.clear();
}

void CellTable::drop_slice(int slice) {
  for (Slot& slot : slots_) if (slot.live && slot.slice == slice) free_slot(slot);
}

void CellTable::write_all(const std::function<void(const std::string& key, const std::string& value)>& sink) const {
  for (const Slot& slot : slots_) if (slot.live) sink(encode_key(slot.key), encode_values(slot));
}

TimeSpan CellTable::span_of(const CellKey& key) const {
  return key.family == Family::kPatients ? TimeSpan{kNever, kForever} : windows_.span(key.size, from_ms(key.start_ms));
}

bool CellTable::load(std::string_view bytes, std::string_view value) {
  const auto key = decode_key(bytes);
  if (!key) return false;
  const auto it = cells_.find(*key);
  Slot& slot = it != cells_.end() ? slots_[it->second] : new_slot(*key, span_of(*key));
  ByteReader in(value);
  slot.contributions = in.i64();
  return std::visit([&](auto& v) { return get(in, &v); }, slot.values) && in.at_end();
}

bool CellTable::drop(std::string_view bytes) {
  const auto key = decode_key(bytes);
  if (!key) return false;
  if (const auto it = cells_.find(*key); it != cells_.end()) free_slot(slots_[it->second]);
  return true;
}

void CellTable::finish_load() {
  removed_.clear();
  dropped_.clear();
  publish_changed_.clear();
  snapshot_changed_.clear();
  for (Slot& slot : slots_) {
    slot.publish_changed = slot.snapshot_changed = false;
    if (!slot.live) continue;
    schedule_status(slot);
    if (auto* funnel = std::get_if<FunnelValues>(&slot.values)) {
      funnel->next_timeout = kForever;
      for (const auto& [start_ms, count] : funnel->undecided.entries()) {
        if (count != 0) schedule_timeout(slot, from_ms(start_ms));
      }
    }
  }
  mark_all_changed();
}

} // namespace wardpulse::aggregator
