// The OpenAPI 3.1 document of a table of routes.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "web/router.h"

namespace wardpulse::web {

// As it was when the program was built: proto/asyncapi.json.
std::string_view asyncapi_json();

// What a route can answer: its own answers, and those that the router and the session give for it.
std::map<int, Answer> answers_of(const Route& route);

std::string openapi_json(const Router& router, std::string_view version);

} // namespace wardpulse::web
