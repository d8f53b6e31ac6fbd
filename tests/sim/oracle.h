// What the derived topics have to say in the end: the whole log folded once, straight, without a consumer.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "consumer/task.h"
#include "tests/sim/network.h"
#include "tests/sim/watch.h"

namespace wardpulse::sim {

class Oracle {
 public:
  // Folds the logs of `partition` up to `until`, its topics in an order drawn from `random`.
  Oracle(World& world, const consumer::TaskSettings& settings, std::int32_t partition, const consumer::TopicOffsets& until,
         Random& random);
  static consumer::TopicOffsets ends(World& world, const consumer::TopicNames& names, std::int32_t partition);

  const aggregator::PartitionState& state() const { return state_; }
  // Cells by key of topic `aggregates`, refused records by key of topic `rejected`; what changes from run to run is left out.
  std::map<std::string, std::string> cells();
  std::map<std::string, std::string> rejected() const;

 private:
  const consumer::TaskSettings& settings_;
  const std::int32_t partition_;
  aggregator::PartitionState state_;
  std::vector<aggregator::RejectedRecord> rejected_;
};

// The same of what the topics hold.
std::string canonical(const Cell& cell, std::int32_t partition);
std::map<std::string, std::string> published_cells(World& world, const consumer::TopicNames& names, std::int32_t partition);
std::map<std::string, std::string> published_rejected(World& world, const consumer::TopicNames& names, std::int32_t partition);
// The first difference, in words; empty when there is none.
std::string difference(const std::map<std::string, std::string>& got, const std::map<std::string, std::string>& wanted);

// Counted from the records alone, without the fold: by window, how many events of the bounded kinds fall into it. An event
// that comes twice is counted once in each. For sizes 10s, 1m and 1h.
std::map<WindowPlace, BoundedCounts> bounds(World& world, const consumer::TopicNames& names, std::int32_t partition);

} // namespace wardpulse::sim
