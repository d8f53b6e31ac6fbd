#include "consumer/runner.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

#include <fmt/format.h>
#include <poll.h>
#include <prometheus/exposer.h>
#include <unistd.h>

#include "base/log.h"
#include "base/stop_signal.h"
#include "base/version.h"
#include "consumer/topic_setup.h"
#include "consumer/worker.h"

namespace wardpulse::consumer {
namespace {

constexpr Duration kLookInterval = std::chrono::milliseconds{50}; // for workers that ended by themselves

// Different for every start, so that two writers never take the same claim for their own.
std::string unique_name() {
  std::random_device random;
  return fmt::format("{:x}-{:08x}{:08x}", ::getpid(), random(), random());
}

Result<std::unique_ptr<prometheus::Exposer>> expose(const ConsumerOptions& options,
                                                    const std::shared_ptr<Metrics>& metrics) {
  std::unique_ptr<prometheus::Exposer> exposer;
  try {
    exposer = std::make_unique<prometheus::Exposer>(options.metrics_listen, 1);
  } catch (const std::exception& error) {
    if (options.metrics_listen_chosen) {
      return fail("metrics-listen: cannot listen on " + options.metrics_listen + ": " + error.what(),
                  "choose another port, or port 0 for a free one");
    }
    const auto host = options.metrics_listen.substr(0, options.metrics_listen.rfind(':'));
    exposer = std::make_unique<prometheus::Exposer>(host + ":0", 1);
  }
  exposer->RegisterCollectable(metrics);
  log_info("metrics are served", {{"port", exposer->GetListeningPorts().front()}});
  return exposer;
}

class Runner {
 public:
  Runner(const ConsumerOptions& options, kafka::Admin admin)
      : options_(options), admin_(std::move(admin)), signals_(static_cast<std::size_t>(options.tasks)) {}

  Result<void> run() {
    if (auto ready = prepare(); !ready) return ready;
    const auto metrics = std::make_shared<Metrics>(task_settings_.names.inputs, std::string(version()));
    auto exposer = expose(options_, metrics);
    if (!exposer) return tl::unexpected(exposer.error());
    for (std::size_t i = 0; i < static_cast<std::size_t>(options_.tasks); ++i) {
      auto worker = Worker::create(worker_settings(i), task_settings_, admin_, signals_, *metrics);
      if (!worker) return tl::unexpected(worker.error());
      workers_.push_back(std::move(*worker));
    }
    return run_workers();
  }

 private:
  Result<void> prepare() {
    task_settings_.definition = options_.definition;
    task_settings_.definition_json = options_.definition.canonical_json();
    task_settings_.definition_digest = options_.definition.digest();
    task_settings_.names = TopicNames::of(options_.topic_prefix, options_.generation);
    task_settings_.accept_data_loss = options_.accept_data_loss;
    const auto partitions = set_up_topics(admin_, options_, task_settings_.names);
    if (!partitions) return tl::unexpected(partitions.error());
    task_settings_.partitions = *partitions;
    auto cluster = admin_.cluster_id(kAdminTimeout);
    if (!cluster) return tl::unexpected(cluster.error());
    task_settings_.cluster_id = std::move(*cluster);
    if (options_.until_end) {
      auto ends = log_ends(admin_, options_.definition, task_settings_.names, *partitions);
      if (!ends) return tl::unexpected(ends.error());
      ends_ = std::move(*ends);
    }
    return {};
  }

  WorkerSettings worker_settings(std::size_t index) const {
    WorkerSettings settings;
    settings.index = index;
    settings.client = options_.client;
    settings.until_end = options_.until_end;
    settings.group.group = options_.group;
    if (!options_.instance_id.empty()) settings.group.instance_id = options_.instance_id + "-" + std::to_string(index);
    for (int i = 0; i < kTopicCount; ++i) {
      if (options_.definition.topics[i]) settings.group.topics.push_back(task_settings_.names.inputs[i]);
    }
    settings.member = {options_.publish_interval, options_.checkpoint_interval, ends_,
                       unique_name_ + "-" + std::to_string(index)};
    return settings;
  }

  Result<void> run_workers() {
    std::vector<std::thread> threads;
    std::atomic<std::size_t> running{workers_.size()};
    for (auto& worker : workers_) {
      threads.emplace_back([this, &worker, &running] {
        if (auto done = worker->run(); !done) keep_failure(done.error());
        --running;
      });
    }
    pollfd stop{stop_signal_fd(), POLLIN, 0};
    while (running > 0 && !stop_requested()) ::poll(&stop, 1, static_cast<int>(kLookInterval.count()));
    if (stop_requested()) signals_.stop = true;
    for (auto& thread : threads) thread.join();
    if (failure_) return tl::unexpected(*failure_);
    return {};
  }

  // The first failure ends all workers: a process that works on half of its partitions would look healthy.
  void keep_failure(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = error;
    signals_.stop = true;
  }

  const ConsumerOptions& options_;
  const std::string unique_name_ = unique_name();
  kafka::Admin admin_;
  TaskSettings task_settings_;
  std::vector<TopicOffsets> ends_;
  WorkerSignals signals_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::mutex mutex_;
  std::optional<Error> failure_;
};

} // namespace

Result<void> run_consumer(const ConsumerOptions& options) {
  auto admin = kafka::Admin::connect(options.client);
  if (!admin) return tl::unexpected(admin.error());
  return Runner(options, std::move(*admin)).run();
}

} // namespace wardpulse::consumer
