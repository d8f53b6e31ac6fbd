// The real worker on librdkafka's mock cluster, which answers requests with errors: the worker has to get over what passes,
// and to stop with the reason at what does not; in neither case is anything lost.
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "base/check.h"
#include "base/log.h"
#include "consumer/crew.h"
#include "consumer/worker.h"
#include "kafka/embedded_broker.h"
#include "kafka/topics.h"
#include "tests/aggregator/ward.h"
#include "tests/sim/instance.h"
#include "tests/sim/oracle.h"

namespace wardpulse::sim {
namespace {

using kafka::RequestKind;
using std::chrono::seconds;

constexpr int kEvents = 400;
constexpr std::int32_t kPartitions = 2;
constexpr Duration kPatience = seconds{40};
constexpr Duration kSlow = std::chrono::milliseconds{100}; // each answer

// A broker of its own with a hospital's log, and what a worker makes of it.
class Site {
 public:
  Site() : broker_(kafka::EmbeddedBroker::start().value()) {
    settings_.partitions = kPartitions;
    WP_CHECK(broker_.create_topics(kafka::wardpulse_topics("t", "live", kPartitions)).has_value());
    write_log();
  }

  kafka::EmbeddedBroker& broker() { return broker_; }

  // Reads the log to its end, unless something ends it before.
  Result<void> work(const kafka::Settings& more = {}) {
    consumer::Metrics metrics(consumer::topic_labels(), "test");
    consumer::WorkerSignals signals(1);
    consumer::WorkerSettings worker;
    worker.client = client();
    worker.client.settings.insert(worker.client.settings.end(), more.begin(), more.end());
    worker.until_end = true;
    worker.group = {.group = "g", .instance_id = "", .topics = settings_.names.inputs_in_use(settings_.definition.topics)};
    worker.member.name = "w" + std::to_string(++workers_);
    worker.member.checkpoint_interval = std::chrono::milliseconds{100};
    worker.member.ends = ends_;
    auto made = consumer::Worker::create(worker, settings_, signals, metrics);
    if (!made) return tl::unexpected(made.error());
    auto done = std::async(std::launch::async, [&] { return (*made)->run(); });
    if (done.wait_for(kPatience) == std::future_status::timeout) {
      signals.stop = true;
      done.wait();
      return fail("still at work after " + format_duration(kPatience));
    }
    return done.get();
  }

  // How the topics differ from what they have to say; empty when they do not.
  std::string difference_to_the_log() {
    World world;
    for (std::int32_t p = 0; p < kPartitions; ++p) {
      for (const auto& topic : settings_.names.inputs) read_back(world, topic, p);
      read_back(world, settings_.names.aggregates, p);
      read_back(world, settings_.names.rejected, p);
    }
    Random random(1);
    for (std::int32_t p = 0; p < kPartitions; ++p) {
      Oracle oracle(world, settings_, p, Oracle::ends(world, settings_.names, p), random);
      auto text = difference(published_cells(world, settings_.names, p), oracle.cells());
      if (text.empty()) text = difference(published_rejected(world, settings_.names, p), oracle.rejected());
      if (!text.empty()) return text;
    }
    return {};
  }

 private:
  kafka::ClientOptions client() const {
    return {.brokers = broker_.bootstrap(), .client_id = "test", .settings = {{"heartbeat.interval.ms", "100"}}};
  }

  void write_log() {
    auto producer = kafka::Producer::connect(client()).value();
    for (std::int32_t p = 0; p < kPartitions; ++p) {
      const auto log = aggregator::random_log(static_cast<std::uint64_t>(40 + p), kEvents / kPartitions);
      auto& ends = ends_.emplace_back(consumer::no_offsets());
      for (std::size_t t = 0; t < kTopicCount; ++t) {
        for (const auto& written : log[t]) {
          const kafka::ProducerRecord record{.topic = settings_.names.inputs[t], .partition = p, .key = "k", .value = written.value};
          WP_CHECK(producer.produce(record, {}).has_value());
        }
        ends[t] = static_cast<std::int64_t>(log[t].size());
      }
    }
    WP_CHECK(producer.flush(kPatience).has_value());
  }

