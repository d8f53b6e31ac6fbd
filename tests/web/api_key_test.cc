#include "web/api_key.h"

#include <gtest/gtest.h>

#include <set>

namespace wardpulse::web {
namespace {

TEST(ApiKey, HasTheFormThatIsDocumented) {
  const auto key = make_api_key(Scope::kIngest);
  EXPECT_EQ(key.text.find("wp_ingest_" + key.id + "_"), 0U);
  EXPECT_EQ(key.id.size(), 8U);
  EXPECT_EQ(key.text.size(), 10 + 8 + 1 + 32 + 1 + 8U);
  const auto parsed = parse_api_key(key.text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->id, key.id);
  EXPECT_EQ(parsed->scope, Scope::kIngest);
}

TEST(ApiKey, EveryTypingErrorIsNoticed) {
  const auto key = make_api_key(Scope::kRead).text;
  for (std::size_t i = 0; i < key.size(); ++i) {
    auto wrong = key;
    wrong[i] = wrong[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(parse_api_key(wrong)) << wrong;
    EXPECT_FALSE(parse_api_key(key.substr(0, i))) << key.substr(0, i);
  }
  EXPECT_FALSE(parse_api_key(key + "0"));
  EXPECT_FALSE(parse_api_key(" " + key));
}

TEST(ApiKey, NoTwoAreEqual) {
  std::set<std::string> keys;
  for (int i = 0; i < 1000; ++i) keys.insert(make_api_key(Scope::kRead).text);
  EXPECT_EQ(keys.size(), 1000U);
}

TEST(ApiKey, ScopesAllow) {
  EXPECT_TRUE(scope_allows(Scope::kNone, Scope::kNone));
  EXPECT_FALSE(scope_allows(Scope::kNone, Scope::kRead));
  EXPECT_TRUE(scope_allows(Scope::kRead, Scope::kRead));
  EXPECT_FALSE(scope_allows(Scope::kRead, Scope::kIngest));
  EXPECT_FALSE(scope_allows(Scope::kIngest, Scope::kRead));
  EXPECT_TRUE(scope_allows(Scope::kAdmin, Scope::kRead));
  EXPECT_FALSE(scope_allows(Scope::kRead, Scope::kAdmin));
  EXPECT_FALSE(scope_from_name("none"));
}

TEST(Digest, IsSha256) {
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest_from_hex(to_hex(sha256("x"))), sha256("x"));
  EXPECT_FALSE(digest_from_hex("ab"));
}

} // namespace
} // namespace wardpulse::web
