// The sub-command `simulate`.
#pragma once

#include "producer/options.h"

namespace wardpulse::producer {

int run_simulate(const SimulateOptions& options); // the exit code

} // namespace wardpulse::producer
