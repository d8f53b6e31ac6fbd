#include "consumer/consumer_config.h"

#include <gtest/gtest.h>

#include "consumer/topic_setup.h"

namespace wardpulse::consumer {
namespace {

Result<ConsumerOptions> options(std::vector<const char*> flags) {
  const ProgramSpec spec = {.name = "wardpulse-consumer", .keys = {common_config_keys(), consumer_config_keys(), definition_config_keys()}};
  flags.insert(flags.begin(), "wardpulse-consumer");
  const auto parsed = Config::parse(spec, static_cast<int>(flags.size()), flags.data());
  if (!parsed) return tl::unexpected(parsed.error());
  return consumer_options(parsed->config);
}

TEST(ConsumerOptions, DefaultsAreTheContracts) {
  const auto got = options({});
  ASSERT_TRUE(got) << got.error().text();
  EXPECT_EQ(got->definition.digest(), aggregator::Definition{}.digest());
  EXPECT_EQ(got->checkpoint_interval, std::chrono::seconds{5});
  EXPECT_EQ(got->publish_interval, std::chrono::milliseconds{100});
  EXPECT_EQ(got->group, "wardpulse-consumer");
  EXPECT_EQ(got->metrics_listen, "127.0.0.1:9102");
}

TEST(ConsumerOptions, DefinitionFromFlags) {
  const auto got = options({"--timezone", "Europe/Stockholm", "--grace", "10s=1m,1d=none", "--max-future", "off",
                            "--topics", "checkins,encounters"});
  ASSERT_TRUE(got) << got.error().text();
  EXPECT_EQ(got->definition.zone.name(), "Europe/Stockholm");
  EXPECT_EQ(got->definition.grace[0], std::chrono::minutes{1});
  EXPECT_EQ(got->definition.grace[1], std::chrono::hours{6});
  EXPECT_EQ(got->definition.grace[3], aggregator::kNoGrace);
  EXPECT_EQ(got->definition.max_future, std::nullopt);
  EXPECT_EQ(got->definition.topics, (std::array<bool, kTopicCount>{true, true, false, false}));
}

TEST(ConsumerOptions, AllProblemsAreNamedAtOnce) {
  const auto got = options({"--timezone", "Mars/Base", "--grace", "2h=1m", "--max-future", "soon", "--topics", "wards",
                            "--funnels", "/nowhere.toml"});
  ASSERT_FALSE(got);
  for (const char* key : {"timezone:", "grace:", "max-future:", "topics:", "funnels:"}) {
    EXPECT_NE(got.error().message.find(key), std::string::npos) << key << " in " << got.error().message;
  }
}

TEST(ConsumerOptions, UntilEndLeavesTheGroupOnExit) {
  const auto got = options({"--until-end", "--instance-id", "a"});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->instance_id, "");
}

TEST(TopicSetup, DifferentPartitionCountsAreNamed) {
  EXPECT_EQ(*agreed_partitions({{"a", 8}, {"b", 0}, {"c", 8}}), 8);
  EXPECT_EQ(*agreed_partitions({{"a", 0}}), 0);
  const auto differ = agreed_partitions({{"w.checkins", 8}, {"w.billing", 4}});
  ASSERT_FALSE(differ);
  EXPECT_NE(differ.error().message.find("w.checkins has 8, w.billing has 4"), std::string::npos)
      << differ.error().message;
}

} // namespace
} // namespace wardpulse::consumer
