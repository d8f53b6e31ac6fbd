// A cell's content in bytes, for snapshots and for cells at rest.
#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "aggregator/cell_values.h"
#include "base/bytes.h"
#include "base/check.h"

namespace wardpulse::aggregator {

std::int64_t whole_start(std::int64_t start_ms) {
  return std::chrono::milliseconds(std::chrono::ceil<std::chrono::minutes>(std::chrono::milliseconds(start_ms))).count();
}

std::int32_t minutes_waited(std::int64_t whole_start_ms, Duration window, Time shown) {
  using std::chrono::floor, std::chrono::minutes;
  if (shown == kNever) return 0; // less a time would overflow
  const std::int64_t so_far = (floor<minutes>(shown) - from_ms(whole_start_ms)) / minutes{1};
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(so_far, 0, floor<minutes>(window).count()));
}

bool is_moment(std::int64_t ms) { return std::abs(ms) < std::int64_t{1} << 50; } // in 35,000 years

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
  by_start.each([&](std::int64_t start, std::int64_t count) {
    out.i64(start);
    out.i64(count);
  });
}

bool get(ByteReader& in, StartCounts* by_start) {
  by_start->clear();
  std::int64_t last = INT64_MIN;
  for (auto n = in.u64(); n > 0 && in.ok(); --n) {
    const auto start = in.i64(), count = in.i64();
    if (start <= last || !is_moment(start) || !is_count(count) || !by_start->may_add(start, count)) return false;
    by_start->add(start, count);
    last = start;
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

constexpr std::int64_t kOnlyDeparted = -1; // where an older checkpoint has a count

void put(const FunnelValues& v, ByteWriter& out) {
  out.i64(kOnlyDeparted);
  out.i64(v.converted);
  for (const auto count : v.reached) out.i64(count);
  out.u64(v.exited.size());
  for (const auto& [door, count] : v.exited) {
    out.text(door);
    out.i64(count);
  }
  put(v.departed_undecided, out);
  put(v.departed_unseen, out);
  put(v.unseen_exited, out);
  for (const auto& h : v.minutes_to_step) put(h, out);
  put(v.minutes_to_convert, out);
}

bool get(ByteReader& in, FunnelValues* v) {
  v->converted = in.i64();
  if (v->converted == kOnlyDeparted) v->converted = in.i64();
  for (auto& count : v->reached) count = in.i64();
  v->exited.clear();
  for (auto n = in.u64(); n > 0 && in.ok(); --n) {
    const std::string door(in.text());
    v->exited[door] = in.i64();
  }
  StartCounts unseen; // by the moment, in older checkpoints
  if (!get(in, &v->departed_undecided) || !get(in, &unseen) || !get(in, &v->unseen_exited)) return false;
  for (auto* starts : {&v->departed_unseen, &v->undecided, &v->unseen}) starts->clear();
  unseen.each([&](std::int64_t start, std::int64_t count) { v->departed_unseen.add(whole_start(start), count); });
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

void encode(const CellContent& content, std::string* bytes) {
  ByteWriter out(bytes);
  out.i64(content.contributions);
  std::visit([&](const auto& v) { put(v, out); }, content.values);
}

bool decode(std::string_view bytes, CellContent* content) {
  ByteReader in(bytes);
  content->contributions = in.i64();
  return std::visit([&](auto& v) { return get(in, &v); }, content->values) && in.at_end();
}

bool says_all_undecided(std::string_view funnel_bytes) {
  ByteReader in(funnel_bytes);
  in.i64(); // contributions
  return in.i64() != kOnlyDeparted;
}

void encode_derived(const FunnelValues& values, std::string* bytes) {
  ByteWriter out(bytes);
  out.i64(values.next_timeout == kForever ? 0 : to_ms(values.next_timeout)); // else it would be set anew
  put(values.undecided, out);
  put(values.unseen, out);
}

void decode_derived(std::string_view bytes, FunnelValues* values) {
  ByteReader in(bytes);
  const auto next_ms = in.i64();
  values->next_timeout = next_ms == 0 ? kForever : from_ms(next_ms);
  WP_CHECK(get(in, &values->undecided) && get(in, &values->unseen) && in.at_end());
}

} // namespace wardpulse::aggregator
