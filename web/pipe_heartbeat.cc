#include "web/pipe_heartbeat.h"

#include <algorithm>

#include "proto/heartbeat.h"

namespace wardpulse::web {
namespace {

// Earlier than what any feed sends, so that it is never a topic's latest.
const Time kBeforeAll = *parse_rfc3339("0001-01-01T00:00:00Z");

struct Standing {
  std::int32_t partition = 0;
  Counts next_offsets; // by topic
};

// What the consumers say in family task.
std::vector<Standing> standings(const CellStore& store) {
  std::vector<Standing> all;
  const Series* tasks = store.find_series("task");
  for (const auto& [key, stored] : tasks->cells) {
    Standing one;
    for (const auto& [name, value] : store.merged(*tasks, key, stored).values) {
      if (const auto* offsets = std::get_if<Counts>(&value); name == "next_offsets" && offsets != nullptr) one.next_offsets = *offsets;
    }
    one.partition = stored.parts.front().partition;
    all.push_back(std::move(one));
  }
  return all;
}

std::int64_t next_offset(const Standing& standing, Topic topic) {
  const auto at = standing.next_offsets.find(std::string(topic_name(topic)));
  return at == standing.next_offsets.end() ? 0 : at->second;
}

// One that has had records: in others the first one is its feed's.
std::optional<Topic> topic_in_use(const Standing& standing) {
  for (int i = 0; i < kTopicCount; ++i) {
    if (next_offset(standing, static_cast<Topic>(i)) > 0) return static_cast<Topic>(i);
  }
  return std::nullopt;
}

} // namespace

std::vector<PipeHeartbeat::Record> PipeHeartbeat::due(const CellStore& store, Time now) {
  note_arrivals(store);
  std::vector<Record> records;
  for (const Standing& standing : standings(store)) {
    const auto topic = topic_in_use(standing);
    if (!topic) continue;
    Partition first{.topic = *topic, .came_through = now, .sent = {}, .offset = {}};
    Partition& partition = partitions_.try_emplace(standing.partition, std::move(first)).first->second;
    if (partition.sent) continue;
    partition.sent = now;
    records.push_back({partition.topic, standing.partition, heartbeat_event(partition.topic, standing.partition, kBeforeAll, "wardpulse-web")});
  }
  return records;
}

void PipeHeartbeat::delivered(const Record& record, std::optional<std::int64_t> offset) {
  Partition& partition = partitions_.at(record.partition);
  partition.offset = offset;
  if (!offset) partition.sent.reset();
}

std::optional<Duration> PipeHeartbeat::age(const CellStore& store, Time now) {
  note_arrivals(store);
  std::optional<Duration> oldest;
  for (const auto& [number, partition] : partitions_) oldest = std::max(oldest.value_or(Duration{0}), now - partition.came_through);
  return oldest;
}

void PipeHeartbeat::note_arrivals(const CellStore& store) {
  for (const Standing& standing : standings(store)) {
    const auto at = partitions_.find(standing.partition);
    if (at == partitions_.end() || !at->second.offset) continue;
    Partition& partition = at->second;
    if (next_offset(standing, partition.topic) <= *partition.offset) continue;
    partition.came_through = *partition.sent;
    partition.sent.reset();
    partition.offset.reset();
  }
}

} // namespace wardpulse::web
