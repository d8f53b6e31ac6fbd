#include <algorithm>
#include <map>
#include <thread>

#include "kafka/client.h"
#include "kafka/errors.h"
#include "kafka/partition_list.h"
#include "kafka/settings.h"

namespace wardpulse::kafka {
namespace {

// All topics with their number of partitions; a topic with a partition that has no leader yet counts as 0.
// Asks for the whole list and never for a topic by name: that would create it where the broker auto-creates.
Result<std::map<std::string, std::int32_t>> usable_topics(rd_kafka_t* client, const Deadline& deadline) {
  constexpr int kAllTopics = 1;
  const rd_kafka_metadata_t* answer = nullptr;
  const auto code = rd_kafka_metadata(client, kAllTopics, nullptr, &answer, deadline.left_ms());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(make_error(code, "asking the broker for its topics"));
  const MetadataHandle metadata(answer);
  std::map<std::string, std::int32_t> topics;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic& topic = metadata->topics[i];
    const bool has_leaders = std::all_of(topic.partitions, topic.partitions + topic.partition_cnt,
                                         [](const auto& partition) { return partition.leader >= 0; });
    topics[topic.topic] = topic.err == RD_KAFKA_RESP_ERR_NO_ERROR && has_leaders ? topic.partition_cnt : 0;
  }
  return topics;
}

Result<std::vector<NewTopicHandle>> to_requests(const std::vector<NewTopic>& topics) {
  constexpr int kBrokersDefault = -1; // replication factor
  std::vector<NewTopicHandle> requests;
  for (const NewTopic& topic : topics) {
    char text[512] = "";
    NewTopicHandle request(
        rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions, kBrokersDefault, text, sizeof text));
    if (request == nullptr) return fail("creating topic " + topic.name + ": " + text);
    for (const auto& [name, value] : topic.config) {
      rd_kafka_NewTopic_set_config(request.get(), name.c_str(), value.c_str());
    }
    requests.push_back(std::move(request));
  }
  return requests;
}

Result<void> check_created(rd_kafka_event_t* event) {
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    const char* detail = rd_kafka_topic_result_error_string(results[i]);
    return tl::unexpected(make_error(code, std::string("creating topic ") + rd_kafka_topic_result_name(results[i]),
                                     detail == nullptr ? "" : detail));
  }
  return {};
}

Result<void> create_by_admin(rd_kafka_t* client, const std::vector<NewTopic>& topics, const Deadline& deadline) {
  auto requests = to_requests(topics);
  if (!requests) return tl::unexpected(requests.error());
  std::vector<rd_kafka_NewTopic_t*> raw;
  for (const auto& request : *requests) raw.push_back(request.get());
  const AdminOptionsHandle options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS));
  char text[256] = "";
  rd_kafka_AdminOptions_set_request_timeout(options.get(), deadline.left_ms(), text, sizeof text);
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), deadline.left_ms(), text, sizeof text);
  const QueueHandle queue(rd_kafka_queue_new(client));
  rd_kafka_CreateTopics(client, raw.data(), raw.size(), options.get(), queue.get());
  const EventHandle event(rd_kafka_queue_poll(queue.get(), deadline.left_ms()));
  constexpr std::string_view kDoing = "creating topics";
  if (event == nullptr) return tl::unexpected(make_error(RD_KAFKA_RESP_ERR__TIMED_OUT, kDoing));
  const auto code = rd_kafka_event_error(event.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return tl::unexpected(make_error(code, kDoing, rd_kafka_event_error_string(event.get())));
  }
  return check_created(event.get());
}

// The embedded broker has no admin API, and lets such a request run into its time limit instead of refusing it.
bool is_embedded(const std::string& cluster_id) { return cluster_id.starts_with("mockCluster"); }

// Asking for a topic by name creates it where the broker auto-creates topics.
Result<void> create_by_metadata(rd_kafka_t* client, const std::vector<NewTopic>& topics, const Deadline& deadline) {
  for (const NewTopic& topic : topics) {
    const TopicHandle handle(rd_kafka_topic_new(client, topic.name.c_str(), nullptr));
    const rd_kafka_metadata_t* answer = nullptr;
    constexpr int kThisTopic = 0;
    const auto code = rd_kafka_metadata(client, kThisTopic, handle.get(), &answer, deadline.left_ms());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(make_error(code, "creating topic " + topic.name));
    const MetadataHandle metadata(answer);
  }
  return {};
}

