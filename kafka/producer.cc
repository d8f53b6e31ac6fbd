#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include <absl/container/inlined_vector.h>

#include "base/log.h"
#include "kafka/client.h"
#include "kafka/errors.h"
#include "kafka/handles.h"
#include "kafka/settings.h"

namespace wardpulse::kafka {
namespace {

std::string sending(std::string_view topic) { return "sending a record to " + std::string(topic); }

// What travels with a record as librdkafka's per-message opaque: its callback, or its number, in an odd "address".
using Pending = std::unique_ptr<DeliveryCallback>;
void* opaque_of(std::int64_t number) { return reinterpret_cast<void*>(static_cast<std::uintptr_t>(number) << 1 | 1); }
bool is_number(const void* opaque) { return (reinterpret_cast<std::uintptr_t>(opaque) & 1) != 0; }
std::int64_t number_of(const void* opaque) { return static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(opaque) >> 1); }

Result<Delivery> outcome_of(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) return Delivery{message.partition, message.offset};
  return tl::unexpected(make_error(message.err, sending(rd_kafka_topic_name(message.rkt))));
}

// What will never be taken, by topic. One that a broker does not know may be one that it does not know yet, after its start.
class Refusals {
 public:
  void note(std::string_view topic, rd_kafka_resp_err_t code, const Error& error) {
    if (error.retriable || error.fatal || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) return;
    const std::lock_guard lock(mutex_);
    const auto is_known = std::any_of(all_.begin(), all_.end(), [&](const Refusal& known) { return known.topic == topic; });
    if (!is_known) all_.push_back({std::string(topic), error});
  }
  std::vector<Refusal> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(all_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<Refusal> all_;
};

// Whom the delivery reports reach.
struct Told {
  explicit Told(DeliveryListener who) : listener(std::move(who)) {}
  const DeliveryListener listener;
  Refusals refusals;
};

void on_delivery_report(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) noexcept {
  auto& told = *static_cast<Told*>(opaque);
  const auto outcome = outcome_of(*message);
  if (!outcome) told.refusals.note(rd_kafka_topic_name(message->rkt), message->err, outcome.error());
  if (is_number(message->_private)) {
    told.listener(number_of(message->_private), outcome);
  } else if (const Pending callback(static_cast<DeliveryCallback*>(message->_private)); callback != nullptr) {
    (*callback)(outcome);
  } else if (!outcome) {
    log_error("record not delivered", {{"error", outcome.error().text()}});
  }
}

// librdkafka takes a null pointer for "absent", so an empty text needs an address.
void* address(std::string_view text) { return const_cast<char*>(text.data() == nullptr ? "" : text.data()); }
void* value_of(const ProducerRecord& record) { return record.tombstone ? nullptr : address(record.value); }

int flags_of(const ProducerRecord& record) { return record.borrowed ? 0 : RD_KAFKA_MSG_F_COPY; }

rd_kafka_resp_err_t send_plain(rd_kafka_topic_t* topic, const ProducerRecord& record, void* opaque) {
  const bool is_taken = rd_kafka_produce(topic, record.partition, flags_of(record), value_of(record), record.value.size(), record.key.data(),
                                         record.key.size(), opaque) == 0;
  return is_taken ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
}

rd_kafka_resp_err_t send_with_headers(rd_kafka_t* client, rd_kafka_topic_t* topic, const ProducerRecord& record, void* opaque) {
  absl::InlinedVector<rd_kafka_vu_t, 9> arguments; // so many for a cell: with three headers
  const auto add = [&](rd_kafka_vtype_t type) -> auto& {
    arguments.push_back({});
    arguments.back().vtype = type;
    return arguments.back().u;
  };
  add(RD_KAFKA_VTYPE_RKT).rkt = topic;
  add(RD_KAFKA_VTYPE_PARTITION).i32 = record.partition;
  add(RD_KAFKA_VTYPE_MSGFLAGS).i = flags_of(record);
  add(RD_KAFKA_VTYPE_OPAQUE).ptr = opaque;
  add(RD_KAFKA_VTYPE_KEY).mem = {const_cast<char*>(record.key.data()), record.key.size()};
  add(RD_KAFKA_VTYPE_VALUE).mem = {value_of(record), record.value.size()};
  absl::InlinedVector<std::string, 3> names; // zero-terminated
  for (const Header& header : record.headers) names.emplace_back(header.name);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string_view value = record.headers[i].value;
    add(RD_KAFKA_VTYPE_HEADER).header = {names[i].c_str(), address(value), static_cast<ssize_t>(value.size())};
  }
  const ErrorHandle error(rd_kafka_produceva(client, arguments.data(), arguments.size()));
  return error == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(error.get());
}

} // namespace

