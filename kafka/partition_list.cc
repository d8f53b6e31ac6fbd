#include "kafka/partition_list.h"

namespace wardpulse::kafka {

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

} // namespace wardpulse::kafka
