#include "aggregator/patient_index.h"

#include <cstring>
#include <string>

#include "aggregator/cell_table.h"
#include "aggregator/state_codec.h"

namespace wardpulse::aggregator {

namespace {

std::uint64_t patient_hash(std::string_view id) {
  char key[128];
  if (id.size() >= sizeof key) return entry_hash(kPatientEntry + std::string(id));
  key[0] = kPatientEntry;
  if (!id.empty()) std::memcpy(key + 1, id.data(), id.size());
  return entry_hash({key, id.size() + 1});
}

} // namespace

PatientIndex::Key::Key(std::string_view patient_id) : id(patient_id) {
  const std::uint64_t hashed = patient_hash(id);
  slice = static_cast<std::uint8_t>(hashed % kSliceCount);
  hash = static_cast<std::uint32_t>(hashed / kSliceCount);
}

void PatientIndex::prefetch_place(std::string_view id) const {
  const Key key(id);
  slices_[key.slice].prefetch(key);
}

void PatientIndex::prefetch_patient(std::string_view id) const {
  const Touch key(id);
  static_cast<void>(slices_[key.slice].contains(key));
}

Patient* PatientIndex::find(std::string_view id) const {
  const Key key(id);
  const auto& slice = slices_[key.slice];
  const auto it = slice.find(key);
  return it == slice.end() ? nullptr : it->get();
}

std::pair<Patient*, bool> PatientIndex::find_or_make(std::string_view id) {
  const Key key(id);
  bool made = false;
  const auto it = slices_[key.slice].lazy_emplace(key, [&](const auto& construct) {
    auto patient = std::make_unique<Patient>();
    patient->id = id;
    patient->slice = key.slice;
    patient->hash = key.hash;
    made = true;
    construct(std::move(patient));
  });
  size_ += made ? 1 : 0;
  return {it->get(), made};
}

} // namespace wardpulse::aggregator
