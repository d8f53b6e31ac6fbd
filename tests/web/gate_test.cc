#include "web/gate.h"

#include <gtest/gtest.h>

#include "tests/web/temporary_folder.h"

namespace wardpulse::web {
namespace {

using test::TemporaryFolder;

constexpr Time kNow = from_ms(1'795'248'000'000);

Request with_header(const char* name, std::string value) {
  return Request{.method = "GET", .path = "/", .query = {}, .headers = {{name, std::move(value)}}, .body = {}};
}

struct KeysOnDisk {
  TemporaryFolder folder;
  std::string path = folder.path("keys");
  ApiKey read = *create_key(path, Scope::kRead, "", kNow, kNow + kSessionLength / 2);
  ApiKey admin = *create_key(path, Scope::kAdmin, "", kNow, std::nullopt);
};

// "wp_session=...", as a browser would send it back.
std::string cookie_of(const std::string& set_cookie) { return set_cookie.substr(0, set_cookie.find(';')); }

TEST(Gate, KnowsKeys) {
  const KeysOnDisk keys;
  const Gate gate(keys.path);
  const auto caller = gate.identify(with_header("x-api-key", keys.read.text), kNow);
  EXPECT_EQ(caller.scope, Scope::kRead);
  EXPECT_EQ(caller.key_id, keys.read.id);
  EXPECT_EQ(gate.identify(with_header("x-api-key", make_api_key(Scope::kAdmin).text), kNow).scope, Scope::kNone);
  EXPECT_EQ(gate.identify(with_header("x-api-key", ""), kNow).scope, Scope::kNone);
  EXPECT_EQ(gate.identify(with_header("x-api-key", keys.read.text), kNow + kSessionLength).scope, Scope::kNone)
      << "expired";
}

// A key whose id is in the file, with a secret that is not.
TEST(Gate, TheSecretCounts) {
  const TemporaryFolder folder;
  const auto key = make_api_key(Scope::kAdmin);
  const auto path = folder.path("keys");
  ASSERT_TRUE(create_key(path, Scope::kAdmin, "", kNow, std::nullopt));
  folder.write("keys", R"({"id":")" + key.id + R"(","scope":"admin","sha256":")" + to_hex(sha256("another")) +
                           R"(","created":"2026-11-21T00:00:00Z"})" "\n");
  const Gate gate(path);
  EXPECT_TRUE(gate.is_active(key.id, kNow));
  EXPECT_EQ(gate.identify(with_header("x-api-key", key.text), kNow).scope, Scope::kNone);
}

TEST(Gate, SeesChangesOfTheFile) {
  const KeysOnDisk keys;
  Gate gate(keys.path);
  ASSERT_TRUE(revoke_key(keys.path, keys.admin.id, kNow));
  EXPECT_TRUE(gate.is_active(keys.admin.id, kNow));
  gate.reload_if_changed();
  EXPECT_FALSE(gate.is_active(keys.admin.id, kNow));
  keys.folder.write("keys", "nonsense\n");
  gate.reload_if_changed();
  ASSERT_TRUE(gate.problem());
  EXPECT_NE(gate.problem()->find("line 1"), std::string::npos);
  EXPECT_TRUE(gate.is_active(keys.read.id, kNow)) << "what was read before stays";
}

TEST(Gate, WithoutAFileNobodyComesIn) {
  Gate gate("");
  EXPECT_FALSE(gate.problem());
  EXPECT_EQ(gate.identify(with_header("x-api-key", make_api_key(Scope::kRead).text), kNow).scope, Scope::kNone);
}

TEST(Gate, CookiesStandForTheirKey) {
  const KeysOnDisk keys;
  Gate gate(keys.path);
  const auto set_cookie = gate.session_cookie({keys.admin.id, Scope::kAdmin, false}, kNow);
  for (const char* flag : {"; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=43200"}) {
    EXPECT_NE(set_cookie.find(flag), std::string::npos) << flag;
  }
  const auto cookie = cookie_of(set_cookie);
  const auto caller = gate.identify(with_header("cookie", "other=1; " + cookie), kNow);
  EXPECT_EQ(caller.scope, Scope::kAdmin);
  EXPECT_TRUE(caller.by_cookie);
  EXPECT_EQ(gate.identify(with_header("cookie", cookie), kNow + kSessionLength).scope, Scope::kNone) << "over";
  EXPECT_EQ(Gate(keys.path).identify(with_header("cookie", cookie), kNow).scope, Scope::kNone) << "another process";
  ASSERT_TRUE(revoke_key(keys.path, keys.admin.id, kNow));
  gate.reload_if_changed();
  EXPECT_EQ(gate.identify(with_header("cookie", cookie), kNow).scope, Scope::kNone) << "revoked";
}

TEST(Gate, CookiesCannotBeChanged) {
  const KeysOnDisk keys;
  const Gate gate(keys.path);
  const auto cookie = cookie_of(gate.session_cookie({keys.admin.id, Scope::kAdmin, false}, kNow));
  for (std::size_t i = std::string("wp_session=").size(); i < cookie.size(); ++i) {
    auto wrong = cookie;
    wrong[i] = wrong[i] == '1' ? '2' : '1';
    EXPECT_EQ(gate.identify(with_header("cookie", wrong), kNow).scope, Scope::kNone) << wrong;
  }
  for (const char* nonsense : {"wp_session=", "wp_session=..", "wp_session=a.b.c", "wp_session", "="}) {
    EXPECT_EQ(gate.identify(with_header("cookie", nonsense), kNow).scope, Scope::kNone) << nonsense;
  }
}

TEST(Gate, ComparesOrigins) {
  const auto request = [](const char* origin) {
    auto made = with_header("host", "board.example:8080");
    if (origin != nullptr) made.headers.emplace_back("origin", origin);
    return made;
  };
  EXPECT_TRUE(is_same_origin(request(nullptr)));
  EXPECT_TRUE(is_same_origin(request("http://board.example:8080")));
  EXPECT_FALSE(is_same_origin(request("http://board.example")));
  EXPECT_FALSE(is_same_origin(request("http://evil.example:8080")));
  EXPECT_FALSE(is_same_origin(request("null")));
  EXPECT_FALSE(is_same_origin(request("")));
}

} // namespace
} // namespace wardpulse::web
