// How long it takes when not everybody has got there yet.
// Source: E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations", Journal of the American
// Statistical Association 53 (1958). docs/semantics.md has the formula in words and a worked example.
#pragma once

#include "proto/cell.h"

namespace wardpulse {

// The smallest minute t at which the estimated share of those who still wait is a half or less. `seen`: minutes of those who
// got there; `unseen`: minutes for which the others were watched (in a tie they count as still there). Null when the
// estimate does not come down to a half.
Value kaplan_meier_median(const MinuteHistogram& seen, const MinuteHistogram& unseen);

} // namespace wardpulse
