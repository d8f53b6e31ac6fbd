#include "web/http_types.h"

#include <algorithm>

namespace wardpulse::web {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

const NamedText* find_header(const std::vector<NamedText>& headers, std::string_view name) {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const NamedText& h) { return h.first == name; });
  return found == headers.end() ? nullptr : &*found;
}

} // namespace

std::string_view Request::header(std::string_view lower_case_name) const {
  const auto* found = find_header(headers, lower_case_name);
  return found == nullptr ? std::string_view() : std::string_view(found->second);
}

bool Request::has_header(std::string_view lower_case_name) const {
  return find_header(headers, lower_case_name) != nullptr;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

std::optional<std::vector<NamedText>> parse_query(std::string_view query) {
  std::vector<NamedText> parameters;
  while (!query.empty()) {
    const auto item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), item.size() + 1));
    if (item.empty()) continue;
    const auto equals = item.find('=');
    auto name = percent_decode(item.substr(0, equals), true);
    auto value = percent_decode(equals == std::string_view::npos ? std::string_view() : item.substr(equals + 1), true);
    if (!name || !value) return std::nullopt;
    parameters.emplace_back(std::move(*name), std::move(*value));
  }
  return parameters;
}

Reply Reply::of(int status, std::string content_type, std::string body) {
  return Reply{.status = status,
               .content_type = std::move(content_type),
               .body = std::make_shared<const std::string>(std::move(body))};
}

Reply& Reply::with(std::string name, std::string value) {
  headers.emplace_back(std::move(name), std::move(value));
  return *this;
}

bool none_match_names(std::string_view if_none_match, std::string_view etag) {
  const auto opaque = [](std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; };
  while (!if_none_match.empty()) {
    auto item = if_none_match.substr(0, if_none_match.find(','));
    if_none_match.remove_prefix(std::min(if_none_match.size(), item.size() + 1));
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (item == "*" || opaque(item) == opaque(etag)) return true;
  }
  return false;
}

} // namespace wardpulse::web
