// NEDOCS, the national emergency department overcrowding score: how full the emergency department is.
// Source: S. J. Weiss et al., "Estimating the degree of emergency department overcrowding in academic medical centers",
// Academic Emergency Medicine 11 (2004). docs/semantics.md has the formula in words and a worked example.
#pragma once

#include "proto/cell.h"

namespace wardpulse {

// Names of the inputs. Beds are absent when not configured, waits when nobody waits.
inline constexpr const char *kEdPatients = "ed_patients", *kEdBeds = "ed_beds", *kHospitalBeds = "hospital_beds",
                            *kHeldForBed = "boarding", *kVentilated = "ventilated",
                            *kLongestAdmitWait = "longest_admit_wait_minutes", *kLastRoomedAt = "last_roomed_ms",
                            *kLastRoomedWait = "last_roomed_wait_minutes";

// People add up, beds and the longest wait are the largest, the last roomed is the latest.
void merge_crowding_inputs(Counts* to, const Counts& from);
Value crowding_score(const Counts& inputs); // 0 to 200; null without beds
Value crowding_band(const Counts& inputs);  // the score in words

} // namespace wardpulse
