#include "base/version.h"

namespace wardpulse {

std::string_view version() { return WARDPULSE_VERSION; }

} // namespace wardpulse
