// Refused records on their way to topic `rejected`: kept until Kafka has them, sent again when it refused them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aggregator/partition_state.h"
#include "consumer/ports.h"
#include "consumer/topic_names.h"

namespace wardpulse::consumer {

// Key, value and headers of contract section 2, as owned text.
struct RejectedMessage {
  std::string key;
  std::string value; // the original bytes
  std::vector<std::pair<std::string, std::string>> headers;
};
RejectedMessage make_rejected_message(const aggregator::RejectedRecord& record, std::int32_t partition,
                                      const std::string& topic);

class RejectedOutbox {
 public:
  RejectedOutbox(std::int32_t partition, const TopicNames& names, Outbox& outbox);

  void send(const aggregator::RejectedRecord& record);
  // Sends again what was given up since the last call.
  void retry();
  // Records sent so far; a checkpoint that covers them may be named only once unacknowledged_before(mark) is false.
  std::uint64_t mark() const { return next_; }
  bool unacknowledged_before(std::uint64_t mark) const;
  std::size_t unacknowledged() const { return ledger_->waiting.size(); }

 private:
  struct Ledger {
    std::map<std::uint64_t, RejectedMessage> waiting;
    std::vector<std::uint64_t> given_up;
  };
  void post(std::uint64_t number, const RejectedMessage& message);

  const std::int32_t partition_;
  const TopicNames& names_;
  Outbox& outbox_;
  std::uint64_t next_ = 0;
  std::shared_ptr<Ledger> ledger_ = std::make_shared<Ledger>();
};

} // namespace wardpulse::consumer
