#include "web/problem.h"

#include "base/json_writer.h"

namespace wardpulse::web {

std::string_view status_phrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
  }
}

std::string problem_json(const Problem& problem) {
  std::string json;
  JsonWriter writer(&json);
  writer.begin_object();
  writer.key("type").text("about:blank");
  writer.key("title").text(status_phrase(problem.status));
  writer.key("status").integer(problem.status);
  writer.key("code").text(problem.code);
  writer.key("detail").text(problem.detail);
  writer.key("remedy").text(problem.remedy);
  for (const auto& [name, values] : problem.known) {
    writer.key(name).begin_array();
    for (const auto& value : values) writer.text(value);
    writer.end_array();
  }
  writer.end_object();
  return json;
}

Reply problem_reply(const Problem& problem) {
  return Reply::of(problem.status, "application/problem+json", problem_json(problem));
}

} // namespace wardpulse::web
