// GET /docs: the routes as a page to read, made from the same table as openapi.json. No script, nothing from elsewhere.
#pragma once

#include <string>
#include <string_view>

#include "web/router.h"

namespace wardpulse::web {

std::string docs_html(const Router& router, std::string_view version);
std::string_view docs_css(); // served beside it, since the page may not have styles of its own

} // namespace wardpulse::web
