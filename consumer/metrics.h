// The consumer's figures for Prometheus. Workers hand in plain numbers about once a second; nothing is touched per
// event.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>

#include "consumer/task.h"

namespace wardpulse::consumer {

struct WorkerFigures {
  TaskCounts counts; // since the worker's start
  std::int64_t held = 0, held_bytes = 0, patients = 0, visits = 0, cells = 0;
  std::array<std::optional<Time>, kTopicCount> watermark; // least over the worker's partitions; none: no record yet
  std::optional<Time> shown_watermark;
  std::set<std::int32_t> partitions;
  std::map<std::pair<int, std::int32_t>, std::int64_t> lag; // by topic and partition
  std::map<std::string, std::int64_t> rebalances;           // by kind
  std::int64_t checkpoint_failures = 0;
  std::optional<Time> checkpoint_time;
  // A replay: records of this worker's partitions between where they began and where they end.
  std::int64_t to_replay = 0, replayed = 0;
  std::optional<Time> replayed_to; // event time that all topics have reached
};

double replay_ratio(const WorkerFigures& figures); // 0..1

// Thread-safe.
class Metrics : public prometheus::Collectable {
 public:
  // `topics`: labels by topic, as the log names them.
  Metrics(std::array<std::string, kTopicCount> topics, std::string version, bool is_replay = false);

  void update(std::size_t worker, WorkerFigures figures);
  WorkerFigures total() const; // over all workers
  void checkpoint_took(Duration duration);
  std::optional<Duration> last_checkpoint() const; // how long the newest one took
  void publication_took(Duration duration);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const std::array<std::string, kTopicCount> topics_;
  const std::string version_;
  const bool is_replay_;
  mutable std::mutex mutex_;
  std::map<std::size_t, WorkerFigures> figures_;
  std::optional<Duration> last_checkpoint_;
  prometheus::Histogram checkpoint_seconds_;
  prometheus::Histogram processing_seconds_;
};

} // namespace wardpulse::consumer
