// Reads partitions up to the ends that they have now.
#pragma once

#include <functional>
#include <vector>

#include "base/result.h"
#include "kafka/client.h"

namespace wardpulse::consumer {

inline constexpr Duration kReplayTimeout = std::chrono::seconds{30};

// What to do with the rest of a record's partition.
enum class Reading { kGoOn, kEnough };

// From the given offsets (kBeginning: the first there is). Records of one partition come in order.
Result<void> read_to_ends(const kafka::ClientOptions& client, kafka::Admin& admin,
                          std::vector<kafka::TopicPartition> positions,
                          const std::function<Reading(const kafka::Record&)>& take);

std::vector<kafka::TopicPartition> whole_topic(const std::string& topic, std::int32_t partitions);

} // namespace wardpulse::consumer