struct Producer::Impl {
  Impl(std::unique_ptr<Told> those_told, ClientHandle handle, std::vector<std::string> topics_compressed)
      : told(std::move(those_told)), client(std::move(handle)), compressed_topics(std::move(topics_compressed)) {}
  const std::unique_ptr<Told> told; // the client has its address
  const ClientHandle client;
  const std::vector<std::string> compressed_topics;
  std::mutex mutex;
  std::map<std::string, TopicHandle, std::less<>> topics;

  // Met for the first time, its leaders are asked for at once: librdkafka does so for a handle, but for a topic that a record
  // names only once a second.
  rd_kafka_topic_t* topic(std::string_view name) {
    const std::lock_guard lock(mutex);
    const auto known = topics.find(name);
    if (known != topics.end()) return known->second.get();
    TopicConfHandle conf(rd_kafka_default_topic_conf_dup(client.get()));
    if (std::find(compressed_topics.begin(), compressed_topics.end(), name) != compressed_topics.end()) {
      rd_kafka_topic_conf_set(conf.get(), "compression.type", "none", nullptr, 0);
    }
    TopicHandle made(rd_kafka_topic_new(client.get(), std::string(name).c_str(), conf.release())); // which takes it in any case
    return made == nullptr ? nullptr : topics.emplace(name, std::move(made)).first->second.get();
  }

  Result<SendStatus> produce(const ProducerRecord& record, void* opaque) {
    rd_kafka_topic_t* const to = topic(record.topic);
    if (to == nullptr) return tl::unexpected(make_error(rd_kafka_last_error(), sending(record.topic)));
    const auto code = record.headers.empty() ? send_plain(to, record, opaque) : send_with_headers(client.get(), to, record, opaque);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return SendStatus::kAccepted;
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return SendStatus::kQueueFull;
    if (code == RD_KAFKA_RESP_ERR__FATAL) return tl::unexpected(fatal_error_of(client.get()));
    auto error = make_error(code, sending(record.topic));
    told->refusals.note(record.topic, code, error);
    return tl::unexpected(std::move(error));
  }

  // Every record that was accepted gets its callback, also those given up here.
  ~Impl() {
    constexpr int kPurgeMs = 1000;
    if (rd_kafka_outq_len(client.get()) == 0) return;
    rd_kafka_purge(client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(client.get(), kPurgeMs);
  }
};

Producer::Producer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Producer::Producer(Producer&&) noexcept = default;
Producer& Producer::operator=(Producer&&) noexcept = default;
Producer::~Producer() = default;

Result<Producer> Producer::connect(const ClientOptions& options, DeliveryListener listener) {
  auto conf = make_conf(options, Role::kProducer);
  if (!conf) return tl::unexpected(conf.error());
  auto told = std::make_unique<Told>(std::move(listener));
  rd_kafka_conf_set_opaque(conf->get(), told.get());
  rd_kafka_conf_set_dr_msg_cb(conf->get(), on_delivery_report);
  auto client = make_client(std::move(*conf), Role::kProducer);
  if (!client) return tl::unexpected(client.error());
  return Producer(std::make_unique<Impl>(std::move(told), std::move(*client), options.compressed_topics));
}

Result<SendStatus> Producer::produce(const ProducerRecord& record, DeliveryCallback&& on_delivery) {
  Pending pending = on_delivery ? std::make_unique<DeliveryCallback>(std::move(on_delivery)) : nullptr;
  const auto status = impl_->produce(record, pending.get());
  if (status == SendStatus::kAccepted) static_cast<void>(pending.release()); // on_delivery_report() takes it back
  else if (pending != nullptr) on_delivery = std::move(*pending);
  return status;
}

Result<SendStatus> Producer::produce_numbered(const ProducerRecord& record, std::int64_t number) { return impl_->produce(record, opaque_of(number)); }

void Producer::poll(Duration timeout) { rd_kafka_poll(impl_->client.get(), timeout_ms(timeout)); }

Result<void> Producer::flush(Duration timeout) {
  const rd_kafka_resp_err_t code = rd_kafka_flush(impl_->client.get(), timeout_ms(timeout));
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return tl::unexpected(make_error(
      code, "waiting for the broker to acknowledge",
      std::to_string(in_flight()) + " records were still under way after " + format_duration(timeout)));
}

std::size_t Producer::in_flight() const { return static_cast<std::size_t>(rd_kafka_outq_len(impl_->client.get())); }

std::vector<Refusal> Producer::take_refusals() { return impl_->told->refusals.take(); }

std::optional<Error> Producer::fatal_error() const {
  char text[8];
  if (rd_kafka_fatal_error(impl_->client.get(), text, sizeof text) == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  return fatal_error_of(impl_->client.get());
}

} // namespace wardpulse::kafka
