// A request and its answer as handlers see them: plain data, no sockets.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wardpulse::web {

using NamedText = std::pair<std::string, std::string>;

struct Request {
  std::string method;
  std::string path;                // percent-decoded, without the query
  std::vector<NamedText> query;    // percent-decoded, in order, repeated names kept
  std::vector<NamedText> headers;  // names in lower case
  std::string body;

  std::string_view header(std::string_view lower_case_name) const; // first of that name; empty when absent
  bool has_header(std::string_view lower_case_name) const;
};

// "a=1&b=%20": nullopt when a percent sign is not followed by two hex digits. A plus sign is a space.
std::optional<std::vector<NamedText>> parse_query(std::string_view query);
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

struct Reply {
  int status = 200;
  std::string content_type;
  std::shared_ptr<const std::string> body; // null: none
  std::vector<NamedText> headers;

  static Reply of(int status, std::string content_type, std::string body);
  static Reply json(int status, std::string body) { return of(status, "application/json", std::move(body)); }
  static Reply empty(int status) { return Reply{.status = status}; }
  Reply& with(std::string name, std::string value);
  std::string_view text() const { return body ? std::string_view(*body) : std::string_view(); }
};

// Whether an If-None-Match header names this entity tag (weak comparison).
bool none_match_names(std::string_view if_none_match, std::string_view etag);

} // namespace wardpulse::web
