#include "web/key_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <sys/stat.h>

#include <thread>

#include "tests/web/temporary_folder.h"

namespace wardpulse::web {
namespace {

using std::chrono::hours;
using test::TemporaryFolder, test::read_file;

constexpr Time kNow = from_ms(1'795'248'000'000);

TEST(KeyFile, HoldsDigestsOnlyAndIsPrivate) {
  const TemporaryFolder folder;
  const auto path = folder.path("keys");
  const auto key = create_key(path, Scope::kRead, "wall \"screen\"", kNow, std::nullopt);
  ASSERT_TRUE(key) << key.error().text();
  EXPECT_EQ(read_file(path).find(key->text), std::string::npos);
  EXPECT_EQ(read_file(path).find(key->text.substr(17, 32)), std::string::npos);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const auto keys = read_keys(path);
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(keys->at(key->id).name, "wall \"screen\"");
  EXPECT_EQ(keys->at(key->id).digest, sha256(key->text));
  EXPECT_TRUE(keys->at(key->id).is_active(kNow));
}

TEST(KeyFile, KeysEndWhenRevokedOrExpired) {
  const TemporaryFolder folder;
  const auto path = folder.path("keys");
  const auto first = create_key(path, Scope::kRead, "", kNow, kNow + hours{1});
  const auto second = create_key(path, Scope::kAdmin, "", kNow, std::nullopt);
  ASSERT_TRUE(revoke_key(path, second->id, kNow));
  const auto keys = *read_keys(path);
  EXPECT_TRUE(keys.at(first->id).is_active(kNow + hours{1} - Duration{1}));
  EXPECT_FALSE(keys.at(first->id).is_active(kNow + hours{1}));
  EXPECT_FALSE(keys.at(second->id).is_active(kNow));
  const auto unknown = revoke_key(path, "nobody", kNow);
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().text().find("nobody"), std::string::npos);
}

// As an editor leaves it, or a copy.
TEST(KeyFile, AFileWithoutItsLastNewlineCanBeAddedTo) {
  const TemporaryFolder folder;
  const auto path = folder.path("keys");
  const auto key = create_key(path, Scope::kRead, "", kNow, std::nullopt);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  ASSERT_TRUE(revoke_key(path, key->id, kNow));
  const auto keys = read_keys(path);
  ASSERT_TRUE(keys) << keys.error().text();
  EXPECT_FALSE(keys->at(key->id).is_active(kNow));
}

TEST(KeyFile, AClientHasTwoActiveKeysAtMost) {
  const TemporaryFolder folder;
  const auto path = folder.path("keys");
  const auto create = [&](Scope scope, Time at) { return create_key(path, scope, "wall", at, at + hours{1}); };
  const auto first = create(Scope::kRead, kNow);
  ASSERT_TRUE(first);
  ASSERT_TRUE(create(Scope::kRead, kNow));
  const auto third = create(Scope::kRead, kNow);
  ASSERT_FALSE(third);
  EXPECT_NE(third.error().text().find("revoke one"), std::string::npos);
  EXPECT_TRUE(create(Scope::kIngest, kNow)) << "of another scope";
  ASSERT_TRUE(revoke_key(path, first->id, kNow));
  EXPECT_TRUE(create(Scope::kRead, kNow));
  EXPECT_TRUE(create(Scope::kRead, kNow + hours{2})) << "expired ones do not count";
}

TEST(KeyFile, MissingHasNoKeys) {
  const TemporaryFolder folder;
  const auto keys = read_keys(folder.path("keys"));
  ASSERT_TRUE(keys);
  EXPECT_TRUE(keys->empty());
}

TEST(KeyFile, IsRefusedWhenOthersMayReadIt) {
  const TemporaryFolder folder;
  const auto path = folder.path("keys");
  ASSERT_TRUE(create_key(path, Scope::kRead, "", kNow, std::nullopt));
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  const auto keys = read_keys(path);
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().hint, "chmod 600 " + path);
  EXPECT_FALSE(create_key(path, Scope::kRead, "", kNow, std::nullopt));
}

TEST(KeyFile, IsRefusedWholeWhenALineDoesNotRead) {
  const std::string good = R"({"id":"a","scope":"read","sha256":")" + to_hex(sha256("x")) +
                           R"(","created":"2026-11-21T00:00:00Z"})"
                           "\n";
  ASSERT_TRUE(parse_keys(good));
  ASSERT_TRUE(parse_keys("\n" + good + "\n"));
  for (const std::string bad : {"{", "[]", "{\"id\":\"b\"}", "{\"id\":\"b\",\"revoked\":\"2026-11-21T00:00:00Z\"}",
                                "{\"id\":\"a\",\"revoked\":\"yesterday\"}"}) {
    const auto keys = parse_keys(good + bad + "\n");
    ASSERT_FALSE(keys) << bad;
    EXPECT_NE(keys.error().message.find("line 2"), std::string::npos);
  }
  EXPECT_FALSE(parse_keys(good + good)) << "an id twice";
}

TEST(KeyFile, WritersDoNotDisturbEachOther) {
  const TemporaryFolder folder;
  const auto path = folder.path("keys");
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&] {
      for (int n = 0; n < 5; ++n) EXPECT_TRUE(create_key(path, Scope::kRead, "", kNow, std::nullopt));
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(read_keys(path)->size(), 40U);
}

} // namespace
} // namespace wardpulse::web
