#include "web/gate.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <charconv>

#include "base/log.h"

namespace wardpulse::web {
namespace {

// Changes whenever the file does.
std::string identity_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return "none";
  return fmt::format("{}:{}:{}.{}.{}:{}.{}", status.st_ino, status.st_mode, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
}

std::string_view cookie_value(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    auto item = cookies.substr(0, cookies.find(';'));
    cookies.remove_prefix(std::min(cookies.size(), item.size() + 1));
    while (item.starts_with(' ')) item.remove_prefix(1);
    if (item.starts_with(name) && item.substr(name.size()).starts_with('=')) return item.substr(name.size() + 1);
  }
  return {};
}

} // namespace

Gate::Gate(std::string path) : path_(std::move(path)), secret_(random_text(32)) { reload_if_changed(); }

void Gate::reload_if_changed() {
  if (path_.empty()) return;
  auto identity = identity_of(path_);
  if (identity == seen_ && !problem_) return;
  seen_ = std::move(identity);
  auto keys = read_keys(path_);
  if (!keys) { // tried again each time: it may not be the file's fault
    if (problem_ != keys.error().text()) log_error("the keys cannot be read; those read before stay in force", {{"why", keys.error().text()}});
    problem_ = keys.error().text();
    return;
  }
  problem_.reset();
  keys_ = std::move(*keys);
  log_info("keys read", {{"file", path_}, {"count", keys_.size()}});
}

Caller Gate::identify(const Request& request, Time now) const {
  if (request.has_header("x-api-key")) return by_key(request.header("x-api-key"), now);
  return by_cookie(request.header("cookie"), now);
}

bool Gate::is_active(const std::string& key_id, Time now) const {
  const auto key = keys_.find(key_id);
  return key != keys_.end() && key->second.is_active(now);
}

Caller Gate::by_key(std::string_view text, Time now) const {
  const auto parsed = parse_api_key(text);
  if (!parsed) return {};
  const auto key = keys_.find(parsed->id);
  // The comparison is made for unknown ids too, so that the time taken does not tell which ids there are.
  const Digest expected = key == keys_.end() ? Digest{} : key->second.digest;
  const bool is_equal = equal_in_constant_time(sha256(text), expected);
  if (key == keys_.end() || !is_equal || !key->second.is_active(now)) return {};
  return Caller{key->first, key->second.scope, false};
}

// "<id>.<expires, ms>.<signature>"
Caller Gate::by_cookie(std::string_view cookies, Time now) const {
  const auto value = cookie_value(cookies, kSessionCookie);
  const auto first = value.find('.');
  const auto last = value.rfind('.');
  if (first == std::string_view::npos || first == last) return {};
  const auto id = value.substr(0, first);
  const auto expires_text = value.substr(first + 1, last - first - 1);
  std::int64_t expires_ms = 0;
  const auto* end = expires_text.data() + expires_text.size();
  if (const auto [stop, error] = std::from_chars(expires_text.data(), end, expires_ms);
      error != std::errc{} || stop != end) {
    return {};
  }
  const auto signature = digest_from_hex(value.substr(last + 1));
  const auto expected = hmac_sha256(secret_, fmt::format("{}.{}", id, expires_ms));
  if (!signature || !equal_in_constant_time(*signature, expected) || to_ms(now) >= expires_ms) return {};
  const auto key = keys_.find(id);
  if (key == keys_.end() || !key->second.is_active(now)) return {};
  return Caller{key->first, key->second.scope, true};
}

std::string Gate::session_cookie(const Caller& caller, Time now) const {
  const auto length = std::chrono::duration_cast<std::chrono::seconds>(kSessionLength).count();
  const auto body = fmt::format("{}.{}", caller.key_id, to_ms(now + kSessionLength));
  return fmt::format("{}={}.{}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict", kSessionCookie, body,
                     to_hex(hmac_sha256(secret_, body)), length);
}

bool has_session_cookie(const Request& request) {
  return !cookie_value(request.header("cookie"), kSessionCookie).empty();
}

bool is_same_origin(const Request& request) {
  if (!request.has_header("origin")) return true;
  const auto origin = request.header("origin");
  const auto scheme_end = origin.find("://");
  return scheme_end != std::string_view::npos && origin.substr(scheme_end + 3) == request.header("host");
}

} // namespace wardpulse::web
