// API keys: wp_<scope>_<id>_<secret>_<crc>. The id names a key in the file and in logs; the secret is 160 random bits;
// the crc tells a mistyped key from an unknown one without a look at the file.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wardpulse::web {

enum class Scope : std::uint8_t { kNone, kRead, kIngest, kAdmin };
std::string_view scope_name(Scope scope); // "read"; kNone: "none"
std::optional<Scope> scope_from_name(std::string_view name); // read, ingest, admin
// Whether a key of scope `held` may do what needs `needed`: admin may do all, everybody what needs none.
bool scope_allows(Scope held, Scope needed);

using Digest = std::array<std::uint8_t, 32>;
Digest sha256(std::string_view bytes);
std::string to_hex(const Digest& digest);
std::optional<Digest> digest_from_hex(std::string_view hex);
bool equal_in_constant_time(const Digest& a, const Digest& b);
Digest hmac_sha256(std::string_view secret, std::string_view bytes);
// Lower-case base32 text of random bytes. Aborts when the system has no randomness to give.
std::string random_text(std::size_t bytes);

struct ApiKey {
  Scope scope{};
  std::string id;
  std::string text; // the whole key
};

ApiKey make_api_key(Scope scope);
// nullopt: not of the form, or its crc is wrong. Says nothing about whether the key is known.
std::optional<ApiKey> parse_api_key(std::string_view text);

} // namespace wardpulse::web
