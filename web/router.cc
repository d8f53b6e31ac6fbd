#include "web/router.h"

#include <algorithm>

#include "base/check.h"
#include "web/problem.h"

namespace wardpulse::web {
namespace {

bool matches(std::string_view pattern, std::string_view path) {
  if (!pattern.ends_with("/*")) return pattern == path;
  const auto folder = pattern.substr(0, pattern.size() - 1);
  return path.size() > folder.size() && path.starts_with(folder);
}

Reply not_found(const Request& request) {
  return problem_reply({.status = 404, .code = "not_found", .detail = "there is nothing at " + request.path,
                        .remedy = "/openapi.json lists what there is"});
}

std::string allowed_methods(const std::vector<const Route*>& routes) {
  std::string allowed;
  for (const Route* route : routes) {
    allowed += route->method + ", ";
    if (route->method == "GET") allowed += "HEAD, ";
  }
  return allowed + "OPTIONS";
}

Reply not_allowed(const Request& request, const std::string& allowed) {
  return problem_reply({.status = 405,
                        .code = "method_not_allowed",
                        .detail = request.path + " does not take " + request.method,
                        .remedy = "use one of " + allowed})
      .with("Allow", allowed);
}

Reply not_let_in(const Route& route, const Caller& caller) {
  const std::string needed(scope_name(route.scope));
  if (caller.scope == Scope::kNone) {
    return problem_reply({.status = 401, .code = "key_needed", .detail = "this needs a key of scope " + needed,
                          .remedy = "send a valid key in the header X-API-Key; wardpulse-web keys create makes one"})
        .with("WWW-Authenticate", "ApiKey realm=\"wardpulse\"");
  }
  return problem_reply(
      {.status = 403,
       .code = "scope_needed",
       .detail = "this needs a key of scope " + needed + ", yours is " + std::string(scope_name(caller.scope)),
       .remedy = "use a key of that scope"});
}

Reply foreign_origin() {
  return problem_reply({.status = 403, .code = "foreign_origin", .detail = "the page that asks is from another origin",
                        .remedy = "open the dashboard at the address it is served from"});
}

// What changes something, or stays open, is not for other sites' pages: they would come with the user's cookie.
bool is_from_foreign_page(const Route& route, const Request& request) {
  return (route.is_upgrade || route.method != "GET") && !is_same_origin(request);
}

} // namespace

void Router::add(Route route) {
  WP_CHECK(std::none_of(routes_.begin(), routes_.end(),
                        [&](const Route& other) { return other.method == route.method && other.path == route.path; }));
  routes_.push_back(std::move(route));
}

Router::Outcome Router::answer(const Request& request, const Caller& caller) const {
  if (request.method == "OPTIONS" && request.path == "*") return {"*", Reply::empty(204)};
  std::vector<const Route*> at_path;
  for (const Route& route : routes_) {
    if (matches(route.path, request.path)) at_path.push_back(&route);
  }
  if (at_path.empty()) return {"none", not_found(request)};
  const std::string_view label = at_path.front()->path;
  if (request.method == "OPTIONS") return {label, Reply::empty(204).with("Allow", allowed_methods(at_path))};
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  const auto found =
      std::find_if(at_path.begin(), at_path.end(), [&](const Route* route) { return route->method == method; });
  if (found == at_path.end()) return {label, not_allowed(request, allowed_methods(at_path))};
  const Route& route = **found;
  if (is_from_foreign_page(route, request)) return {label, foreign_origin()};
  // A cookie comes along without the page's doing, so it opens only what changes nothing.
  const bool counts = !caller.by_cookie || route.method == "GET";
  const Caller& effective = counts ? caller : Caller();
  if (!scope_allows(effective.scope, route.scope)) return {label, not_let_in(route, effective)};
  if (route.slow_handler) return {label, {}, &route.slow_handler, effective};
  return {label, route.handler(request, effective)};
}

} // namespace wardpulse::web
