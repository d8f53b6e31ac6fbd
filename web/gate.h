// Who may come in: API keys from the file, and the cookies that browsers get for them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "web/http_types.h"
#include "web/key_file.h"

namespace wardpulse::web {

inline constexpr Duration kSessionLength = std::chrono::hours{12};
inline constexpr std::string_view kSessionCookie = "wp_session";

struct Caller {
  std::string key_id; // empty: nobody in particular
  Scope scope = Scope::kNone;
  bool by_cookie = false;
};

class Gate {
 public:
  // `path` empty: there are no keys, and nobody gets past Scope::kNone.
  explicit Gate(std::string path);

  // Reads the file when it changed since the last call. An error keeps the keys that were read before; problem() tells.
  void reload_if_changed();
  const std::optional<std::string>& problem() const { return problem_; }

  // By the header X-API-Key, else by the cookie. A key that is unknown, revoked or expired is nobody.
  Caller identify(const Request& request, Time now) const;
  bool is_active(const std::string& key_id, Time now) const;

  // The value of a Set-Cookie header: HttpOnly, SameSite=Strict. The cookie ends with its key, with its time, and when
  // this process does (the browser then asks again with its key).
  std::string session_cookie(const Caller& caller, Time now) const;

 private:
  Caller by_key(std::string_view text, Time now) const;
  Caller by_cookie(std::string_view cookies, Time now) const;

  const std::string path_;
  const std::string secret_; // signs cookies; new with each process
  std::string seen_; // identity of the file that was read last
  KeyEntries keys_;
  std::optional<std::string> problem_;
};

bool has_session_cookie(const Request& request);
// No Origin (not a browser), or the page comes from the host that the request goes to.
bool is_same_origin(const Request& request);

} // namespace wardpulse::web
