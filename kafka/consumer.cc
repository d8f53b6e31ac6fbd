#include <thread>
#include <utility>

#include "base/log.h"
#include "kafka/client.h"
#include "kafka/errors.h"
#include "kafka/partition_list.h"
#include "kafka/settings.h"

namespace wardpulse::kafka {
namespace {

constexpr Duration kEndsPatience = std::chrono::seconds{2};

// What librdkafka's callbacks see of a consumer. They run on the polling thread, from within poll() and close().
struct Events {
  RebalanceCallback on_rebalance;
  std::vector<TopicPartition> assigned; // as the rebalance callback was told
  std::optional<Error> error;           // for the next poll() that has no record

  // What passes does not hide what does not.
  void note(Error another) {
    if (!error || error->retriable) error = std::move(another);
  }

  std::vector<TopicPartition> tell(AssignmentChange change, std::vector<TopicPartition> partitions) {
    auto positions = on_rebalance(change, partitions);
    assigned = change == AssignmentChange::kAssigned ? std::move(partitions) : std::vector<TopicPartition>{};
    return positions;
  }
};

void on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list,
                  void* opaque) noexcept {
  Events& events = *static_cast<Events*>(opaque);
  rd_kafka_resp_err_t done = RD_KAFKA_RESP_ERR_NO_ERROR;
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    const PartitionListHandle positions = to_list(events.tell(AssignmentChange::kAssigned, from_list(list)));
    done = rd_kafka_assign(client, positions.get());
    // librdkafka remembers who was paused, through any number of assignments.
    if (done == RD_KAFKA_RESP_ERR_NO_ERROR) done = rd_kafka_resume_partitions(client, positions.get());
  } else {
    const bool lost = rd_kafka_assignment_lost(client) != 0;
    events.tell(lost ? AssignmentChange::kLost : AssignmentChange::kRevoked, from_list(list));
    done = rd_kafka_assign(client, nullptr);
  }
  if (done != RD_KAFKA_RESP_ERR_NO_ERROR) events.note(make_error(done, "changing the assignment"));
}

void on_client_error(rd_kafka_t* client, int code, const char* reason, void* opaque) noexcept {
  Events& events = *static_cast<Events*>(opaque);
  if (code == RD_KAFKA_RESP_ERR__FATAL) events.note(fatal_error_of(client));
  else events.note(make_error(static_cast<rd_kafka_resp_err_t>(code), "consuming", reason));
}

Error record_error(rd_kafka_t* client, const rd_kafka_message_t* message) {
  if (message->err == RD_KAFKA_RESP_ERR__FATAL) return fatal_error_of(client);
  std::string doing = "consuming";
  if (message->rkt != nullptr) doing += " " + name_of(rd_kafka_topic_name(message->rkt), message->partition);
  return make_error(message->err, doing, rd_kafka_message_errstr(message));
}

// kBeginning and kEnd as the offsets they stand for now. Left to librdkafka, a new client asks for them before it knows the
// leaders, and again only half a second later. Those that nobody answers for are left to it.
void look_up_ends(rd_kafka_t* client, rd_kafka_topic_partition_list_t* positions) {
  const PartitionListHandle ends(rd_kafka_topic_partition_list_new(positions->cnt));
  for (int i = 0; i < positions->cnt; ++i) {
    const auto& position = positions->elems[i];
    if (position.offset != Consumer::kBeginning && position.offset != Consumer::kEnd) continue;
    rd_kafka_topic_partition_list_add(ends.get(), position.topic, position.partition)->offset = position.offset;
  }
  if (ends->cnt == 0) return;
  const auto code = rd_kafka_offsets_for_times(client, ends.get(), timeout_ms(kEndsPatience)); // of the times -2 and -1
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  for (int i = 0; i < ends->cnt; ++i) {
    const auto& end = ends->elems[i];
    if (end.err != RD_KAFKA_RESP_ERR_NO_ERROR || end.offset < 0) continue;
    rd_kafka_topic_partition_list_set_offset(positions, end.topic, end.partition, end.offset);
  }
}

} // namespace

