// Compact JSON in forms that are pleasant to read. The input is our own writer's: no white space between tokens.
#pragma once

#include <string>
#include <string_view>

namespace wardpulse::schemas {

std::string pretty_json(std::string_view compact); // two spaces a level; a list of scalars stays on its line
std::string block_yaml(std::string_view compact);  // texts stay in quotes

} // namespace wardpulse::schemas
