// The mock cluster always asks the system for a free port. This lets a program choose it.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace wardpulse::kafka {

// The next bind() of this process to a free loopback port takes `port` instead. Error when that port is in use.
// Before threads start; 0 changes nothing.
Result<void> choose_listen_port(std::uint16_t port);

} // namespace wardpulse::kafka