// Until every topic has its partitions with a leader each.
Result<void> wait_until_usable(rd_kafka_t* client, const std::vector<NewTopic>& topics, const Deadline& deadline) {
  constexpr auto kBetweenLooks = std::chrono::milliseconds{20};
  while (true) {
    const auto known = usable_topics(client, deadline);
    if (!known) return tl::unexpected(known.error());
    const auto missing = std::find_if(topics.begin(), topics.end(), [&](const NewTopic& topic) {
      const auto found = known->find(topic.name);
      return found == known->end() || found->second == 0;
    });
    if (missing == topics.end()) return {};
    if (deadline.passed()) {
      return tl::unexpected(make_error(RD_KAFKA_RESP_ERR__TIMED_OUT, "waiting for the leaders of " + missing->name));
    }
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

// Auto-creation takes the broker's own number of partitions.
Result<void> check_partition_counts(rd_kafka_t* client, const std::vector<NewTopic>& topics, const Deadline& deadline) {
  const auto known = usable_topics(client, deadline);
  if (!known) return tl::unexpected(known.error());
  for (const NewTopic& topic : topics) {
    const std::int32_t count = known->at(topic.name);
    if (count == topic.partitions) continue;
    return fail("topic " + topic.name + " was made by the broker with " + std::to_string(count) +
                    " partitions instead of " + std::to_string(topic.partitions),
                "this broker takes no orders about topics: name it when starting it (wardpulse-broker --extra-topics)");
  }
  return {};
}

// A partition that was just made, or moved, is for a moment at a broker that does not know of it yet.
bool has_no_leader_yet(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION || code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
}

} // namespace

struct Admin::Impl {
  ClientHandle client;
};

Admin::Admin(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Admin::Admin(Admin&&) noexcept = default;
Admin& Admin::operator=(Admin&&) noexcept = default;
Admin::~Admin() = default;

Result<Admin> Admin::connect(const ClientOptions& options) {
  auto conf = make_conf(options, Role::kAdmin);
  if (!conf) return tl::unexpected(conf.error());
  auto client = make_client(std::move(*conf), Role::kAdmin);
  if (!client) return tl::unexpected(client.error());
  return Admin(std::make_unique<Impl>(Impl{std::move(*client)}));
}

Result<std::vector<TopicInfo>> Admin::topics(Duration timeout) {
  const auto known = usable_topics(impl_->client.get(), Deadline(timeout));
  if (!known) return tl::unexpected(known.error());
  std::vector<TopicInfo> topics;
  for (const auto& [name, partitions] : *known) topics.push_back({name, partitions});
  return topics;
}

Result<std::int32_t> Admin::partitions(const std::string& topic, Duration timeout) {
  const auto known = usable_topics(impl_->client.get(), Deadline(timeout));
  if (!known) return tl::unexpected(known.error());
  const auto found = known->find(topic);
  if (found == known->end()) return 0;
  if (found->second == 0) return tl::unexpected(make_error(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, "asking the broker for topic " + topic));
  return found->second;
}

Result<void> Admin::create_topics(const std::vector<NewTopic>& topics, Duration timeout) {
  const Deadline deadline(timeout);
  rd_kafka_t* const client = impl_->client.get();
  const auto known = usable_topics(client, deadline);
  if (!known) return tl::unexpected(known.error());
  std::vector<NewTopic> missing;
  std::copy_if(topics.begin(), topics.end(), std::back_inserter(missing),
               [&](const NewTopic& topic) { return !known->contains(topic.name); });
  if (missing.empty()) return wait_until_usable(client, topics, deadline);
  const auto cluster = cluster_id(Duration{deadline.left_ms()});
  if (!cluster) return tl::unexpected(cluster.error());
  const bool embedded = is_embedded(*cluster);
  const auto created = (embedded ? create_by_metadata : create_by_admin)(client, missing, deadline);
  if (!created) return created;
  if (auto usable = wait_until_usable(client, topics, deadline); !usable) return usable;
  return embedded ? check_partition_counts(client, missing, deadline) : Result<void>{};
}

Result<void> Admin::delete_topics(const std::vector<std::string>& names, Duration timeout) {
  const Deadline deadline(timeout);
  const auto cluster = cluster_id(timeout);
  if (!cluster) return tl::unexpected(cluster.error());
  if (is_embedded(*cluster)) return fail("the embedded broker can not remove topics", "it forgets all when it ends");
  std::vector<DeleteTopicHandle> requests;
  std::vector<rd_kafka_DeleteTopic_t*> raw;
  for (const auto& name : names) {
    requests.emplace_back(rd_kafka_DeleteTopic_new(name.c_str()));
    raw.push_back(requests.back().get());
  }
  const QueueHandle queue(rd_kafka_queue_new(impl_->client.get()));
  rd_kafka_DeleteTopics(impl_->client.get(), raw.data(), raw.size(), nullptr, queue.get());
  const EventHandle event(rd_kafka_queue_poll(queue.get(), deadline.left_ms()));
  if (event == nullptr) return tl::unexpected(make_error(RD_KAFKA_RESP_ERR__TIMED_OUT, "removing topics"));
  if (const auto code = rd_kafka_event_error(event.get())) {
    return tl::unexpected(make_error(code, "removing topics", rd_kafka_event_error_string(event.get())));
  }
  std::size_t count = 0;
  const auto* results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;
    return tl::unexpected(make_error(code, std::string("removing topic ") + rd_kafka_topic_result_name(results[i])));
  }
  return {};
}

Result<Watermarks> Admin::watermarks(const std::string& topic, std::int32_t partition, Duration timeout) {
  const Deadline deadline(timeout);
  Watermarks watermarks;
  rd_kafka_resp_err_t code{};
  do {
    code = rd_kafka_query_watermark_offsets(impl_->client.get(), topic.c_str(), partition, &watermarks.low, &watermarks.high,
                                            deadline.left_ms());
    if (has_no_leader_yet(code)) std::this_thread::sleep_for(Duration{50});
  } while (has_no_leader_yet(code) && !deadline.passed());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return watermarks;
  return tl::unexpected(make_error(code, "asking for the offsets of " + name_of(topic, partition)));
}

Result<std::vector<TopicPartition>> Admin::offsets_for_time(std::vector<TopicPartition> partitions, Time time,
                                                            Duration timeout) {
  const Deadline deadline(timeout);
  const auto cluster = cluster_id(timeout);
  if (!cluster) return tl::unexpected(cluster.error());
  // The embedded broker answers "none" to every time instead of refusing.
  if (is_embedded(*cluster)) {
    return fail("the embedded broker can not look up offsets by time",
                "use Apache Kafka: ./wardpulse broker start --real");
  }
  for (TopicPartition& entry : partitions) entry.offset = to_ms(time);
  const PartitionListHandle list = to_list(partitions);
  constexpr std::string_view kDoing = "looking up offsets by time";
  if (const auto code = rd_kafka_offsets_for_times(impl_->client.get(), list.get(), deadline.left_ms())) {
    return tl::unexpected(make_error(code, kDoing));
  }
  if (auto checked = check_entries(list.get(), kDoing); !checked) return tl::unexpected(checked.error());
  partitions = from_list(list.get());
  for (TopicPartition& entry : partitions) {
    if (entry.offset >= 0) continue; // negative: no record at or after that time
    const auto ends = watermarks(entry.topic, entry.partition, Duration{deadline.left_ms()});
    if (!ends) return tl::unexpected(ends.error());
    entry.offset = ends->high;
  }
  return partitions;
}

Result<std::string> Admin::cluster_id(Duration timeout) {
  char* const id = rd_kafka_clusterid(impl_->client.get(), timeout_ms(timeout));
  if (id == nullptr) return tl::unexpected(make_error(RD_KAFKA_RESP_ERR__TIMED_OUT, "asking for the cluster's id"));
  std::string text(id);
  rd_kafka_mem_free(impl_->client.get(), id);
  return text;
}

} // namespace wardpulse::kafka
