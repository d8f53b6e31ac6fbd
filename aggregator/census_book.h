// The census kept up to date: what all visits count for as of a moment, as sums. A visit's part is made anew when a record comes
// to it, as of the last census, and when the moment has come from which time alone changes it, or which a record was about; so a census
// costs what has changed since the last one, however many visits are open. Derived from the visits; no part of the state.
#pragma once

#include <array>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "aggregator/census.h"
#include "aggregator/census_part.h"
#include "aggregator/due_visits.h"
#include "aggregator/patient_index.h"
#include "aggregator/time_bag.h"

namespace wardpulse::aggregator {

class CensusBook {
 public:
  explicit CensusBook(const PatientIndex& patients) : patients_(patients) {}

  // A record comes to the visit, which has `records` with it; 1d saw `before` of it until now, and sees `after`.
  void change(Visit& visit, const Occurrence& record, const VisitView& before, Records records, const VisitView& after);
  // It leaves the state; 1d sees `view` of it.
  void remove(Visit& visit, const VisitView& view);
  // The first one looks at all visits. REQUIRES: `now` never goes back, of these two.
  Census as_of(Time now);
  // Does beforehand most of what a later one would have to.
  void move_to(Time now);

 private:
  struct Department {
    std::array<std::int64_t, kCensusFields> sums{};
    TimeBag waiting; // check-ins of those who wait
    std::int64_t operator[](CensusField field) const { return sums[static_cast<std::size_t>(field)]; }
  };
  // Equal parts are stored once: a visit has the number of its own. Number 0 is that of no terms.
  struct Shared {
    CensusTerms terms;
    std::uint32_t visits = 0;
  };

  void look_at(Visit& visit, Time now);
  void wait_until(Visit& visit, Time moment); // for its part to be made anew; kForever: for nothing
  // `same_times`: `before` and `after` have the same check-in and decision.
  void exchange(Visit& visit, const VisitView& before, const CensusPart& part, const VisitView& after, bool same_times);
  void withdraw(Visit& visit, const VisitView& view);
  void count(const CensusTerms& terms, const VisitView& view, int sign);
  std::uint32_t share(const CensusTerms& terms);
  void let_go(std::uint32_t number);

  const PatientIndex& patients_;
  Time now_ = kNever; // of the last census; kNever: there was none, and no visit is counted yet
  absl::flat_hash_map<TextId, Department> departments_;
  TimeBag held_; // admit decisions of those held for a bed
  std::vector<Shared> shared_{1};
  absl::flat_hash_map<CensusTerms, std::uint32_t> numbers_;
  std::vector<std::uint32_t> unused_; // numbers
  DueVisits due_;
  std::vector<Visit*> due_now_; // only within move_to(); kept for its room
};

} // namespace wardpulse::aggregator
