// Errors as RFC 9457 problem documents: a code for programs, a remedy for people.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "web/http_types.h"

namespace wardpulse::web {

struct Problem {
  int status = 400;
  std::string code;    // "unknown_family"; stable
  std::string detail;  // what is wrong with this request
  std::string remedy;  // what to do about it
  // Lists of what is known: "known_families": [...].
  std::vector<std::pair<std::string, std::vector<std::string>>> known = {};
};

std::string problem_json(const Problem& problem);
Reply problem_reply(const Problem& problem);
std::string_view status_phrase(int status); // "Not Found"

} // namespace wardpulse::web
