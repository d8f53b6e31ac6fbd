#include "tests/sim/instance.h"

#include <algorithm>
#include <iterator>

namespace wardpulse::sim {

using consumer::Member;

consumer::TaskSettings task_settings(std::size_t part_raw_bytes) {
  consumer::TaskSettings settings;
  settings.definition_json = settings.definition.canonical_json();
  settings.definition_digest = settings.definition.digest();
  settings.cluster_id = "cluster";
  settings.names = consumer::TopicNames::of("t", "live");
  settings.part_raw_bytes = part_raw_bytes;
  return settings;
}

Instance::Instance(Network& network, const consumer::TaskSettings& settings, consumer::MemberSettings member_settings)
    : network_(network),
      settings_(settings),
      member_settings_(std::move(member_settings)),
      outbox_(network),
      side_log_(network.world()),
      clock_(network.world()),
      ports_{outbox_, side_log_, clock_, [this] { return outbox_.is_dead(); }},
      member_(settings_, member_settings_, ports_) {}

Result<void> Instance::assign(const std::vector<std::int32_t>& numbers) {
  std::vector<kafka::TopicPartition> partitions;
  for (const auto& topic : settings_.names.inputs) {
    for (const auto number : numbers) partitions.push_back({topic, number});
  }
  positions_.clear();
  auto positions = member_.assigned(partitions);
  if (!positions) return tl::unexpected(positions.error());
  positions_ = std::move(*positions);
  for (auto& position : positions_) {
    if (position.offset == kafka::Consumer::kGroupOffset) position.offset = network_.committed[{position.topic, position.partition}];
  }
  return {};
}

bool Instance::release(Member::Parting parting) {
  positions_.clear();
  return member_.release(std::chrono::seconds{20}, parting);
}

void Instance::lose() {
  member_.discard();
  positions_.clear();
}

Result<void> Instance::work(std::uint64_t records) {
  for (std::uint64_t i = 0; i < records && !positions_.empty(); ++i) {
    read_one(positions_[network_.random()() % positions_.size()]);
  }
  return tick();
}

Result<void> Instance::work_to_end() {
  for (auto& position : positions_) {
    while (read_one(position)) {
    }
  }
  return tick();
}

Result<void> Instance::tick() {
  auto ticked = member_.tick();
  if (is_dead()) return {};
  for (const auto& commit : member_.take_commits()) network_.committed[{commit.topic, commit.partition}] = commit.offset;
  return ticked;
}

void Instance::read_again(std::uint64_t back) {
  if (positions_.empty()) return;
  auto& offset = positions_[network_.random()() % positions_.size()].offset;
  offset = std::max<std::int64_t>(0, offset - static_cast<std::int64_t>(back));
}

bool Instance::at_end() const {
  return std::all_of(positions_.begin(), positions_.end(), [&](const auto& position) {
    return position.offset >= network_.world().range(position.topic, position.partition).high;
  });
}

void Instance::sleep() {
  asleep_ = true;
  outbox_.sleep();
}

void Instance::wake() {
  asleep_ = false;
  outbox_.wake();
}

bool Instance::read_one(kafka::TopicPartition& position) {
  const auto& log = network_.world().place(position.topic, position.partition);
  const auto at = log.at(position.offset);
  const auto topic = topic_of(position.topic);
  if (at == log.records.end()) {
    position.offset = log.high;
    member_.on_partition_end(position.partition, topic, position.offset);
    return false;
  }
  for (int step = 0; step < aggregator::kPrefetchSteps; ++step) member_.prefetch(position.partition, at->key, step);
  member_.on_record(position.partition, {.topic = topic,
                                         .offset = at->offset,
                                         .broker_time = at->timestamp,
                                         .key = at->key,
                                         .value = at->value ? std::string_view(*at->value) : std::string_view{},
                                         .tombstone = !at->value});
  position.offset = at->offset + 1;
  return true;
}

Topic Instance::topic_of(const std::string& name) const {
  const auto& inputs = settings_.names.inputs;
  return static_cast<Topic>(std::distance(inputs.begin(), std::find(inputs.begin(), inputs.end(), name)));
}

} // namespace wardpulse::sim
