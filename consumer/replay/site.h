// Where a replay command works: the cluster, its topics, and the generation in force.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "consumer/checkpoint_index.h"
#include "consumer/control.h"
#include "consumer/replay/plan.h"
#include "consumer/topic_names.h"
#include "kafka/client.h"

namespace wardpulse::consumer {

struct Site {
  kafka::ClientOptions client;
  std::string prefix;
  kafka::Admin admin;
  std::string cluster_id;
  std::map<std::string, std::int32_t> topics; // partitions by name, all of the cluster
  std::optional<ControlRecord> control;

  static Result<Site> connect(const kafka::ClientOptions& client, const std::string& prefix);
  Result<void> look_again(); // at topics and control

  GenerationRef active() const { return control ? control->active : GenerationRef{}; }
  bool has_topic(const std::string& name) const { return topics.contains(name); }
  // What the inputs have; error when there are none or they differ.
  Result<std::int32_t> input_partitions() const;
  // Names of all generations that have a checkpoints topic, "live" included.
  std::vector<std::string> generations() const;
};

// What stands in a generation's checkpoints topic.
struct GenerationState {
  std::string name;
  std::optional<ReplayPlan> plan; // none: it was not made by a replay
  std::vector<std::optional<Manifest>> newest; // whole and verified, by partition
  std::vector<bool> finished;

  bool is_finished() const;
  // Definition of the newest checkpoints; empty when there is none.
  std::string definition_json() const;
  // Share of the plan's records that its checkpoints have behind them.
  double progress() const;
};
// Error when it does not exist, or was written by a newer version.
Result<GenerationState> read_generation(Site& site, const std::string& name);

// Waits for the acknowledgement.
Result<void> write_record(const Site& site, const kafka::ProducerRecord& record);
Result<void> write_control(Site& site, const ControlRecord& record);

} // namespace wardpulse::consumer
