// What a cell counts, by family.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aggregator/start_counts.h"
#include "aggregator/sums.h"
#include "proto/cell.h"

namespace wardpulse::aggregator {

// Values of families department and hospital.
struct DepartmentValues {
  std::int64_t checkins = 0, distinct_patients = 0, new_patients = 0;
  std::array<std::int64_t, 3> by_visit_type{}; // by VisitType
  std::int64_t completed = 0, cancelled = 0, no_show = 0, left = 0, admissions = 0, discharges = 0, treatments = 0, treatment_cents = 0;
  MinuteHistogram wait_minutes, stay_minutes;
};

struct FunnelValues {
  std::int64_t converted = 0;
  std::vector<std::int64_t> reached;            // per step; [0] = entered
  std::map<std::string, std::int64_t> exited;   // by door
  StartCounts undecided;                        // neither converted nor exited
  StartCounts unseen;                           // those of them that have not reached the provider's step, by whole_start
  StartCounts departed_undecided, departed_unseen; // of both, those whose visit or entity is not in the state any more
  MinuteHistogram unseen_exited;                // start to exit of attempts that left without reaching it
  std::vector<MinuteHistogram> minutes_to_step; // [0] unused
  MinuteHistogram minutes_to_convert;
  Time next_timeout = kForever; // the deadline that the last publication set: when the next undecided attempt times out. Derived
};

// Of the families that are plain sums: fields in the order of proto/families.cc.
struct SumValues {
  SumFields fields{};
};

struct PatientsValues {
  std::int64_t visits = 0, returning = 0;
  MinuteHistogram visits_per_patient;
};
using CellValues = std::variant<DepartmentValues, FunnelValues, SumValues, PatientsValues>;

// A cell that can be changed.
struct CellContent {
  std::int64_t contributions = 0; // facts, attempts or patients in the cell: at 0 it does not exist
  CellValues values;
  std::uint32_t index = 0; // of its slot in the table
};

// As snapshots have it: canonical, no interned numbers. Which attempts are undecided is said by the visits and entities in the state:
// there may be a hundred thousand in a cell, and every change of one would write all. Only those of departed ones are written.
void encode(const CellContent& content, std::string* bytes); // appends
// REQUIRES: content has the values of the cell's family; all of them are replaced. False: no bytes of ours.
bool decode(std::string_view bytes, CellContent* content);
// Those of an older checkpoint say all that were undecided, and give them as departed ones.
bool says_all_undecided(std::string_view funnel_bytes);
// What the bytes of a snapshot leave out, for a cell at rest.
void encode_derived(const FunnelValues& values, std::string* bytes); // appends
void decode_derived(std::string_view bytes, FunnelValues* values); // REQUIRES: bytes of ours
// Waits are told as of whole minutes and in whole minutes: as far as they go, an attempt may as well have started at the whole minute
// that is not before it.
std::int64_t whole_start(std::int64_t start_ms);
// Whole minutes from the start to the lesser of start + window and `shown` cut down to a whole minute; not below 0.
std::int32_t minutes_waited(std::int64_t whole_start_ms, Duration window, Time shown);
// A time that state can have; more would not be ours, and could overflow.
bool is_moment(std::int64_t ms);

} // namespace wardpulse::aggregator
