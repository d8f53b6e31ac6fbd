// Entity tags from content.
#pragma once

#include "web/http_types.h"

namespace wardpulse::web {

// The reply with a tag of its body; 304 without body when the client has that already.
Reply with_etag(const Request& request, Reply reply);

} // namespace wardpulse::web
