#include "consumer/replay/site.h"

#include <algorithm>

#include "consumer/replay/topic_reader.h"
#include "consumer/topic_setup.h"

namespace wardpulse::consumer {

Result<Site> Site::connect(const kafka::ClientOptions& client, const std::string& prefix) {
  auto admin = kafka::Admin::connect(client);
  if (!admin) return tl::unexpected(admin.error());
  auto cluster = admin->cluster_id(kReplayTimeout);
  if (!cluster) return tl::unexpected(cluster.error());
  Site site{client, prefix, std::move(*admin), std::move(*cluster), {}, {}};
  if (auto looked = site.look_again(); !looked) return tl::unexpected(looked.error());
  return site;
}

Result<void> Site::look_again() {
  const auto all = admin.topics(kReplayTimeout);
  if (!all) return tl::unexpected(all.error());
  topics.clear();
  for (const auto& topic : *all) topics[topic.name] = topic.partitions;
  auto follower = ControlFollower::open(client, admin, prefix);
  if (!follower) return tl::unexpected(follower.error());
  control = follower->current();
  return {};
}

Result<std::int32_t> Site::input_partitions() const {
  std::vector<kafka::TopicInfo> inputs;
  for (const auto& name : TopicNames::of(prefix, std::string(kLiveGeneration)).inputs) {
    if (const auto at = topics.find(name); at != topics.end()) inputs.push_back({name, at->second});
  }
  auto agreed = agreed_partitions(inputs);
  if (agreed && *agreed == 0) {
    return fail("there are no input topics with the prefix " + prefix, "is --topic-prefix right?");
  }
  return agreed;
}

std::vector<std::string> Site::generations() const {
  constexpr std::string_view kEnd = ".checkpoints";
  std::vector<std::string> names;
  for (const auto& [topic, partitions] : topics) {
    if (!topic.starts_with(prefix + ".") || !topic.ends_with(kEnd)) continue;
    if (topic.size() == prefix.size() + kEnd.size()) {
      names.insert(names.begin(), std::string(kLiveGeneration));
      continue;
    }
    auto name = topic.substr(prefix.size() + 1, topic.size() - prefix.size() - 1 - kEnd.size());
    if (check_generation_name(name)) names.push_back(std::move(name));
  }
  return names;
}

bool GenerationState::is_finished() const {
  return plan && !finished.empty() && std::all_of(finished.begin(), finished.end(), [](bool f) { return f; });
}

std::string GenerationState::definition_json() const {
  for (const auto& manifest : newest) {
    if (manifest) return manifest->definition_json;
  }
  return plan ? plan->definition_json : std::string();
}

double GenerationState::progress() const {
  if (!plan || plan->records() == 0 || is_finished()) return 1;
  std::int64_t done = 0;
  for (std::size_t p = 0; p < plan->end.size() && p < newest.size(); ++p) {
    if (!newest[p]) continue;
    for (int t = 0; t < kTopicCount; ++t) {
      const auto next = std::min(newest[p]->next_offsets[t], plan->end[p][t]);
      done += std::max<std::int64_t>(0, next - plan->begin[p][t]);
    }
  }
  return static_cast<double>(done) / static_cast<double>(plan->records());
}

Result<GenerationState> read_generation(Site& site, const std::string& name) {
  const auto topic = TopicNames::of(site.prefix, name).checkpoints;
  const auto at = site.topics.find(topic);
  if (at == site.topics.end()) {
    return fail("there is no generation '" + name + "'", "wardpulse-replay status lists those that there are");
  }
  const auto partitions = at->second;
  if (partitions == 0) return fail("some partition of " + topic + " has no leader", "is a broker down?");
  GenerationState state{.name = name, .plan = {}, .newest = {}, .finished = std::vector<bool>(partitions)};
  std::vector<CheckpointIndex> indexes;
  for (std::int32_t p = 0; p < partitions; ++p) indexes.emplace_back(p);
  Result<void> plan_read;
  const auto read = read_to_ends(site.client, site.admin, whole_topic(topic, partitions), [&](const auto& record) {
    const auto p = static_cast<std::size_t>(record.partition());
    const auto value = record.has_value() ? std::optional(record.value()) : std::nullopt;
    indexes[p].observe(record.offset(), record.key(), value);
    if (record.key() == finished_key(record.partition())) state.finished[p] = record.has_value();
    if (record.key() == kPlanKey && value && !state.plan) { // the first one counts
      auto plan = decode_plan(*value);
      if (plan) state.plan = std::move(*plan);
      else plan_read = tl::unexpected(plan.error());
    }
    return Reading::kGoOn;
  });
  if (!read) return tl::unexpected(read.error());
  if (!plan_read) return tl::unexpected(plan_read.error());
  for (const auto& index : indexes) {
    auto found = index.find();
    if (!found) return tl::unexpected(found.error());
    state.newest.push_back(std::move(found->newest));
  }
  return state;
}

Result<void> write_record(const Site& site, const kafka::ProducerRecord& record) {
  auto producer = kafka::Producer::connect(site.client);
  if (!producer) return tl::unexpected(producer.error());
  std::optional<Error> failed;
  const auto sent = producer->produce(record, [&](const Result<kafka::Delivery>& delivery) {
    if (!delivery) failed = delivery.error();
  });
  if (!sent) return tl::unexpected(sent.error());
  if (auto flushed = producer->flush(kReplayTimeout); !flushed) return flushed;
  if (failed) return tl::unexpected(*failed);
  return {};
}

Result<void> write_control(Site& site, const ControlRecord& record) {
  const auto topic = TopicNames::of(site.prefix, std::string(kLiveGeneration)).control;
  if (!site.has_topic(topic)) {
    return fail("there is no topic " + topic, "start wardpulse-consumer once: it makes the topics");
  }
  const auto json = encode_control(record);
  kafka::ProducerRecord out;
  out.topic = topic;
  out.partition = kafka::murmur2_partition(kControlKey, site.topics.at(topic));
  out.key = kControlKey;
  out.value = json;
  if (auto written = write_record(site, out); !written) return written;
  site.control = record;
  return {};
}

} // namespace wardpulse::consumer
