// Digest of what an event says, without its event_id: a repeat under the same identity with another digest is flagged.
#pragma once

#include <cstdint>

#include "proto/event.h"

namespace wardpulse::aggregator {

std::uint32_t content_digest(const Event& event);

} // namespace wardpulse::aggregator
