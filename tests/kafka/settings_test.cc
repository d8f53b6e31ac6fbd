#include <sys/prctl.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "kafka/client.h"

namespace wardpulse::kafka {
namespace {

TEST(Settings, ThoseThatBreakAPromiseAreRefusedWithTheReason) {
  const Settings refused = {
      {"acks", "1"}, {"request.required.acks", "0"}, {"enable.idempotence", "false"}, {"partitioner", "random"},
      {"auto.offset.reset", "latest"}, {"enable.auto.commit", "true"}, {"enable.auto.offset.store", "true"},
      {"check.crcs", "false"}, {"enable.partition.eof", "false"}, {"partition.assignment.strategy", "roundrobin"},
      {"bootstrap.servers", "x:1"}, {"metadata.broker.list", "x:1"}, {"group.id", "g"}, {"group.instance.id", "i"},
      {"transactional.id", "t"},
  };
  for (const auto& setting : refused) {
    const auto checked = check_settings({setting});
    ASSERT_FALSE(checked.has_value()) << setting.first;
    EXPECT_EQ(checked.error().message.rfind("-X " + setting.first + ": ", 0), 0U) << checked.error().message;
  }
}

TEST(Settings, HarmlessOnesPass) {
  EXPECT_TRUE(check_settings({}).has_value());
  EXPECT_TRUE(check_settings({{"linger.ms", "0"}, {"acks", "all"}, {"fetch.wait.max.ms", "10"}}).has_value());
}

TEST(Settings, AllProblemsAreToldAtOnce) {
  const auto checked = check_settings({{"acks", "1"}, {"no.such", "1"}, {"linger.ms", "soon"}});
  ASSERT_FALSE(checked.has_value());
  for (const char* part : {"-X acks: must stay all", "-X no.such: ", "-X linger.ms: "}) {
    EXPECT_NE(checked.error().message.find(part), std::string::npos) << checked.error().message;
  }
}

TEST(Settings, EveryClientRefusesThem) {
  const ClientOptions options{.brokers = "127.0.0.1:1", .client_id = "test", .settings = {{"acks", "1"}}};
  EXPECT_FALSE(Producer::connect(options).has_value());
  EXPECT_FALSE(Admin::connect(options).has_value());
  EXPECT_FALSE(Consumer::read(options, {{"t", 0, 0}}).has_value());
  EXPECT_FALSE(Consumer::join(options, {.group = "g", .instance_id = "", .topics = {"t"}}, {}).has_value());
}

// Of a thread of the process; none: not told to who may not know.
std::optional<long> timer_slack(const std::string& thread) {
  std::ifstream file("/proc/" + thread + "/timerslack_ns");
  long nanoseconds = 0;
  return file >> nanoseconds ? std::optional(nanoseconds) : std::nullopt;
}

TEST(Settings, ThreadsOfAClientMayWakeLateAndOthersMayNot) {
  const int before = ::prctl(PR_GET_TIMERSLACK);
  const auto producer = Producer::connect({.brokers = "127.0.0.1:1", .client_id = "test", .settings = {}});
  ASSERT_TRUE(producer);
  EXPECT_EQ(::prctl(PR_GET_TIMERSLACK), before);
  int clients = 0;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(thread.path() / "comm") >> std::ws, name);
    if (!name.starts_with("rdk:main")) continue;
    ++clients;
    EXPECT_EQ(timer_slack(thread.path().filename()).value_or(1'000'000), 1'000'000);
  }
  EXPECT_EQ(clients, 1);
}

} // namespace
} // namespace wardpulse::kafka
