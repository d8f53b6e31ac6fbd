#include "web/static_files.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/web/temporary_folder.h"

namespace wardpulse::web {
namespace {

using test::TemporaryFolder;

Request taking(std::vector<NamedText> headers = {}) {
  return Request{.method = "GET", .path = "/", .query = {}, .headers = std::move(headers), .body = {}};
}

std::string header_of(const Reply& reply, const std::string& name) {
  for (const auto& [known, value] : reply.headers) {
    if (known == name) return value;
  }
  return {};
}

struct Site {
  TemporaryFolder folder;
  Site() {
    folder.write("secret.txt", "outside");
    folder.write("site/index.html", "<html>");
    folder.write("site/assets/app.mjs", "plain");
    folder.write("site/assets/app.mjs.gz", "zipped");
    folder.write("site/assets/lone.js.gz", "zipped");
    folder.write("site/assets/chart.3f9a2b1c.js", "chart");
    folder.write("site/assets/.hidden", "hidden");
    folder.write("site/node_modules/x/index.js", "module");
    std::filesystem::create_symlink(folder.path("secret.txt"), folder.path("site/assets/link.txt"));
  }
  StaticFiles files() const { return *StaticFiles::load(folder.path("site")); }
};

TEST(StaticFiles, AreServedWithTypeAndTag) {
  const Site site;
  const auto files = site.files();
  const auto page = files.get(taking(), "index.html");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.text(), "<html>");
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(header_of(page, "Cache-Control"), "no-cache");
  const auto again = files.get(taking({{"if-none-match", header_of(page, "ETag")}}), "index.html");
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(header_of(again, "ETag"), header_of(page, "ETag"));
  EXPECT_EQ(header_of(files.get(taking(), "assets/chart.3f9a2b1c.js"), "Cache-Control"),
            "public, max-age=31536000, immutable");
}

TEST(StaticFiles, ComePackedToWhoTakesGzip) {
  const Site site;
  const auto files = site.files();
  const auto packed = files.get(taking({{"accept-encoding", "br, gzip"}}), "assets/app.mjs");
  EXPECT_EQ(packed.text(), "zipped");
  EXPECT_EQ(header_of(packed, "Content-Encoding"), "gzip");
  EXPECT_EQ(header_of(packed, "Vary"), "Accept-Encoding");
  EXPECT_EQ(packed.content_type, "text/javascript; charset=utf-8");
  for (const char* encodings : {"", "br", "gzip;q=0", "gzip; q=0.0", "x-gzip"}) {
    const auto plain = files.get(taking({{"accept-encoding", encodings}}), "assets/app.mjs");
    EXPECT_EQ(plain.text(), "plain") << encodings;
    EXPECT_EQ(header_of(plain, "Content-Encoding"), "");
    EXPECT_NE(header_of(plain, "ETag"), header_of(packed, "ETag"));
  }
}

TEST(StaticFiles, AreAllThatIsServed) {
  const Site site;
  const auto files = site.files();
  EXPECT_EQ(files.count(), 3U);
  for (const char* name :
       {"", "..", "../secret.txt", "assets/../../secret.txt", "assets/../index.html", "assets//app.mjs", "./index.html",
        "/etc/passwd", "assets\\app.mjs", "assets/link.txt", "assets/.hidden", "assets", "assets/lone.js",
        "assets/app.mjs.gz", "node_modules/x/index.js"}) {
    EXPECT_EQ(files.get(taking(), name).status, 404) << name;
  }
}

TEST(StaticFiles, NeedAnIndex) {
  const TemporaryFolder folder;
  folder.write("site/app.js", "x");
  EXPECT_FALSE(StaticFiles::load(folder.path("site")));
  const auto missing = StaticFiles::load(folder.path("nowhere"));
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().text().find("nowhere"), std::string::npos);
  EXPECT_EQ(StaticFiles().get(taking(), "index.html").status, 404);
}

} // namespace
} // namespace wardpulse::web
