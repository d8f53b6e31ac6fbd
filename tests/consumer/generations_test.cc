// What generations rest on: the control record, definitions that travel, the index of event time, topics in step.
#include <random>

#include <gtest/gtest.h>

#include "consumer/alignment.h"
#include "consumer/control.h"
#include "consumer/definition_json.h"
#include "consumer/time_index.h"
#include "kafka/embedded_broker.h"
#include "proto/control_keys.h"

namespace wardpulse::consumer {
namespace {

using std::chrono::hours;

TEST(DefinitionJson, ReadsAsWritten) {
  aggregator::Definition definition;
  definition.zone = *TimeZone::load("Europe/Stockholm");
  definition.grace[1] = aggregator::kNoGrace;
  definition.max_future = std::nullopt;
  definition.topics[2] = false;
  definition.bounds.acuity_max = 7;
  definition.funnels.front().name = "Ä \"quoted\" \n";
  definition.funnels.pop_back();
  for (const auto& one : {aggregator::Definition{}, definition}) {
    const auto read = parse_definition(one.canonical_json());
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(read->digest(), one.digest());
    EXPECT_EQ(read->funnels, one.funnels);
  }
}

TEST(DefinitionJson, WhatIsNotUnderstoodIsRefused) {
  auto json = aggregator::Definition{}.canonical_json();
  json.insert(1, R"("more":1,)"); // by a newer version
  for (const auto& bad : {json, std::string("{}"), std::string("x"), std::string(R"({"funnels":[1]})")}) {
    EXPECT_FALSE(parse_definition(bad)) << bad;
  }
}

TEST(Control, ReadsAsWritten) {
  ControlRecord record;
  record.active = {"g2", aggregator::Definition{}.canonical_json(), from_ms(1'700'000'000'000)};
  record.previous = GenerationRef{};
  record.number = 3;
  record.at = from_ms(1'800'000'000'000);
  const auto read = decode_control(encode_control(record));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(*read, record);
  EXPECT_TRUE(parse_definition(read->active.definition_json));
  for (const char* bad : {"", "{}", R"({"generation":"g"})", R"({"generation":"","number":1,"at":"2026-01-01T00:00:00Z"})"})
    EXPECT_FALSE(decode_control(bad)) << bad;
}

TEST(ControlFollower, IsNotHeldUpByWhatInstancesSay) {
  auto broker = kafka::EmbeddedBroker::start().value();
  ASSERT_TRUE(broker.create_topics({{"t.control", 1, {}}}));
  const kafka::ClientOptions client{broker.bootstrap(), "test", {}};
  auto admin = kafka::Admin::connect(client).value();
  auto follower = ControlFollower::open(client, admin, "t").value();
  EXPECT_FALSE(follower.current());
  ControlRecord next;
  next.active.name = "g2";
  next.at = from_ms(1'800'000'000'000);
  const auto json = encode_control(next);
  auto producer = kafka::Producer::connect(client).value();
  for (int i = 0; i < 500; ++i) {
    const auto key = std::string(kInstanceKeyPrefix) + "consumer/" + std::to_string(i);
    ASSERT_TRUE(producer.produce({.topic = "t.control", .key = key, .value = "{}"}, {}));
  }
  ASSERT_TRUE(producer.produce({.topic = "t.control", .key = kControlKey, .value = json}, {}));
  ASSERT_TRUE(producer.flush(std::chrono::seconds{10}));
  bool is_new = false;
  int polls = 0; // the records come in a few answers of the broker
  for (; !is_new && polls < 50; ++polls) is_new = follower.poll(std::chrono::seconds{1}).value();
  EXPECT_TRUE(is_new) << "after " << polls;
  EXPECT_EQ(follower.active().name, "g2");
}

TEST(TimeIndex, NeverPointsPastTheRecordThatIsLookedFor) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    TimeIndex index;
    std::vector<Time> events;
    Time stream = kNever, at = from_ms(1'700'000'000'000);
    for (std::int64_t offset = 0; offset < 3000; ++offset) {
      at += Duration{random() % 7'200'000};
      events.push_back(at - Duration{random() % 30'000'000});
      stream = std::max(stream, events.back());
      index.note(stream, offset);
      if (offset == 1500) index = TimeIndex(index.entries()); // as after a restart
    }
    EXPECT_LE(index.entries().size(), kMaxTimeIndexEntries);
    EXPECT_GE(index.entries().size(), kMaxTimeIndexEntries / 4);
    for (int i = 0; i < 200; ++i) {
      const Time wanted = events[random() % events.size()] + Duration{random() % 1000};
      const auto first = std::find_if(events.begin(), events.end(), [&](Time t) { return t >= wanted; }) - events.begin();
      ASSERT_LE(index.not_before(wanted), first);
    }
  }
}

