// Flags of wardpulse-consumer, and what they mean to the rest of the program.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "aggregator/definition.h"
#include "base/config.h"
#include "base/result.h"
#include "kafka/client.h"

namespace wardpulse::consumer {

struct ConsumerOptions {
  kafka::ClientOptions client;
  std::string topic_prefix;
  std::string group;
  std::string instance_id; // empty: dynamic membership
  int tasks = 1;
  aggregator::Definition definition;
  Duration checkpoint_interval{};
  Duration publish_interval{};
  bool until_end = false;
  bool accept_data_loss = false;
  std::string metrics_listen;
  bool metrics_listen_chosen = false; // a port that is taken is then an error, else another one is used
};

std::span<const ConfigKey> consumer_config_keys();   // without those of the definition
std::span<const ConfigKey> definition_config_keys(); // what the numbers mean: time zone, grace, funnels, ...
// Puts onto `definition` what was given, and nothing else. The problems, each naming its key.
std::vector<std::string> apply_definition(const Config& config, aggregator::Definition* definition);
kafka::ClientOptions client_options(const Config& config, std::string client_id);
// All problems at once, one a line, each naming its key.
Result<ConsumerOptions> consumer_options(const Config& config);

// "10s=10m,1h=48h,1d=none" onto `grace`; the reason when it does not read.
std::optional<std::string> apply_grace(std::string_view text, std::array<Duration, kWindowSizeCount>* grace);

} // namespace wardpulse::consumer
