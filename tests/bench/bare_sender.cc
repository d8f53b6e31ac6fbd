// The least that sends the simulated events to Kafka: librdkafka with the product's settings, and payloads that are ready in memory.
//   bare_sender BROKERS TOPIC-PREFIX EVENTS RATE HOUSES
// Makes the events that `wardpulse-producer simulate` makes with seed 1, and then sends them to topics that are there. Prints:
// events=N seconds=S cpu=S, from the client's start to the last acknowledgement. Its memory is mostly the payloads.
#include <librdkafka/rdkafka.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "kafka/settings.h"
#include "producer/simulator.h"
#include "tests/bench/cpu_time.h"

using namespace wardpulse;

namespace {

constexpr int kPollMs = 100, kFlushMs = 60'000;
constexpr std::size_t kSendsPerPoll = 1000;

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "bare_sender: %s\n", what.c_str());
  std::exit(1);
}

// One after the other in memory: key, then value.
struct Payloads {
  struct Sizes {
    Topic topic;
    std::uint8_t key;
    std::uint16_t value;
  };
  std::vector<Sizes> sizes;
  std::string bytes;
};

Payloads simulate(std::int64_t events, double rate, int houses) {
  producer::SimulatorOptions options;
  options.hospital = {.seed = 1, .start = *parse_rfc3339("2026-01-01T00:00:00Z"), .events_per_1000s = std::llround(rate * 1000), .houses = houses};
  options.events = events;
  producer::Simulator simulator(options);
  Payloads all;
  while (const auto outgoing = simulator.next()) {
    const producer::Message& message = outgoing->message;
    all.sizes.push_back({message.topic, static_cast<std::uint8_t>(message.key.size()), static_cast<std::uint16_t>(message.value.size())});
    all.bytes += message.key;
    all.bytes += message.value;
  }
  return all;
}

std::size_t delivered = 0;

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) die(rd_kafka_message_errstr(message));
  ++delivered;
}

void send(const std::string& brokers, const std::string& prefix, Payloads* payloads) {
  auto conf = kafka::make_conf(kafka::sending_much({.brokers = brokers, .client_id = "bare-sender", .settings = {}}), kafka::Role::kProducer);
  if (!conf) die(conf.error().text());
  rd_kafka_conf_set_dr_msg_cb(conf->get(), on_delivery);
  const auto client = kafka::make_client(std::move(*conf), kafka::Role::kProducer);
  if (!client) die(client.error().text());
  std::array<kafka::TopicHandle, kTopicCount> topics;
  for (int i = 0; i < kTopicCount; ++i) {
    const std::string name = prefix + "." + std::string(topic_name(static_cast<Topic>(i)));
    topics[static_cast<std::size_t>(i)].reset(rd_kafka_topic_new(client->get(), name.c_str(), nullptr));
  }
  char* at = payloads->bytes.data();
  std::size_t sent = 0;
  for (const auto& [topic, key, value] : payloads->sizes) {
    rd_kafka_topic_t* const to = topics[static_cast<std::size_t>(topic)].get();
    constexpr int kNeitherCopiedNorFreed = 0;
    while (rd_kafka_produce(to, RD_KAFKA_PARTITION_UA, kNeitherCopiedNorFreed, at + key, value, at, key, nullptr) != 0) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) die(rd_kafka_err2str(rd_kafka_last_error()));
      rd_kafka_poll(client->get(), kPollMs);
    }
    at += key + value;
    if (++sent % kSendsPerPoll == 0) rd_kafka_poll(client->get(), 0);
  }
  if (rd_kafka_flush(client->get(), kFlushMs) != RD_KAFKA_RESP_ERR_NO_ERROR) die("the broker does not acknowledge");
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 6) die("give BROKERS TOPIC-PREFIX EVENTS RATE HOUSES");
  const std::int64_t events = std::atoll(argv[3]);
  const double rate = std::atof(argv[4]);
  const int houses = std::atoi(argv[5]);
  if (events < 1 || rate <= 0 || houses < 1) die("EVENTS, RATE and HOUSES must be more than 0");
  Payloads payloads = simulate(events, rate, houses);
  const auto started = std::chrono::steady_clock::now();
  const double cpu_before = cpu_seconds();
  send(argv[1], argv[2], &payloads);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (delivered != payloads.sizes.size()) die("not every event was acknowledged");
  std::printf("events=%zu seconds=%.3f cpu=%.2f\n", delivered, seconds, cpu_seconds() - cpu_before);
}