  void read_back(World& world, const std::string& topic, std::int32_t partition) {
    auto reader = kafka::Consumer::read(client(), {{topic, partition, kafka::Consumer::kBeginning}}).value();
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < until) {
      const auto polled = reader.poll(std::chrono::milliseconds{50});
      if (!polled || polled->kind == kafka::PollResult::Kind::kTimeout) continue;
      if (polled->kind == kafka::PollResult::Kind::kPartitionEnd) return;
      Stored record{.key = std::string(polled->record.key()), .value = std::nullopt, .headers = {}, .timestamp = polled->record.timestamp()};
      if (polled->record.has_value()) record.value = std::string(polled->record.value());
      for (const auto& header : polled->record.headers()) record.headers[std::string(header.name)] = header.value;
      world.append(topic, partition, std::move(record));
    }
    FAIL() << topic << " could not be read back";
  }

  kafka::EmbeddedBroker broker_;
  consumer::TaskSettings settings_ = task_settings();
  std::vector<consumer::TopicOffsets> ends_;
  int workers_ = 0;
};

struct Trouble {
  const char* name;
  RequestKind kind;
  std::vector<std::int16_t> codes; // Kafka's
};

// All at once, each on a broker of its own: most of the time is spent waiting for the group.
std::vector<std::string> each(const std::vector<Trouble>& troubles, const std::function<std::string(const Trouble&)>& run) {
  std::vector<std::future<std::string>> runs;
  for (const auto& trouble : troubles) runs.push_back(std::async(std::launch::async, run, std::cref(trouble)));
  std::vector<std::string> outcomes;
  for (auto& one : runs) outcomes.push_back(one.get());
  return outcomes;
}

TEST(BrokerErrors, WhatPassesIsGotOver) {
  log_setup("test", false, LogLevel::kError);
  const std::vector<Trouble> troubles = {
      // storage, network, timed out, no leader yet, no longer leader, too few replicas (before and after), unknown topic
      {"Produce", RequestKind::kProduce, {56, 13, 7, 5, 6, 19, 20, 3}},
      // of a sequence: out of order, and a producer that the broker has forgotten
      {"Produce in sequence", RequestKind::kProduce, {45, 59}},
      // unknown topic, no longer leader, replica away, storage, fenced and unknown leader epoch, no offset yet
      {"Fetch", RequestKind::kFetch, {3, 6, 9, 56, 74, 75, 78}},
      // loading, away, another coordinator, timed out, rebalancing, another generation, unknown member
      {"OffsetCommit", RequestKind::kOffsetCommit, {14, 15, 16, 7, 27, 22, 25}},
      {"OffsetCommit refused", RequestKind::kOffsetCommit, {12, 28, 30}}, // for lag tools only: nothing depends on it
      {"JoinGroup", RequestKind::kJoinGroup, {14, 15, 16, 25}},
      {"Metadata", RequestKind::kMetadata, {5, 3, 7}},
      {"InitProducerId", RequestKind::kInitProducerId, {14, 15, 16, 7}},
      {"InitProducerId, for good", RequestKind::kInitProducerId, {31}}, // the producer is broken and made anew
  };
  const auto outcomes = each(troubles, [](const Trouble& trouble) {
    Site site;
    site.broker().fail_next(trouble.kind, trouble.codes);
    const auto done = site.work();
    return done ? site.difference_to_the_log() : done.error().text();
  });
  for (std::size_t i = 0; i < troubles.size(); ++i) EXPECT_EQ(outcomes[i], "") << troubles[i].name;
}

TEST(BrokerErrors, WhatDoesNotPassEndsTheWorkerAndTheNextOneGoesOn) {
  log_setup("test", false, LogLevel::kError);
  const std::vector<Trouble> troubles = {
      // Many, because the answer to a fetch that is of no use any more is not looked at.
      {"Fetch", RequestKind::kFetch, std::vector<std::int16_t>(50, 29)},       // no right to the topic
      {"Fetch beyond", RequestKind::kFetch, std::vector<std::int16_t>(50, 1)}, // the offset is not in the log
      {"JoinGroup", RequestKind::kJoinGroup, {30}}, // no right to the group
      {"JoinGroup full", RequestKind::kJoinGroup, {81}},
      {"Produce", RequestKind::kProduce, std::vector<std::int16_t>(500, 29)}, // no right to the topic
  };
  const auto outcomes = each(troubles, [](const Trouble& trouble) {
    Site site;
    site.broker().fail_next(trouble.kind, trouble.codes);
    const auto first = site.work();
    if (first) return std::string("the worker went on");
    if (first.error().retriable) return "it could be tried again: " + first.error().text();
    site.broker().fail_next(trouble.kind, {});
    const auto second = site.work();
    return second ? site.difference_to_the_log() : second.error().text();
  });
  for (std::size_t i = 0; i < troubles.size(); ++i) EXPECT_EQ(outcomes[i], "") << troubles[i].name;
}

// Sent again and again it would keep checkpoints away for ever, and nobody would know.
TEST(BrokerErrors, WhatNoTopicEverTakesEndsTheWorkerWithTheReason) {
  log_setup("test", false, LogLevel::kError);
  Site site;
  const auto done = site.work({{"message.max.bytes", "1200"}}); // less than a checkpoint
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().text().find("raise max.message.bytes of the topic"), std::string::npos) << done.error().text();
}

