#include "aggregator/patient_index.h"

#include <cstring>
#include <string>

#include "aggregator/cell_table.h"
#include "aggregator/state_codec.h"

namespace wardpulse::aggregator {

std::uint64_t PatientIndex::hash(std::string_view id) {
  char key[128];
  if (id.size() >= sizeof key) return entry_hash(kPatientEntry + std::string(id));
  key[0] = kPatientEntry;
  if (!id.empty()) std::memcpy(key + 1, id.data(), id.size());
  return entry_hash({key, id.size() + 1});
}

Patient* PatientIndex::find(std::string_view id) const {
  const std::uint64_t hashed = hash(id);
  const auto& slice = slices_[hashed % kSliceCount];
  const auto it = slice.find(id, hashed / kSliceCount);
  return it == slice.end() ? nullptr : it->get();
}

Patient& PatientIndex::make(std::string_view id) {
  auto made = std::make_unique<Patient>();
  made->id = id;
  made->slice = static_cast<std::uint8_t>(hash(id) % kSliceCount);
  ++size_;
  return **slices_[made->slice].insert(std::move(made)).first;
}

} // namespace wardpulse::aggregator
