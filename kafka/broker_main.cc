// wardpulse-broker: a Kafka broker in memory for development.
#include <cstdio>

#include <fmt/format.h>
#include <poll.h>

#include "base/config.h"
#include "base/log.h"
#include "base/stop_signal.h"
#include "kafka/embedded_broker.h"
#include "kafka/listen_port.h"
#include "kafka/topics.h"

namespace {

using namespace wardpulse;

constexpr ConfigKey kKeys[] = {
    {.name = "partitions", .type = ConfigType::kInteger, .fallback = "8",
     .meaning = "Partitions of each topic that is made beforehand.", .example = "2", .least = "1", .most = "1024"},
    {.name = "extra-topics", .type = ConfigType::kList,
     .meaning = "Topics to make besides Wardpulse's own, by their full names.",
     .example = "wardpulse.g2.aggregates,wardpulse.g2.checkpoints"},
    {.name = "port", .type = ConfigType::kInteger, .fallback = "0",
     .meaning = "Loopback port to listen on; 0 takes a free one.", .example = "9092", .least = "0", .most = "65535"},
};

constexpr std::string_view kSummary =
    R"(A Kafka broker in memory, on 127.0.0.1 only: librdkafka's mock cluster. Starts at once, needs nothing, forgets all
when it ends. Prints bootstrap=HOST:PORT as its last start-up line and runs until SIGTERM or SIGINT.

Limits: a partition keeps its newest 5 MiB as compressed by the producer (and at most 100,000 batches) and drops the
rest, whether it was read or not. Topics are neither compacted nor expired, and topic settings mean nothing. There is no
admin API: a topic that is not made at the start appears with 4 partitions when a client first names it. Offsets can not
be looked up by time. Without --port, the port differs from start to start. No TLS, no authentication. For anything that
claims durability use Apache Kafka: ./wardpulse broker start --real)";

constexpr std::string_view kExamples =
    "wardpulse-broker\n"
    "wardpulse-broker --port 9092 --partitions 2\n"
    "wardpulse-broker -X debug=mock --log-level debug";

Result<kafka::EmbeddedBroker> start_broker(const Config& config) {
  if (auto port = kafka::choose_listen_port(static_cast<std::uint16_t>(config.integer("port"))); !port) {
    return tl::unexpected(port.error());
  }
  auto broker = kafka::EmbeddedBroker::start(config.client_settings());
  if (!broker) return broker;
  const auto partitions = static_cast<std::int32_t>(config.integer("partitions"));
  auto topics = kafka::wardpulse_topics(config.text("topic-prefix"), "live", partitions);
  for (std::string& name : config.list("extra-topics")) topics.push_back({std::move(name), partitions, {}});
  if (auto created = broker->create_topics(topics); !created) return tl::unexpected(created.error());
  return broker;
}

void wait_for_stop() {
  pollfd stop{stop_signal_fd(), POLLIN, 0};
  while (!stop_requested()) ::poll(&stop, 1, -1);
}

int bad_config(const Error& error) {
  fmt::print(stderr, "{}\n", error.text());
  return kExitBadConfig;
}

} // namespace

int main(int argc, char** argv) {
  const ProgramSpec spec = {
      .name = "wardpulse-broker",
      .summary = kSummary,
      .usage = "wardpulse-broker [options]",
      .examples = kExamples,
      .keys = {kKeys, common_config_key("topic-prefix"), common_config_key("log-format"),
               common_config_key("log-level"), common_config_key("config")},
  };
  const auto parsed = Config::parse(spec, argc, argv);
  if (!parsed) return bad_config(parsed.error());
  if (parsed->exit_text) {
    fmt::print("{}", *parsed->exit_text);
    return kExitDone;
  }
  const Config& config = parsed->config;
  if (!config.words().empty()) {
    return bad_config({"'" + config.words().front() + "' is not expected here", "see wardpulse-broker --help"});
  }
  if (const auto checked = kafka::check_settings(config.client_settings()); !checked) return bad_config(checked.error());
  install_stop_signals();
  log_setup(spec.name, config.text("log-format") == "json", log_level_from_name(config.text("log-level")));
  const auto broker = start_broker(config);
  if (!broker) {
    log_error("not started", {{"error", broker.error().text()}});
    return kExitFailed;
  }
  fmt::print("bootstrap={}\n", broker->bootstrap());
  std::fflush(stdout);
  wait_for_stop();
  return kExitDone;
}
