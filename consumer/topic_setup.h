// Topics before the start: create what is missing, refuse what does not fit, note where the logs end.
#pragma once

#include <vector>

#include "base/result.h"
#include "consumer/consumer_config.h"
#include "consumer/topic_names.h"
#include "consumer/topic_offsets.h"
#include "kafka/client.h"

namespace wardpulse::consumer {

inline constexpr Duration kAdminTimeout = std::chrono::seconds{30};

// Number of partitions, the same for all topics. Error naming the topics when the counts differ.
Result<std::int32_t> set_up_topics(kafka::Admin& admin, const ConsumerOptions& options, const std::string& generation,
                                   const aggregator::Definition& definition);
// By partition number.
Result<std::vector<TopicOffsets>> log_ends(kafka::Admin& admin, const aggregator::Definition& definition,
                                           const TopicNames& names, std::int32_t partitions);

// Counts by name; topics that do not exist have 0. The number all existing ones agree on, 0 when there are none.
Result<std::int32_t> agreed_partitions(const std::vector<kafka::TopicInfo>& topics);

} // namespace wardpulse::consumer
