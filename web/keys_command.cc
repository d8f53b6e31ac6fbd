#include "web/keys_command.h"

#include <fmt/format.h>

#include <chrono>

#include "web/key_file.h"

namespace wardpulse::web {
namespace {

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

Result<std::string> create(const Config& config) {
  std::optional<Time> expires;
  if (config.is_set("expires")) expires = now() + config.duration("expires");
  const auto key =
      create_key(config.text("keys"), *scope_from_name(config.text("scope")), config.text("name"), now(), expires);
  if (!key) return tl::unexpected(key.error());
  return key->text + "\n";
}

std::string state_of(const KeyEntry& key) {
  if (key.revoked) return "revoked " + format_rfc3339(*key.revoked);
  if (!key.expires) return "active";
  return (key.is_active(now()) ? "active until " : "expired ") + format_rfc3339(*key.expires);
}

Result<std::string> list(const Config& config) {
  const auto keys = read_keys(config.text("keys"));
  if (!keys) return tl::unexpected(keys.error());
  std::string text = fmt::format("{:8}  {:6}  {:24}  {:32}  {}\n", "ID", "SCOPE", "CREATED", "STATE", "NAME");
  for (const auto& [id, key] : *keys) {
    text += fmt::format("{:8}  {:6}  {:24}  {:32}  {}\n", id, scope_name(key.scope), format_rfc3339(key.created),
                        state_of(key), key.name);
  }
  return text;
}

Result<std::string> revoke(const Config& config) {
  const auto done = revoke_key(config.text("keys"), config.words()[2], now());
  if (!done) return tl::unexpected(done.error());
  return std::string();
}

} // namespace

std::optional<std::string> keys_usage_problem(const Config& config) {
  const auto& words = config.words();
  const std::string action = words.size() > 1 ? words[1] : "";
  const bool is_known = action == "create" || action == "list" || action == "revoke";
  if (!is_known || words.size() != (action == "revoke" ? 3 : 2)) {
    return "keys takes create, list, or revoke ID (wardpulse-web keys create --keys FILE --scope read)";
  }
  if (config.text("keys").empty()) return "keys: the file of keys is not named (add --keys FILE)";
  return std::nullopt;
}

Result<std::string> run_keys_command(const Config& config) {
  const auto& action = config.words()[1];
  if (action == "create") return create(config);
  return action == "list" ? list(config) : revoke(config);
}

} // namespace wardpulse::web
