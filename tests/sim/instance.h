// One consumer process: the real member with real tasks, folds and checkpoints. It can die between any two writes, fall
// asleep while the group gives its partitions to others, and wake up believing that they are still its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "consumer/checkpoint_format.h"
#include "consumer/member.h"
#include "tests/sim/network.h"

namespace wardpulse::sim {

// Of all instances: the cluster, the topics and the definition that nobody changed.
consumer::TaskSettings task_settings(std::size_t part_raw_bytes = consumer::kPartRawBytes);

class Instance {
 public:
  Instance(Network& network, const consumer::TaskSettings& settings, consumer::MemberSettings member_settings);

  // The group's decisions.
  Result<void> assign(const std::vector<std::int32_t>& numbers);
  bool release(consumer::Member::Parting parting); // false: writes were left under way
  void lose();

  // Reads up to `records` from any of its partitions, then ticks.
  Result<void> work(std::uint64_t records);
  Result<void> work_to_end();
  void read_again(std::uint64_t back); // some partition from earlier on, as after a seek
  bool at_end() const;

  void sleep();
  void wake();
  bool is_asleep() const { return asleep_; }
  bool is_dead() const { return outbox_.is_dead(); }
  std::size_t in_flight() const { return outbox_.in_flight(); }
  void die_after(std::int64_t writes) { outbox_.die_after(writes); }
  const consumer::Member& member() const { return member_; }

 private:
  Result<void> tick();
  bool read_one(kafka::TopicPartition& position);
  Topic topic_of(const std::string& name) const;

  Network& network_;
  const consumer::TaskSettings& settings_;
  const consumer::MemberSettings member_settings_;
  SimOutbox outbox_;
  consumer::TestSideLog side_log_;
  consumer::TestClock clock_;
  consumer::StartPorts ports_;
  consumer::Member member_;
  std::vector<kafka::TopicPartition> positions_;
  bool asleep_ = false;
};

} // namespace wardpulse::sim
