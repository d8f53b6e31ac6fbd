// The ports of ports.h, on Kafka.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "consumer/ports.h"
#include "kafka/client.h"

namespace wardpulse::consumer {

class SteadyClock : public Clock {
 public:
  Now now() override;
};

// An administrative connection for a while: an idle one costs a thousandth of a core. Connects it, unless it is.
Result<void> connect_admin(const kafka::ClientOptions& options, std::optional<kafka::Admin>* admin);

// Owns the producer. When that can no longer deliver in order it is rebuilt, and everything that was under way is
// reported as given up: whoever sent it decides whether it must be sent again.
class KafkaOutbox : public Outbox {
 public:
  static Result<std::unique_ptr<KafkaOutbox>> connect(const kafka::ClientOptions& options);

  void send(const kafka::ProducerRecord& record, Done done) override;
  void pump(Duration timeout) override;
  // On new connections: those of a session that was lost are often dead, which is only found out after another time limit.
  void reconnect();
  std::size_t in_flight() const override { return producer_ ? producer_->in_flight() : 0; }
  // Topics that do not take a record, now or later, since the last call: sending it again is of no use.
  std::vector<kafka::Refusal> take_refusals() { return producer_ ? producer_->take_refusals() : std::vector<kafka::Refusal>{}; }

 private:
  KafkaOutbox(kafka::ClientOptions options, kafka::Producer producer);
  void rebuild(const Error& why);

  kafka::ClientOptions options_;
  std::optional<kafka::Producer> producer_; // none while it cannot be rebuilt
  bool waited_in_vain_ = false;             // the queue was full for long: the next record is not waited for again
};

class KafkaSideLog : public SideLog {
 public:
  explicit KafkaSideLog(kafka::ClientOptions options) : options_(std::move(options)) {}

  Result<void> open(const std::vector<kafka::TopicPartition>& partitions) override;
  Result<SidePoll> poll(Duration timeout) override;
  Result<void> pause(const std::string& topic, std::int32_t partition) override;
  Result<void> resume(const kafka::TopicPartition& position) override;
  Result<kafka::Watermarks> watermarks(const std::string& topic, std::int32_t partition) override;
  void reconnect() { admin_.reset(); } // as that of KafkaOutbox; open() always reads on new connections

 private:
  const kafka::ClientOptions options_;
  std::optional<kafka::Admin> admin_;       // while partitions are taken over
  std::optional<kafka::Consumer> consumer_; // none while no partition is open
  kafka::PollResult last_;                  // holds the bytes of the record given out
};

} // namespace wardpulse::consumer
