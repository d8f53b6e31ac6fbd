#include "web/api_key.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace wardpulse::web {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567"; // RFC 4648, lower case
constexpr std::size_t kIdBytes = 5;      // 8 characters
constexpr std::size_t kSecretBytes = 20; // 32 characters
constexpr std::string_view kScopeNames[] = {"none", "read", "ingest", "admin"};

// CRC-32 as in zip and Ethernet.
std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xedb88320 & (0U - (crc & 1)));
  }
  return ~crc;
}

bool is_base32(std::string_view text, std::size_t length) {
  return text.size() == length && text.find_first_not_of(kAlphabet) == std::string_view::npos;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

} // namespace

std::string_view scope_name(Scope scope) { return kScopeNames[static_cast<std::size_t>(scope)]; }

std::optional<Scope> scope_from_name(std::string_view name) {
  for (const Scope scope : {Scope::kRead, Scope::kIngest, Scope::kAdmin}) {
    if (name == scope_name(scope)) return scope;
  }
  return std::nullopt;
}

bool scope_allows(Scope held, Scope needed) {
  return needed == Scope::kNone || held == needed || held == Scope::kAdmin;
}

Digest sha256(std::string_view bytes) {
  Digest digest;
  unsigned length = 0;
  WP_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) == 1);
  WP_CHECK(length == digest.size());
  return digest;
}

std::string to_hex(const Digest& digest) {
  std::string hex;
  for (const auto byte : digest) fmt::format_to(std::back_inserter(hex), "{:02x}", byte);
  return hex;
}

std::optional<Digest> digest_from_hex(std::string_view hex) {
  Digest digest;
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  const auto value = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = value(hex[2 * i]);
    const int low = value(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

bool equal_in_constant_time(const Digest& a, const Digest& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Digest hmac_sha256(std::string_view secret, std::string_view bytes) {
  Digest digest;
  unsigned length = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  WP_CHECK(
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), data, bytes.size(), digest.data(), &length));
  return digest;
}

std::string random_text(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  WP_CHECK(RAND_bytes(random.data(), static_cast<int>(random.size())) == 1);
  std::string text;
  std::uint32_t bits = 0;
  int held = 0;
  for (const auto byte : random) {
    bits = (bits << 8) | byte;
    for (held += 8; held >= 5; held -= 5) text += kAlphabet[(bits >> (held - 5)) & 31];
  }
  return text;
}

ApiKey make_api_key(Scope scope) {
  WP_CHECK(scope != Scope::kNone);
  ApiKey key{.scope = scope, .id = random_text(kIdBytes), .text = {}};
  key.text = fmt::format("wp_{}_{}_{}", scope_name(scope), key.id, random_text(kSecretBytes));
  key.text += fmt::format("_{:08x}", crc32(key.text));
  return key;
}

std::optional<ApiKey> parse_api_key(std::string_view text) {
  if (text.size() > 128) return std::nullopt;
  const auto parts = split(text, '_');
  if (parts.size() != 5 || parts[0] != "wp") return std::nullopt;
  const auto scope = scope_from_name(parts[1]);
  if (!scope || !is_base32(parts[2], kIdBytes * 8 / 5) || !is_base32(parts[3], kSecretBytes * 8 / 5))
    return std::nullopt;
  const auto body = text.substr(0, text.size() - parts[4].size() - 1);
  if (parts[4] != fmt::format("{:08x}", crc32(body))) return std::nullopt;
  return ApiKey{*scope, std::string(parts[2]), std::string(text)};
}

} // namespace wardpulse::web
