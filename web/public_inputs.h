// What the public view is told: counts of closed windows, for every department and every window of its time, also those
// without a cell.
#pragma once

#include <vector>

#include "base/time_zone.h"
#include "web/cell_store.h"
#include "web/public_view.h"

namespace wardpulse::web {

// `zone`: of local days without any cell.
std::vector<PublicInput> public_inputs(const CellStore& store, const TimeZone& zone);

} // namespace wardpulse::web