struct Consumer::Impl {
  std::shared_ptr<Events> events; // outlives the client, also where that is destroyed in the background
  ClientHandle client;
  bool is_closed = false;

  ~Impl();
  Result<void> close(Duration timeout);
  static Result<std::unique_ptr<Impl>> open(const ClientOptions& options, const Settings& group,
                                            RebalanceCallback on_rebalance);
};

Result<std::unique_ptr<Consumer::Impl>> Consumer::Impl::open(const ClientOptions& options, const Settings& group,
                                                             RebalanceCallback callback) {
  auto conf = make_conf(options, Role::kConsumer, group);
  if (!conf) return tl::unexpected(conf.error());
  auto impl = std::make_unique<Impl>();
  impl->events = std::make_shared<Events>();
  if (callback) {
    rd_kafka_conf_set_rebalance_cb(conf->get(), on_rebalance);
    impl->events->on_rebalance = std::move(callback);
  }
  rd_kafka_conf_set_error_cb(conf->get(), on_client_error);
  rd_kafka_conf_set_opaque(conf->get(), impl->events.get());
  auto client = make_client(std::move(*conf), Role::kConsumer);
  if (!client) return tl::unexpected(client.error());
  impl->client = std::move(*client);
  if (const auto code = rd_kafka_poll_set_consumer(impl->client.get())) {
    return tl::unexpected(make_error(code, "starting the consumer"));
  }
  return impl;
}

