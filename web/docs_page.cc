#include "web/docs_page.h"

#include "web/openapi.h"

namespace wardpulse::web {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}

std::string parameters_table(const Route& route) {
  if (route.parameters.empty()) return {};
  std::string html = "<table><caption>Parameters</caption><tr><th>Name</th><th>Meaning</th><th>Schema</th></tr>";
  for (const Parameter& parameter : route.parameters) {
    html += "<tr><td><code>" + escaped(parameter.name) + "</code>" + (parameter.required ? " (required)" : "") + "</td><td>" +
            escaped(parameter.meaning) + "</td><td><code>" + escaped(parameter.schema) + "</code></td></tr>";
  }
  return html + "</table>";
}

std::string answers_table(const Route& route) {
  std::string html = "<table><caption>Answers</caption><tr><th>Status</th><th>Meaning</th><th>Type</th></tr>";
  for (const auto& [status, answer] : answers_of(route)) {
    html += "<tr><td>" + std::to_string(status) + "</td><td>" + escaped(answer.meaning) + "</td><td>" +
            escaped(answer.content_type) + "</td></tr>";
  }
  return html + "</table>";
}

} // namespace

std::string docs_html(const Router& router, std::string_view version) {
  std::string html =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Wardpulse: the HTTP interface</title>"
      "<meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"/docs/style.css\"></head><body>"
      "<main><h1>Wardpulse " + escaped(version) + "</h1>"
      "<p>For programs: <a href=\"/openapi.json\">openapi.json</a> (HTTP) and <a href=\"/asyncapi.json\">asyncapi.json</a> "
      "(topics and WebSocket). Keys go into the header <code>X-API-Key</code>. Every error is a problem document "
      "(RFC 9457) with a code and a remedy. GET answers HEAD too; OPTIONS says what a path takes.</p>";
  for (const Route& route : router.routes()) {
    html += "<section><h2><code>" + route.method + " " + escaped(route.path) + "</code></h2><p>" + escaped(route.summary) +
            " Needs: " + (route.scope == Scope::kNone ? "nothing" : "a key of scope " + std::string(scope_name(route.scope))) + ".</p>";
    html += parameters_table(route) + answers_table(route) + "</section>";
  }
  return html + "</main></body></html>\n";
}

std::string_view docs_css() {
  return "body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem;color:#1c2733;background:#fff}"
         "h2{margin:2rem 0 .2rem;font-size:1.1rem}table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.9rem}"
         "caption{text-align:left;font-weight:600}th,td{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0;"
         "border-top:1px solid #ccd5de}td code{overflow-wrap:anywhere}"
         "@media (prefers-color-scheme:dark){body{color:#dde6ee;background:#10161c}a{color:#7ab8ff}th,td{border-color:#33414e}}\n";
}

} // namespace wardpulse::web
