#include "consumer/topic_setup.h"

#include <algorithm>
#include <thread>

#include "kafka/topics.h"
#include "proto/marts.h"

namespace wardpulse::consumer {
namespace {

constexpr Duration kRetryPause = std::chrono::milliseconds{100};

std::vector<std::string> topics_to_have(const aggregator::Definition& definition, const TopicNames& names) {
  auto wanted = names.inputs_in_use(definition.topics);
  wanted.insert(wanted.end(), {names.aggregates, names.checkpoints, names.rejected, names.control});
  if (!names.marts.empty()) {
    for (const MartSpec& mart : marts()) wanted.push_back(names.marts + std::string(mart.name));
  }
  return wanted;
}

Result<std::vector<kafka::TopicInfo>> existing(kafka::Admin& admin, const std::vector<std::string>& wanted) {
  auto all = admin.topics(kAdminTimeout);
  if (!all) return tl::unexpected(all.error());
  std::erase_if(*all,
                [&](const auto& topic) { return std::find(wanted.begin(), wanted.end(), topic.name) == wanted.end(); });
  return all;
}

// A topic that was made a moment ago has no leader everywhere yet.
Result<kafka::Watermarks> watermarks_when_ready(kafka::Admin& admin, const std::string& topic, std::int32_t partition) {
  const auto deadline = std::chrono::steady_clock::now() + kAdminTimeout;
  for (;;) {
    auto range = admin.watermarks(topic, partition, kAdminTimeout);
    if (range || !range.error().retriable || std::chrono::steady_clock::now() >= deadline) return range;
    std::this_thread::sleep_for(kRetryPause);
  }
}

} // namespace

Result<std::int32_t> agreed_partitions(const std::vector<kafka::TopicInfo>& topics) {
  std::int32_t agreed = 0;
  bool differ = false;
  std::string list;
  for (const auto& topic : topics) {
    if (topic.partitions == 0) continue;
    if (agreed == 0) agreed = topic.partitions;
    differ = differ || topic.partitions != agreed;
    list.append(list.empty() ? "" : ", ").append(topic.name).append(" has ").append(std::to_string(topic.partitions));
  }
  if (!differ) return agreed;
  return fail("the topics must have the same number of partitions: " + list,
              "recreate the ones that differ; a patient must be in one partition number of all topics");
}

Result<std::int32_t> set_up_topics(kafka::Admin& admin, const ConsumerOptions& options, const std::string& generation,
                                   const aggregator::Definition& definition) {
  const auto wanted = topics_to_have(definition, TopicNames::of(options.topic_prefix, generation));
  auto there = existing(admin, wanted);
  if (!there) return tl::unexpected(there.error());
  auto agreed = agreed_partitions(*there);
  if (!agreed) return agreed;
  const auto partitions = *agreed > 0 ? *agreed : kafka::kDefaultPartitions;
  auto specs = kafka::wardpulse_topics(options.topic_prefix, generation, partitions);
  std::erase_if(specs,
                [&](const auto& spec) { return std::find(wanted.begin(), wanted.end(), spec.name) == wanted.end(); });
  if (auto created = admin.create_topics(specs, kAdminTimeout); !created) return tl::unexpected(created.error());
  there = existing(admin, wanted); // what a broker made by itself may have another number
  if (!there) return tl::unexpected(there.error());
  return agreed_partitions(*there);
}

Result<std::vector<TopicOffsets>> log_ends(kafka::Admin& admin, const aggregator::Definition& definition,
                                           const TopicNames& names, std::int32_t partitions) {
  std::vector<TopicOffsets> ends(static_cast<std::size_t>(partitions), no_offsets());
  for (int i = 0; i < kTopicCount; ++i) {
    if (!definition.topics[i]) continue;
    for (std::int32_t partition = 0; partition < partitions; ++partition) {
      const auto range = watermarks_when_ready(admin, names.inputs[i], partition);
      if (!range) return tl::unexpected(range.error());
      ends[static_cast<std::size_t>(partition)][i] = range->high;
    }
  }
  return ends;
}

} // namespace wardpulse::consumer
