// Patients and visits in snapshots: one entry a patient.
#include <algorithm>

#include "aggregator/state_codec.h"
#include "aggregator/visit_book.h"

namespace wardpulse::aggregator {

namespace {

enum class Leavers : std::uint8_t { kNone, kSome, kWithCheckins }; // the last one from format 4 on

template <class D, class Number, class Moment>
void each_field(D& d, Number&& number, Moment&& moment) {
  for (auto& time : d.first_checkin) moment(time);
  for (auto* field : {&d.visits, &d.checkins, &d.billed_cents, &d.paid_cents}) number(*field);
  for (auto* time : {&d.first_entry, &d.last_entry, &d.last_checkin}) moment(*time);
}

} // namespace

void VisitBook::encode(const Patient& patient, std::string* bytes) const {
  bytes->clear();
  ByteWriter out(bytes);
  put(patient.registrations, texts_, out);
  for (const Time at : patient.registered_at.all()) out.i64(to_ms(at));
  const bool keeps = patient.departed && !patient.departed->checkins_kept.empty();
  out.u8(static_cast<std::uint8_t>(keeps ? Leavers::kWithCheckins : patient.departed ? Leavers::kSome : Leavers::kNone));
  if (patient.departed) each_field(*patient.departed, [&](std::int64_t field) { out.i64(field); }, [&](Time time) { out.i64(to_ms(time)); });
  if (keeps) {
    out.u64(patient.departed->checkins_kept.size());
    for (const auto& [time, department, sizes] : patient.departed->checkins_kept) {
      out.i64(to_ms(time));
      out.text(texts_.text(department));
      out.u8(sizes);
    }
  }
  out.u64(patient.visits.size());
  for (const auto& visit : patient.visits) {
    out.text(visit->visit_id);
    out.i64(to_ms(visit->anchor));
    out.i64(to_ms(visit->known_at));
    put(visit->records, texts_, out);
  }
}

void VisitBook::write_changed(int slice, const std::function<void(const std::string& key, const std::string& value)>& sink) {
  std::string key, value;
  const auto write = [&](const Patient& patient) {
    key.assign(1, kPatientEntry).append(patient.id);
    encode(patient, &value);
    sink(key, value);
  };
  go_through(changed_, [&](Patient& patient) {
    patient.changed = false;
    if (patient.slice != slice) write(patient);
  });
  changed_.clear();
  std::vector<Patient*> of_slice;
  patients_.each_of_slice(slice, [&](Patient& patient) { of_slice.push_back(&patient); });
  go_through(of_slice, write);
}

void VisitBook::write_all(const std::function<void(const std::string& key, const std::string& value)>& sink) const {
  std::string value;
  patients_.each([&](const Patient& patient) {
    encode(patient, &value);
    sink(kPatientEntry + patient.id, value);
  });
}

// What is derived from visits is made while they are at hand: a walk over all of them afterwards would wait for memory at each.
bool VisitBook::load(std::string_view id, std::string_view value) {
  const auto [patient, is_new] = patients_.find_or_make(id);
  if (!is_new) return true;
  Patient& loaded = *patient;
  ByteReader in(value);
  ReadRecords records;
  if (!get(in, texts_, &records)) return false;
  loaded.registrations.assign(records);
  RegisteredAt::All registered_at;
  for (Time& at : registered_at) at = from_ms(in.i64());
  loaded.registered_at = RegisteredAt(registered_at);
  const auto leavers = static_cast<Leavers>(in.u8());
  if (leavers != Leavers::kNone) {
    loaded.departed = std::make_unique<Departed>();
    each_field(*loaded.departed, [&](std::int64_t& field) { field = in.i64(); }, [&](Time& time) { time = from_ms(in.i64()); });
  }
  if (leavers == Leavers::kWithCheckins) {
    for (auto n = in.u64(); n > 0 && in.ok(); --n) {
      const Time time = from_ms(in.i64());
      const TextId department = texts_.intern(in.text());
      loaded.departed->checkins_kept.push_back({time, department, in.u8()});
      leaving_.add(windows_.checkin_settled_from(time), &loaded);
    }
  }
  for (auto n = in.u64(); n > 0 && in.ok(); --n) {
    auto visit = std::make_unique<Visit>();
    visit->visit_id = in.text();
    visit->anchor = from_ms(in.i64());
    visit->known_at = from_ms(in.i64());
    visit->patient = &loaded;
    if (!get(in, texts_, &records)) return false;
    visit->records.assign(records);
    schedule_leave(*visit);
    const VisitView day = view_of({records.data(), records.size()}, size_bit(WindowSize::k1d));
    const auto is_roomed = [](const Occurrence& o) { return o.type == static_cast<TypeCode>(EventType::kRoomed); };
    if (std::any_of(records.begin(), records.end(), is_roomed)) loaded_roomed_.push_back(roomed_patient(day));
    for (const FunnelPlan& plan : plans_.by_visit) cells_.load(plan, attempt_of(plan, {records.data(), records.size()}, day));
    ++visit_count_;
    loaded.visits.push_back(std::move(visit));
  }
  return in.ok() && in.at_end();
}

void VisitBook::finish_load(Time log_watermark) {
  last_roomed_.set_log_watermark(log_watermark);
  for (const RoomedPatient& roomed : loaded_roomed_) last_roomed_.exchange({}, roomed);
  loaded_roomed_ = {};
}

} // namespace wardpulse::aggregator