// rd_kafka_consumer_close() can hang after a lost partition, so the close is asked for and waited for here.
Result<void> Consumer::Impl::close(Duration timeout) {
  if (std::exchange(is_closed, true)) return {};
  const Deadline deadline(timeout);
  const QueueHandle queue(rd_kafka_queue_new(client.get()));
  const ErrorHandle refused(rd_kafka_consumer_close_queue(client.get(), queue.get()));
  constexpr int kStepMs = 100;
  while (refused == nullptr && rd_kafka_consumer_closed(client.get()) == 0 && !deadline.passed()) {
    // Records that were fetched already come out here as well, and are dropped; rd_kafka_queue_poll_callback() would
    // abort on one.
    if (auto* record = rd_kafka_consume_queue(queue.get(), std::min(kStepMs, deadline.left_ms()))) {
      rd_kafka_message_destroy(record);
    }
  }
  // A client with a fatal error does not revoke; the owner of the partitions has to hear of it all the same.
  if (!events->assigned.empty()) events->tell(AssignmentChange::kLost, events->assigned);
  if (refused != nullptr) return tl::unexpected(make_error(refused.get(), "closing the consumer"));
  if (rd_kafka_consumer_closed(client.get()) != 0) return {};
  // Destroying would wait for what just did not come.
  std::thread([stuck = client.release(), kept = std::move(events)] {
    rd_kafka_destroy_flags(stuck, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }).detach();
  return tl::unexpected(make_error(RD_KAFKA_RESP_ERR__TIMED_OUT, "leaving the consumer group"));
}

Consumer::Impl::~Impl() {
  if (client == nullptr) return;
  constexpr Duration kCloseTimeout = std::chrono::seconds{5};
  if (const auto closed = close(kCloseTimeout); !closed) {
    log_warning("kafka consumer not closed cleanly", {{"error", closed.error().text()}});
  }
  if (client != nullptr) rd_kafka_destroy_flags(client.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

Consumer::Consumer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Consumer::Consumer(Consumer&&) noexcept = default;
Consumer& Consumer::operator=(Consumer&&) noexcept = default;
Consumer::~Consumer() = default;

Result<Consumer> Consumer::join(const ClientOptions& options, const GroupOptions& group,
                                RebalanceCallback on_rebalance) {
  Settings own = {{"group.id", group.group}};
  if (!group.instance_id.empty()) own.emplace_back("group.instance.id", group.instance_id);
  auto impl = Impl::open(options, own, std::move(on_rebalance));
  if (!impl) return tl::unexpected(impl.error());
  std::vector<TopicPartition> topics;
  for (const std::string& topic : group.topics) topics.push_back({topic, RD_KAFKA_PARTITION_UA});
  const PartitionListHandle list = to_list(topics);
  if (const auto code = rd_kafka_subscribe((*impl)->client.get(), list.get())) {
    return tl::unexpected(make_error(code, "joining group " + group.group));
  }
  return Consumer(std::move(*impl));
}

Result<Consumer> Consumer::read(const ClientOptions& options, const std::vector<TopicPartition>& positions) {
  // librdkafka wants a group id even where no group is joined; nothing is ever committed under this one.
  auto impl = Impl::open(options, {{"group.id", "wardpulse-reader"}}, nullptr);
  if (!impl) return tl::unexpected(impl.error());
  const PartitionListHandle list = to_list(positions);
  look_up_ends((*impl)->client.get(), list.get());
  if (const auto code = rd_kafka_assign((*impl)->client.get(), list.get())) {
    return tl::unexpected(make_error(code, "reading from given positions"));
  }
  return Consumer(std::move(*impl));
}

Result<PollResult> Consumer::poll(Duration timeout) {
  Events& events = *impl_->events;
  rd_kafka_message_t* message = rd_kafka_consumer_poll(impl_->client.get(), timeout_ms(timeout));
  PollResult result;
  if (message == nullptr) {
    if (events.error) return tl::unexpected(*std::exchange(events.error, std::nullopt));
    return result;
  }
  result.record.message_ = message;
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) [[likely]] {
    result.kind = PollResult::Kind::kRecord;
    return result;
  }
  if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    return tl::unexpected(record_error(impl_->client.get(), message));
  }
  result.kind = PollResult::Kind::kPartitionEnd;
  result.at = {rd_kafka_topic_name(message->rkt), message->partition, message->offset};
  result.record = Record();
  return result;
}

Result<void> Consumer::pause(const std::vector<TopicPartition>& partitions) {
  const PartitionListHandle list = to_list(partitions);
  if (const auto code = rd_kafka_pause_partitions(impl_->client.get(), list.get())) {
    return tl::unexpected(make_error(code, "pausing partitions"));
  }
  return check_entries(list.get(), "pausing");
}

Result<void> Consumer::resume(const std::vector<TopicPartition>& partitions) {
  const PartitionListHandle list = to_list(partitions);
  if (const auto code = rd_kafka_resume_partitions(impl_->client.get(), list.get())) {
    return tl::unexpected(make_error(code, "resuming partitions"));
  }
  return check_entries(list.get(), "resuming");
}

Result<void> Consumer::seek(const TopicPartition& position, Duration timeout) {
  const PartitionListHandle list = to_list({position});
  const ErrorHandle error(rd_kafka_seek_partitions(impl_->client.get(), list.get(), timeout_ms(timeout)));
  if (error != nullptr) return tl::unexpected(make_error(error.get(), "seeking"));
  return check_entries(list.get(), "seeking");
}

std::int64_t Consumer::cached_high_watermark(const std::string& topic, std::int32_t partition) const {
  std::int64_t low = -1;
  std::int64_t high = -1;
  rd_kafka_get_watermark_offsets(impl_->client.get(), topic.c_str(), partition, &low, &high);
  return std::max<std::int64_t>(high, -1);
}

Result<void> Consumer::commit(const std::vector<TopicPartition>& offsets) {
  const PartitionListHandle list = to_list(offsets);
  constexpr int kAsync = 1;
  if (const auto code = rd_kafka_commit(impl_->client.get(), list.get(), kAsync)) {
    return tl::unexpected(make_error(code, "committing group offsets"));
  }
  return {};
}

Result<void> Consumer::close(Duration timeout) { return impl_->close(timeout); }

} // namespace wardpulse::kafka
