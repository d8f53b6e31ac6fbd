// Keys of topic `control`: what consumers and replays write there, the web service reads.
#pragma once

#include <string_view>

namespace wardpulse {

inline constexpr std::string_view kControlKey = "active";            // the generation in force
inline constexpr std::string_view kInstanceKeyPrefix = "instance/";  // ROLE/NAME follows: what a process says of itself

} // namespace wardpulse
