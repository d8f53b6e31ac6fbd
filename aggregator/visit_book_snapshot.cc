// Patients and visits in snapshots: one entry a patient.
#include <algorithm>

#include "aggregator/state_codec.h"
#include "aggregator/visit_book.h"

namespace wardpulse::aggregator {

std::string VisitBook::encode(const Patient& patient) const {
  std::string bytes;
  ByteWriter out(&bytes);
  put(patient.registrations, texts_, out);
  out.u64(patient.departed_first.size());
  for (const Time first : patient.departed_first) out.i64(to_ms(first));
  out.u64(patient.visits.size());
  for (const auto& visit : patient.visits) {
    out.text(visit->visit_id);
    out.i64(to_ms(visit->anchor));
    out.i64(to_ms(visit->known_at));
    put(visit->records, texts_, out);
  }
  return bytes;
}

void VisitBook::write_changed(int slice, const std::function<void(const std::string& key, const std::string& value)>& sink) {
  for (Patient* patient : changed_) {
    patient->changed = false;
    if (patient->slice != slice) sink(kPatientEntry + patient->id, encode(*patient));
  }
  changed_.clear();
  for (const Patient* patient : by_slice_[static_cast<std::size_t>(slice)]) sink(kPatientEntry + patient->id, encode(*patient));
}

void VisitBook::write_all(const std::function<void(const std::string& key, const std::string& value)>& sink) const {
  for (const auto& [id, patient] : patients_) sink(kPatientEntry + patient->id, encode(*patient));
}

bool VisitBook::load(std::string_view id, std::string_view value) {
  Patient& loaded = patient(id);
  loaded.visits.clear();
  loaded.registrations = {};
  loaded.departed_first.clear();
  ByteReader in(value);
  if (!get(in, texts_, &loaded.registrations)) return false;
  const auto departed = in.u64();
  if (departed != 0 && departed != kWindowSizeCount) return false;
  for (std::uint64_t i = 0; i < departed; ++i) loaded.departed_first.push_back(from_ms(in.i64()));
  for (auto n = in.u64(); n > 0 && in.ok(); --n) {
    auto visit = std::make_unique<Visit>();
    visit->visit_id = in.text();
    visit->anchor = from_ms(in.i64());
    visit->known_at = from_ms(in.i64());
    visit->patient = &loaded;
    if (!get(in, texts_, &visit->records)) return false;
    loaded.visits.push_back(std::move(visit));
  }
  return in.ok() && in.at_end();
}

void VisitBook::drop_slice(int slice) {
  for (const Patient* patient : by_slice_[static_cast<std::size_t>(slice)]) patients_.erase(patients_.find(patient->id));
  by_slice_[static_cast<std::size_t>(slice)].clear();
}

void VisitBook::finish_load() {
  changed_.clear();
  open_.clear();
  leaving_.clear();
  census_departments_.clear();
  visit_count_ = 0;
  for (const auto& [id, patient] : patients_) {
    patient->changed = false;
    for (const auto& visit : patient->visits) {
      ++visit_count_;
      visit->open_position = Visit::kNotOpen;
      mark_open(*visit);
      schedule_leave(*visit);
      count_departments(aggregator::census_departments(visit->records), +1);
    }
  }
}

} // namespace wardpulse::aggregator
