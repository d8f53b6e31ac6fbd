// TopicPartition lists to and from librdkafka's. For the sources of this folder only.
#pragma once

#include <vector>

#include "base/result.h"
#include "kafka/client.h"
#include "kafka/errors.h"

namespace wardpulse::kafka {

PartitionListHandle to_list(const std::vector<TopicPartition>& partitions);
std::vector<TopicPartition> from_list(const rd_kafka_topic_partition_list_t* list);
// The first entry that failed, named; nothing when none did.
Result<void> check_entries(const rd_kafka_topic_partition_list_t* list, std::string_view doing);
std::string name_of(const std::string& topic, std::int32_t partition); // "wardpulse.checkins [3]"

} // namespace wardpulse::kafka
