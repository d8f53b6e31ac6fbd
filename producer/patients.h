// The people of the simulated city who have been patients: new ones are added, old ones come back.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "producer/hospital_tables.h"
#include "producer/random.h"
#include "proto/event.h"

namespace wardpulse::producer {

struct Patient {
  std::uint64_t number = 0;
  Gender gender = Gender::kUnknown;
  std::chrono::year_month_day birth_date{};
  std::string_view city;
  bool in_visit = false;
};

class PatientBook {
 public:
  // At most this many are remembered; then a new patient takes the place of one who is not here now, who never returns.
  static constexpr std::size_t kMaxPatients = 200'000;

  struct Arrival {
    std::size_t place = 0; // stays this patient's until leave()
    bool is_new = false;
  };

  // Somebody who can come to `department` and is not in a visit: mostly new while few are known, later often known.
  Arrival arrive(Department department, std::chrono::year_month_day today, Random* random);
  void leave(std::size_t place) { patients_[place].in_visit = false; }
  const Patient& at(std::size_t place) const { return patients_[place]; }

 private:
  std::size_t make(Department department, std::chrono::year_month_day today, Random* random);
  std::vector<Patient> patients_;
  std::uint64_t made_ = 0;
};

} // namespace wardpulse::producer
