#include "consumer/kafka_ports.h"

#include <utility>

#include "base/log.h"

namespace wardpulse::consumer {
namespace {

constexpr int kWaitingMib = 128; // of the logs that are read back at a start

constexpr Duration kQueueFullPatience = std::chrono::seconds{5};
constexpr Duration kQueueFullWait = std::chrono::milliseconds{10};
constexpr Duration kWatermarksTimeout = std::chrono::seconds{10};
constexpr Duration kSeekTimeout = std::chrono::seconds{10};

Error given_up(std::string why) {
  Error error{std::move(why), {}};
  error.retriable = true;
  return error;
}

} // namespace

Now SteadyClock::now() {
  return {std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()),
          std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())};
}

Result<void> connect_admin(const kafka::ClientOptions& options, std::optional<kafka::Admin>* admin) {
  if (*admin) return {};
  auto connected = kafka::Admin::connect(options);
  if (!connected) return tl::unexpected(connected.error());
  admin->emplace(std::move(*connected));
  return {};
}

Result<std::unique_ptr<KafkaOutbox>> KafkaOutbox::connect(const kafka::ClientOptions& options) {
  auto producer = kafka::Producer::connect(options);
  if (!producer) return tl::unexpected(producer.error());
  return std::unique_ptr<KafkaOutbox>(new KafkaOutbox(options, std::move(*producer)));
}

KafkaOutbox::KafkaOutbox(kafka::ClientOptions options, kafka::Producer producer)
    : options_(std::move(options)), producer_(std::move(producer)) {}

void KafkaOutbox::send(const kafka::ProducerRecord& record, Done done) {
  const auto patience = std::exchange(waited_in_vain_, false) ? Duration{0} : kQueueFullPatience;
  for (Duration waited{}; producer_; waited += kQueueFullWait) {
    const auto sent = producer_->produce(record, std::move(done));
    if (sent && *sent == kafka::SendStatus::kAccepted) return;
    if (!sent) {
      if (done) done(tl::unexpected(sent.error()));
      return;
    }
    if (waited >= patience) break;
    producer_->poll(kQueueFullWait);
  }
  waited_in_vain_ = producer_.has_value();
  if (done) done(tl::unexpected(given_up(producer_ ? "the send queue stayed full" : "no connection for sending")));
}

void KafkaOutbox::pump(Duration timeout) {
  if (!producer_) return rebuild(given_up("no producer"));
  producer_->poll(timeout);
  if (const auto error = producer_->fatal_error()) rebuild(*error);
}

void KafkaOutbox::reconnect() { rebuild(given_up("the group's session was lost")); }

void KafkaOutbox::rebuild(const Error& why) {
  log_warning("producer is rebuilt", {{"why", why.text()}});
  producer_.reset(); // reports what was under way as given up
  auto producer = kafka::Producer::connect(options_);
  if (producer) producer_.emplace(std::move(*producer));
}

Result<void> KafkaSideLog::open(const std::vector<kafka::TopicPartition>& partitions) {
  last_ = {};
  consumer_.reset();
  if (partitions.empty()) return {};
  auto positions = partitions;
  for (auto& position : positions) position.offset = kafka::Consumer::kBeginning;
  auto consumer = kafka::Consumer::read(kafka::following_little(kafka::reading_much(options_, kWaitingMib)), positions);
  if (!consumer) return tl::unexpected(consumer.error());
  consumer_.emplace(std::move(*consumer));
  return {};
}

Result<SidePoll> KafkaSideLog::poll(Duration timeout) {
  if (!consumer_) return SidePoll{};
  auto polled = consumer_->poll(timeout);
  if (!polled) return tl::unexpected(polled.error());
  last_ = std::move(*polled);
  SidePoll result;
  switch (last_.kind) {
    case kafka::PollResult::Kind::kTimeout: admin_.reset(); break;
    case kafka::PollResult::Kind::kPartitionEnd:
      result.kind = SidePoll::Kind::kEnd;
      result.record.topic = last_.at.topic;
      result.record.partition = last_.at.partition;
      result.record.offset = last_.at.offset;
      break;
    case kafka::PollResult::Kind::kRecord: {
      const auto& record = last_.record;
      result.kind = SidePoll::Kind::kRecord;
      result.record = {record.topic(), record.partition(),     record.offset(),          record.key(),
                       std::nullopt,   record.header("epoch"), record.header("offsets"), record.header("digest")};
      if (record.has_value()) result.record.value = record.value();
      break;
    }
  }
  return result;
}

Result<void> KafkaSideLog::pause(const std::string& topic, std::int32_t partition) {
  if (!consumer_) return {};
  return consumer_->pause({{topic, partition}});
}

Result<void> KafkaSideLog::resume(const kafka::TopicPartition& position) {
  if (!consumer_) return {};
  if (auto sought = consumer_->seek(position, kSeekTimeout); !sought) return sought;
  return consumer_->resume({position});
}

Result<kafka::Watermarks> KafkaSideLog::watermarks(const std::string& topic, std::int32_t partition) {
  if (auto connected = connect_admin(options_, &admin_); !connected) return tl::unexpected(connected.error());
  return admin_->watermarks(topic, partition, kWatermarksTimeout);
}

} // namespace wardpulse::consumer