TEST(TimeIndex, KnowsNothingBeforeTheFirstRecord) {
  TimeIndex index;
  index.note(kNever, 0); // a record without a time
  EXPECT_TRUE(index.entries().empty());
  EXPECT_EQ(index.not_before(from_ms(0)), 0);
}

TEST(Alignment, TheTopicThatRunsAheadWaitsAndComesBack) {
  const Time start = from_ms(1'800'000'000'000);
  std::array<TopicPosition, kTopicCount> topics = {{{true, false, start}, {true, false, start + kPauseAhead + Duration{1}},
                                                    {true, true, start - hours{9000}}, {false, false, kNever}}};
  EXPECT_EQ(topics_to_pause(topics, {}), (TopicFlags{false, true, true, false})); // the finished one has nothing to read
  topics[0].stream_time += hours{1};
  EXPECT_EQ(topics_to_pause(topics, {false, true, true, false}), (TopicFlags{false, true, true, false}));
  topics[0].stream_time = topics[1].stream_time - kResumeAhead;
  EXPECT_EQ(topics_to_pause(topics, {false, true, true, false}), (TopicFlags{false, false, true, false}));
}

TEST(Alignment, TheFirstRecordOfEachTopicIsWaitedFor) {
  std::array<TopicPosition, kTopicCount> topics = {{{true, false, from_ms(0)}, {true, false, kNever}, {}, {}}};
  EXPECT_EQ(topics_to_pause(topics, {}), (TopicFlags{true, false, false, false}));
  topics[1].finished = true; // it has none
  EXPECT_EQ(topics_to_pause(topics, {}), (TopicFlags{false, true, false, false}));
}

// Whatever comes, somebody may go on, and what is read stays together.
TEST(Alignment, NeverStopsBeforeTheEndAndStaysBounded) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::array<TopicPosition, kTopicCount> topics;
    std::array<int, kTopicCount> left{};
    for (int t = 0; t < kTopicCount; ++t) left[t] = static_cast<int>(random() % 400);
    for (int t = 0; t < kTopicCount; ++t) topics[t] = {true, left[t] == 0, kNever};
    TopicFlags paused{};
    for (;;) {
      paused = topics_to_pause(topics, paused);
      std::vector<int> free;
      for (int t = 0; t < kTopicCount; ++t) {
        if (!paused[t] && left[t] > 0) free.push_back(t);
      }
      if (free.empty()) break;
      auto& topic = topics[free[random() % free.size()]];
      const auto t = &topic - topics.data();
      const auto step = hours{random() % 20};
      topic.stream_time = topic.stream_time == kNever ? from_ms(0) + step : topic.stream_time + step;
      topic.finished = --left[t] == 0;
      Time least = kForever;
      for (const auto& other : topics) {
        if (!other.finished) least = std::min(least, other.stream_time);
      }
      if (!topic.finished && least != kNever && least != kForever) {
        ASSERT_LE(topic.stream_time - least, kPauseAhead + hours{20});
      }
    }
    EXPECT_EQ(left, (std::array<int, kTopicCount>{}));
  }
}

} // namespace
} // namespace wardpulse::consumer
