#include "consumer/replay/log_lookup.h"

#include <algorithm>

#include "base/log.h"
#include "consumer/replay/topic_reader.h"
#include "proto/codec.h"

namespace wardpulse::consumer {

KafkaLookup::KafkaLookup(Site& site, const TopicNames& names, const aggregator::Definition& definition,
                         const LogViews& logs, const std::vector<std::optional<Manifest>>& known)
    : site_(site), names_(names), definition_(definition), logs_(logs), known_(known) {}

int KafkaLookup::topic_of(std::string_view name) const {
  return static_cast<int>(std::find(names_.inputs.begin(), names_.inputs.end(), name) - names_.inputs.begin());
}

Time KafkaLookup::moves_to(int topic, const kafka::Record& record) {
  const auto event = decoder_.decode(static_cast<Topic>(topic), record.has_value() ? record.value() : "");
  if (!event) return kNever;
  const auto time = (*event)->event_time;
  const bool future = definition_.max_future && time > record.timestamp() + *definition_.max_future;
  return future ? kNever : time;
}

// A record before this offset is not of `time` or later.
std::int64_t KafkaLookup::index_start(int topic, std::size_t partition, Time time) const {
  const auto low = logs_[partition][topic].low;
  if (partition >= known_.size() || !known_[partition] || known_[partition]->cluster_id != site_.cluster_id) return low;
  const auto start = TimeIndex(known_[partition]->time_index[topic]).not_before(time);
  return start > logs_[partition][topic].high ? low : std::max(low, start);
}

Result<LogLookup::Found> KafkaLookup::by_event_time(Time time) {
  Found found;
  std::vector<kafka::TopicPartition> positions;
  std::int64_t to_scan = 0;
  for (std::size_t p = 0; p < logs_.size(); ++p) {
    auto& row = found.offsets.emplace_back(no_offsets());
    for (int t = 0; t < kTopicCount; ++t) {
      if (!definition_.topics[t]) continue;
      row[t] = logs_[p][t].high;
      const auto start = index_start(t, p, time);
      positions.push_back({names_.inputs[t], static_cast<std::int32_t>(p), start});
      to_scan += logs_[p][t].high - start;
    }
  }
  log_info("looking for the first records of an event time",
           {{"time", format_rfc3339(time)}, {"records_to_read_at_most", to_scan}});
  const auto read = read_to_ends(site_.client, site_.admin, std::move(positions), [&](const auto& record) {
    const int topic = topic_of(record.topic());
    if (moves_to(topic, record) < time) return Reading::kGoOn;
    found.offsets[static_cast<std::size_t>(record.partition())][topic] = record.offset();
    found.any = true;
    return Reading::kEnough;
  });
  if (!read) return tl::unexpected(read.error());
  return found;
}

Result<LogLookup::Found> KafkaLookup::by_log_time(Time time) {
  std::vector<kafka::TopicPartition> partitions;
  for (std::size_t p = 0; p < logs_.size(); ++p) {
    for (int t = 0; t < kTopicCount; ++t) {
      if (definition_.topics[t]) partitions.push_back({names_.inputs[t], static_cast<std::int32_t>(p)});
    }
  }
  Found found{std::vector<TopicOffsets>(logs_.size(), no_offsets()), false};
  const auto note = [&](std::string_view topic, std::int32_t partition, std::int64_t offset) {
    const auto p = static_cast<std::size_t>(partition);
    const int t = topic_of(topic);
    found.offsets[p][t] = offset;
    found.any = found.any || offset < logs_[p][t].high;
  };
  if (!site_.cluster_id.starts_with("mockCluster")) {
    const auto answers = site_.admin.offsets_for_time(partitions, time, kReplayTimeout);
    if (!answers) return tl::unexpected(answers.error());
    for (const auto& answer : *answers) note(answer.topic, answer.partition, answer.offset);
    return found;
  }
  log_info("this broker keeps no index of times: the log is read instead");
  for (auto& place : partitions) {
    const auto& log = logs_[static_cast<std::size_t>(place.partition)][topic_of(place.topic)];
    note(place.topic, place.partition, log.high);
    place.offset = log.low;
  }
  const auto read = read_to_ends(site_.client, site_.admin, partitions, [&](const auto& record) {
    if (record.timestamp() < time) return Reading::kGoOn;
    note(record.topic(), record.partition(), record.offset());
    return Reading::kEnough;
  });
  if (!read) return tl::unexpected(read.error());
  return found;
}

Result<Time> KafkaLookup::event_time_before(const std::vector<TopicOffsets>& offsets) {
  Time largest = kNever;
  std::vector<kafka::TopicPartition> positions;
  for (std::size_t p = 0; p < logs_.size(); ++p) {
    for (int t = 0; t < kTopicCount; ++t) {
      if (!definition_.topics[t] || offsets[p][t] <= logs_[p][t].low) continue;
      auto start = logs_[p][t].low;
      if (p < known_.size() && known_[p]) { // the last entry before the offset tells what was largest until there
        for (const auto& entry : known_[p]->time_index[t]) {
          if (entry.offset >= offsets[p][t]) break;
          largest = std::max(largest, entry.stream_time);
          start = std::max(start, entry.offset + 1);
        }
      }
      if (start < offsets[p][t]) positions.push_back({names_.inputs[t], static_cast<std::int32_t>(p), start});
    }
  }
  const auto read = read_to_ends(site_.client, site_.admin, std::move(positions), [&](const auto& record) {
    const int topic = topic_of(record.topic());
    const auto stop = offsets[static_cast<std::size_t>(record.partition())][topic];
    if (record.offset() >= stop) return Reading::kEnough;
    largest = std::max(largest, moves_to(topic, record));
    return record.offset() + 1 >= stop ? Reading::kEnough : Reading::kGoOn;
  });
  if (!read) return tl::unexpected(read.error());
  return largest;
}

} // namespace wardpulse::consumer
