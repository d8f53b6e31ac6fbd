// wardpulse-web keys create|list|revoke.
#pragma once

#include <optional>
#include <string>

#include "base/config.h"
#include "base/result.h"

namespace wardpulse::web {

// What is wrong with the words and flags; nullopt: nothing.
std::optional<std::string> keys_usage_problem(const Config& config);
// What to print on stdout. REQUIRES: keys_usage_problem() had nothing to say.
Result<std::string> run_keys_command(const Config& config);

} // namespace wardpulse::web
