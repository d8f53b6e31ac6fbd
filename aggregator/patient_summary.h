// A patient over all visits: the mart's row, and where the patient counts in family patients.
#pragma once

#include "aggregator/cell_table.h"
#include "aggregator/visit.h"
#include "aggregator/windows.h"
#include "proto/cell.h"

namespace wardpulse::aggregator {

// What one visit gives to its patient, by 1d; added up in Departed when it leaves.
void add_visit(Records records, bool money, Departed* sum);

struct PatientSummary {
  Departed sum;               // over all visits, those that left among them
  bool registered = false;    // by 1d
  TextId city = kUnknownText;
  std::uint32_t gender = 3;   // Gender
  std::optional<std::int64_t> age_years; // at the latest check-in
  bool exists() const { return registered || sum.visits > 0; }
};
// `money` false: without billed and paid. `changing` counts with `records` instead of its own.
PatientSummary summary_of(const Patient& patient, const Windows& windows, bool money, const Visit* changing = nullptr, Records records = {});
PatientGroup group_of(const PatientSummary& summary);
// Family patient_stats. REQUIRES: the summary is the patient's with money, and exists().
Cell row_of(const Patient& patient, const PatientSummary& summary, const Windows& windows, const Texts& texts);

} // namespace wardpulse::aggregator
