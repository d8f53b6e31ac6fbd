#include "kafka/partition_list.h"

#include <thread>

namespace wardpulse::kafka {
namespace {

// A partition that was just made, or moved, is for a moment at a broker that does not know of it yet.
bool has_no_leader_yet(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION || code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
}

} // namespace

PartitionListHandle to_list(const std::vector<TopicPartition>& partitions) {
  PartitionListHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const TopicPartition& entry : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), entry.topic.c_str(), entry.partition)->offset = entry.offset;
  }
  return list;
}

std::vector<TopicPartition> from_list(const rd_kafka_topic_partition_list_t* list) {
  std::vector<TopicPartition> partitions;
  partitions.reserve(static_cast<std::size_t>(list->cnt));
  for (int i = 0; i < list->cnt; ++i) {
    partitions.push_back({list->elems[i].topic, list->elems[i].partition, list->elems[i].offset});
  }
  return partitions;
}

Result<void> check_entries(const rd_kafka_topic_partition_list_t* list, std::string_view doing) {
  for (int i = 0; i < list->cnt; ++i) {
    const auto& entry = list->elems[i];
    if (entry.err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    return tl::unexpected(make_error(entry.err, std::string(doing) + " " + name_of(entry.topic, entry.partition)));
  }
  return {};
}

std::string name_of(const std::string& topic, std::int32_t partition) {
  return topic + " [" + std::to_string(partition) + "]";
}

Result<Watermarks> query_watermarks(rd_kafka_t* client, const std::string& topic, std::int32_t partition,
                                    Duration timeout) {
  const Deadline deadline(timeout);
  Watermarks watermarks;
  rd_kafka_resp_err_t code{};
  do {
    code = rd_kafka_query_watermark_offsets(client, topic.c_str(), partition, &watermarks.low, &watermarks.high,
                                            deadline.left_ms());
    if (has_no_leader_yet(code)) std::this_thread::sleep_for(Duration{50});
  } while (has_no_leader_yet(code) && !deadline.passed());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return watermarks;
  return tl::unexpected(make_error(code, "asking for the offsets of " + name_of(topic, partition)));
}

} // namespace wardpulse::kafka
