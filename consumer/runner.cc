#include "consumer/runner.h"

#include <map>
#include <memory>
#include <optional>

#include <poll.h>

#include "base/log.h"
#include "base/metrics_page.h"
#include "base/stop_signal.h"
#include "base/version.h"
#include "consumer/control.h"
#include "consumer/crew.h"
#include "consumer/definition_json.h"
#include "consumer/instance_status.h"
#include "consumer/kafka_ports.h"
#include "consumer/replay/topic_reader.h"
#include "consumer/topic_setup.h"

namespace wardpulse::consumer {
namespace {

constexpr Duration kLookInterval = std::chrono::milliseconds{200}; // for workers that ended, and another generation

Result<void> read_rows(const kafka::ClientOptions& client, const TopicNames& names, std::int32_t partition, const TaskSettings::TakeRow& take) {
  auto admin = kafka::Admin::connect(client);
  if (!admin) return tl::unexpected(admin.error());
  std::map<std::string, const MartSpec*, std::less<>> marts_of;
  std::vector<kafka::TopicPartition> positions;
  for (const MartSpec& mart : marts()) {
    const auto topic = names.marts + std::string(mart.name);
    marts_of[topic] = &mart;
    positions.push_back({topic, partition, kafka::Consumer::kBeginning});
  }
  return read_to_ends(client, *admin, positions, [&](const kafka::Record& record) {
    if (record.has_value()) take(*marts_of.find(record.topic())->second, record.key());
    return Reading::kGoOn;
  });
}

class Runner {
 public:
  explicit Runner(const ConsumerOptions& options) : options_(options) {}

  Result<void> run() {
    const auto metrics = std::make_shared<Metrics>(topic_labels(), std::string(version()));
    auto page = MetricsPage::open(options_.metrics_listen, options_.metrics_listen_chosen, metrics);
    if (!page) return tl::unexpected(page.error());
    if (auto connected = connect_admin(options_.client, &admin_); !connected) return connected;
    auto control = ControlFollower::open(options_.client, *admin_, options_.topic_prefix);
    if (!control) return tl::unexpected(control.error());
    const auto names = TopicNames::of(options_.topic_prefix, std::string(kLiveGeneration));
    auto status = StatusWriter::connect(options_.client, names.control, "consumer", options_.instance_id, *metrics);
    if (!status) return tl::unexpected(status.error());
    for (;;) {
      if (auto connected = connect_admin(options_.client, &admin_); !connected) return connected;
      auto settings = crew_settings(control->active(), control->current() ? control->current()->number : 0);
      if (!settings) return tl::unexpected(settings.error());
      if (!control->is_following()) { // the topic was made just now
        control = ControlFollower::open(options_.client, *admin_, options_.topic_prefix);
        if (!control) return tl::unexpected(control.error());
      }
      admin_.reset();
      Crew crew(std::move(*settings), *metrics);
      if (auto started = crew.start(); !started) return started;
      auto switched = watch(crew, *control, *status);
      if (auto done = crew.join(); !done) return done;
      if (!switched) return tl::unexpected(switched.error());
      if (!*switched) return {};
    }
  }

 private:
  // Until the workers are done, a stop is asked for, or (the answer) another generation is in force.
  Result<bool> watch(Crew& crew, ControlFollower& control, StatusWriter& status) {
    pollfd stop{stop_signal_fd(), POLLIN, 0};
    const auto generation = control.active().name;
    while (crew.is_working() && !stop_requested()) {
      ::poll(&stop, 1, static_cast<int>(kLookInterval.count()));
      status.tell(generation);
      const auto changed = control.poll();
      if (changed && !*changed) continue;
      crew.stop();
      if (!changed) return tl::unexpected(changed.error());
      log_info("another generation is in force: its last checkpoint is gone on from",
               {{"generation", control.active().name}});
      return true;
    }
    if (stop_requested()) crew.stop();
    return false;
  }

  // REQUIRES: connected.
  Result<CrewSettings> crew_settings(const GenerationRef& active, std::int64_t switches) {
    CrewSettings settings;
    auto& task = settings.task;
    auto definition = definition_of(active);
    if (!definition) return tl::unexpected(definition.error());
    task.definition = std::move(*definition);
    task.definition_json = task.definition.canonical_json();
    task.definition_digest = task.definition.digest();
    task.names = TopicNames::of(options_.topic_prefix, active.name);
    task.names.marts = TopicNames::of(options_.topic_prefix, std::string(kLiveGeneration)).marts; // there is one set
    task.marts_switch = switches;
    task.own_windows.first = active.first_window;
    task.read_rows = [client = options_.client, names = task.names](std::int32_t partition, const auto& take) {
      return read_rows(client, names, partition, take);
    };
    task.accept_data_loss = options_.accept_data_loss;
    const auto partitions = set_up_topics(*admin_, options_, active.name, task.definition);
    if (!partitions) return tl::unexpected(partitions.error());
    task.partitions = *partitions;
    auto cluster = admin_->cluster_id(kAdminTimeout);
    if (!cluster) return tl::unexpected(cluster.error());
    task.cluster_id = std::move(*cluster);
    auto& worker = settings.worker;
    if (options_.until_end) {
      auto ends = log_ends(*admin_, task.definition, task.names, *partitions);
      if (!ends) return tl::unexpected(ends.error());
      worker.member.ends = std::move(*ends);
    }
    worker.client = options_.client;
    worker.until_end = options_.until_end;
    worker.group.group = options_.group;
    worker.group.topics = task.names.inputs_in_use(task.definition.topics);
    worker.member.publish_interval = options_.publish_interval;
    worker.member.checkpoint_interval = options_.checkpoint_interval;
    settings.instance_id = options_.instance_id;
    settings.workers = options_.tasks;
    return settings;
  }

  // A generation brings its definition along; only one that was never switched to goes by the flags.
  Result<aggregator::Definition> definition_of(const GenerationRef& active) {
    if (active.definition_json.empty()) return options_.definition;
    auto definition = parse_definition(active.definition_json);
    if (definition && definition->digest() != options_.definition.digest()) {
      log_warning("the definition is the generation's, not that of the flags", {{"generation", active.name}});
    }
    if (definition) definition->beds = options_.definition.beds; // they change what is shown, not what is counted
    return definition;
  }

  const ConsumerOptions& options_;
  std::optional<kafka::Admin> admin_; // until the crew starts
};

} // namespace

Result<void> run_consumer(const ConsumerOptions& options) { return Runner(options).run(); }

} // namespace wardpulse::consumer
