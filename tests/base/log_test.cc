#include "base/log.h"

#include <gtest/gtest.h>

#include <functional>

namespace wardpulse {
namespace {

std::string logged(bool json, LogLevel least, const std::function<void()>& body) {
  log_setup("wardpulse-test", json, least);
  testing::internal::CaptureStderr();
  body();
  log_setup("", false, LogLevel::kInfo);
  return testing::internal::GetCapturedStderr();
}

std::string without_time(const std::string& line) { return line.substr(line.find(' ') + 1); }

TEST(Log, WritesAFieldAWord) {
  const std::string line = logged(false, LogLevel::kInfo, [] {
    log_info("assigned", {{"partitions", 8}, {"ratio", 0.5}, {"static", true}, {"topic", "wardpulse.checkins"}});
  });
  EXPECT_EQ(without_time(line),
            "info wardpulse-test: assigned partitions=8 ratio=0.5 static=true topic=wardpulse.checkins\n");
}

TEST(Log, NoTextCanForgeALineOrAField) {
  const std::string line = logged(false, LogLevel::kInfo, [] {
    log_warning("bad\nthing", {{"a", "x\ny"}, {"b", "c=d"}, {"e", "f g"}, {"h", ""}, {"i", "\"j\""}});
  });
  EXPECT_EQ(without_time(line),
            "warning wardpulse-test: bad thing a=\"x\\ny\" b=\"c=d\" e=\"f g\" h=\"\" i=\"\\\"j\\\"\"\n");
}

TEST(Log, WritesJsonLines) {
  const std::string line =
      logged(true, LogLevel::kInfo, [] { log_error("failed", {{"why", "a \"b\""}, {"n", std::int64_t{-3}}}); });
  EXPECT_TRUE(line.starts_with(R"({"time":"20)")) << line;
  EXPECT_TRUE(line.ends_with(
      R"("level":"error","program":"wardpulse-test","message":"failed","why":"a \"b\"","n":-3})" "\n"))
      << line;
}

TEST(Log, LeavesOutWhatIsBelowTheLevel) {
  EXPECT_EQ(logged(false, LogLevel::kWarning, [] {
              log_debug("no");
              log_info("no");
            }),
            "");
}

TEST(Log, KnowsTheNamesOfItsLevels) {
  EXPECT_EQ(log_level_from_name("debug"), LogLevel::kDebug);
  EXPECT_EQ(log_level_from_name("error"), LogLevel::kError);
  EXPECT_EQ(log_level_from_name("loud"), LogLevel::kInfo);
}

} // namespace
} // namespace wardpulse
