// Reads a definition back from its canonical JSON, as checkpoints and the control record carry it.
#pragma once

#include <string_view>

#include "aggregator/definition.h"
#include "base/result.h"

namespace wardpulse::consumer {

// Error when something in it is not understood: then the definition is one of a newer version.
Result<aggregator::Definition> parse_definition(std::string_view json);

} // namespace wardpulse::consumer
