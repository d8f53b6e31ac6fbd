// The patients of a partition number, found by their id. Those of one slice of the state lie together.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include <absl/container/flat_hash_set.h>

#include "aggregator/partition_state.h"
#include "aggregator/visit.h"

namespace wardpulse::aggregator {

class PatientIndex {
 public:
  Patient* find(std::string_view id) const;
  // Asks for the memory that find() will look at, and then for that of the patient: no step waits for what the one before asked for.
  void prefetch_place(std::string_view id) const;
  void prefetch_patient(std::string_view id) const;
  std::pair<Patient*, bool> find_or_make(std::string_view id); // whether it was made
  std::size_t size() const { return size_; }

  template <class F>
  void each_of_slice(int slice, F&& f) const {
    for (const auto& patient : slices_[static_cast<std::size_t>(slice)]) f(*patient);
  }
  template <class F>
  void each(F&& f) const {
    for (int slice = 0; slice < kSliceCount; ++slice) each_of_slice(slice, f);
  }

 private:
  // From the hash of its entry. Within a slice the remainder is the same for all: the quotient tells them apart.
  struct Key {
    explicit Key(std::string_view id);
    std::string_view id;
    std::uint8_t slice;
    std::uint32_t hash;
  };
  struct Touch : Key { // equal to none, and asks for the memory of each it is compared with
    using Key::Key;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Key& key) const { return key.hash; }
    std::size_t operator()(const std::unique_ptr<Patient>& patient) const { return patient->hash; }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const std::unique_ptr<Patient>& a, const Key& b) const { return a->id == b.id; }
    bool operator()(const std::unique_ptr<Patient>& a, const Touch&) const {
      const char* memory = reinterpret_cast<const char*>(a.get());
      __builtin_prefetch(memory);
      __builtin_prefetch(memory + 64);
      return false;
    }
    bool operator()(const std::unique_ptr<Patient>& a, const std::unique_ptr<Patient>& b) const { return a->id == b->id; }
  };
  std::array<absl::flat_hash_set<std::unique_ptr<Patient>, Hash, Equal>, kSliceCount> slices_;
  std::size_t size_ = 0;
};

} // namespace wardpulse::aggregator