TEST(BrokerErrors, ASlowBrokerIsWaitedFor) {
  log_setup("test", false, LogLevel::kError);
  Site site;
  site.broker().set_delay(kSlow);
  const auto done = site.work();
  site.broker().set_delay(Duration{0});
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(site.difference_to_the_log(), "");
}

// With a full queue and no broker only the first record is waited for: the others are given up at once, and sent again later.
TEST(BrokerErrors, AFullQueueIsWaitedForOnce) {
  log_setup("test", false, LogLevel::kError);
  auto broker = kafka::EmbeddedBroker::start().value();
  ASSERT_TRUE(broker.create_topics({{"t", 1, {}}}));
  const kafka::ClientOptions options{.brokers = broker.bootstrap(), .client_id = "test", .settings = {{"queue.buffering.max.messages", "2"}}};
  auto outbox = consumer::KafkaOutbox::connect(options).value();
  broker.set_reachable(false);
  int given_up = 0, delivered = 0;
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    outbox->send({.topic = "t", .partition = 0, .value = "v"}, [&](const auto& done) { ++(done ? delivered : given_up); });
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, kPatience);
  EXPECT_EQ(given_up, 18);
  broker.set_reachable(true);
  for (const auto until = began + 2 * kPatience; delivered < 2 && std::chrono::steady_clock::now() < until;) {
    outbox->pump(std::chrono::milliseconds{20});
  }
  EXPECT_EQ(delivered, 2);
}

// A broken producer's records are given up, told so, and go through the next one.
TEST(BrokerErrors, ABrokenProducerIsMadeAnew) {
  log_setup("test", false, LogLevel::kError);
  auto broker = kafka::EmbeddedBroker::start().value();
  ASSERT_TRUE(broker.create_topics({{"t", 1, {}}}));
  broker.fail_next(RequestKind::kInitProducerId, {31});
  auto outbox = consumer::KafkaOutbox::connect({.brokers = broker.bootstrap(), .client_id = "test", .settings = {}}).value();
  int given_up = 0, delivered = 0;
  const auto until = std::chrono::steady_clock::now() + kPatience;
  const std::function<void()> send = [&] {
    outbox->send({.topic = "t", .partition = 0, .value = "v"}, [&](const auto& done) { ++(done ? delivered : given_up); });
  };
  send();
  for (int seen = 0; delivered == 0 && std::chrono::steady_clock::now() < until;) {
    outbox->pump(std::chrono::milliseconds{20});
    if (given_up > seen) {
      seen = given_up;
      send();
    }
  }
  EXPECT_EQ(delivered, 1);
  EXPECT_GE(given_up, 1);
}

} // namespace
} // namespace wardpulse::sim
