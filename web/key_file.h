// The file of API keys: JSON lines, appended to and never rewritten, mode 0600. It holds SHA-256 digests and no key.
//
//   {"id":"k3x...","scope":"read","name":"wall screen","sha256":"...","created":"...","expires":"..."}
//   {"id":"k3x...","revoked":"..."}
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "web/api_key.h"

namespace wardpulse::web {

struct KeyEntry {
  std::string id;
  Scope scope{};
  std::string name;
  Digest digest{};
  Time created{};
  std::optional<Time> expires;
  std::optional<Time> revoked;

  bool is_active(Time now) const { return !revoked && (!expires || now < *expires); }
};

// By id. All problems of a file are errors: a key that cannot be read must not be one that is still let in.
using KeyEntries = std::map<std::string, KeyEntry, std::less<>>;
Result<KeyEntries> parse_keys(std::string_view text);
// A file that does not exist has no keys. One that others may read or write is an error.
Result<KeyEntries> read_keys(const std::string& path);

// Of one client, that is: of one name and scope. Two, so that a new key can be in use before the old one is revoked.
inline constexpr std::size_t kMaxActiveKeys = 2;

// Appends under a lock and waits for the disk. The file is made with mode 0600 when it is missing. Refused when the client
// has kMaxActiveKeys active keys; keys without a name are not counted.
Result<ApiKey> create_key(const std::string& path, Scope scope, const std::string& name, Time now,
                          std::optional<Time> expires);
Result<void> revoke_key(const std::string& path, const std::string& id, Time now);

} // namespace wardpulse::web
