// The OpenAPI 3.1 document of a table of routes.
#pragma once

#include <string>

#include "web/router.h"

namespace wardpulse::web {

// As it was when the program was built: proto/asyncapi.json.
std::string_view asyncapi_json();

std::string openapi_json(const Router& router, std::string_view version);

} // namespace wardpulse::web
