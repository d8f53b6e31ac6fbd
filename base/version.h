// The version that every program prints and exports.
#pragma once

#include <string_view>

namespace wardpulse {

std::string_view version(); // "0.1.0"

} // namespace wardpulse
