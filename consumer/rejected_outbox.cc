#include "consumer/rejected_outbox.h"

#include "base/planted_bug.h"
#include "base/version.h"

namespace wardpulse::consumer {

namespace {

// A broker goes by the compressed size: one record may come that, as it is, is larger than what it lets back in.
constexpr std::size_t kMostValueBytes = 2 << 20; // as much as the inputs take
constexpr std::size_t kMostKeyBytes = 256 << 10; // stands in a header
constexpr std::size_t kMostDetailBytes = 4 << 10;

std::string start_of(std::string_view text, std::size_t most) { return std::string(text.substr(0, most)); }

} // namespace

RejectedMessage make_rejected_message(const aggregator::RejectedRecord& record, std::int32_t partition,
                                      const std::string& topic) {
  RejectedMessage message;
  const auto offset = std::to_string(record.offset);
  const auto number = std::to_string(partition);
  message.key = topic + "-" + number + "-" + offset;
  message.value = start_of(record.value, kMostValueBytes);
  auto& headers = message.headers;
  headers.emplace_back("reason", reject_reason_name(record.rejection.reason));
  headers.emplace_back("detail", start_of(record.rejection.detail, kMostDetailBytes));
  if (!record.rejection.rules.empty()) {
    headers.emplace_back("rule", rule_name(record.rejection.rules.front()));
    std::string all;
    for (const Rule rule : record.rejection.rules) all.append(all.empty() ? "" : ",").append(rule_name(rule));
    headers.emplace_back("rules", std::move(all));
  }
  headers.emplace_back("topic", topic);
  headers.emplace_back("partition", number);
  headers.emplace_back("offset", offset);
  if (record.broker_time != kNever) headers.emplace_back("timestamp", std::to_string(to_ms(record.broker_time)));
  headers.emplace_back("key", start_of(record.key, kMostKeyBytes));
  if (record.value.size() > kMostValueBytes) headers.emplace_back("cut_from", std::to_string(record.value.size()));
  // In a compacted topic a record without value would be a removal: the original's lack of one is said in a header.
  if (record.tombstone) headers.emplace_back("tombstone", "true");
  headers.emplace_back("consumer_version", version());
  return message;
}

RejectedOutbox::RejectedOutbox(std::int32_t partition, const TopicNames& names, Outbox& outbox)
    : partition_(partition), names_(names), outbox_(outbox) {}

void RejectedOutbox::send(const aggregator::RejectedRecord& record) {
  if (names_.rejected.empty()) return;
  const auto number = next_++;
  const auto& topic = names_.inputs[static_cast<int>(record.topic)];
  const auto [at, inserted] = ledger_->waiting.emplace(number, make_rejected_message(record, partition_, topic));
  post(number, at->second);
}

void RejectedOutbox::retry() {
  const auto numbers = std::exchange(ledger_->given_up, {});
  for (const auto number : numbers) {
    post(number, ledger_->waiting.at(number));
  }
}

bool RejectedOutbox::unacknowledged_before(std::uint64_t mark) const {
  if (planted(PlantedBug::kDroppedRejectedRecord)) return false;
  return !ledger_->waiting.empty() && ledger_->waiting.begin()->first < mark;
}

void RejectedOutbox::post(std::uint64_t number, const RejectedMessage& message) {
  kafka::ProducerRecord out;
  out.topic = names_.rejected;
  out.partition = partition_;
  out.key = message.key;
  out.value = message.value;
  std::vector<kafka::Header> headers;
  for (const auto& [name, value] : message.headers) headers.push_back({name, value});
  out.headers = headers;
  outbox_.send(out, [ledger = ledger_, number](const Result<kafka::Delivery>& done) {
    if (done) {
      ledger->waiting.erase(number);
    } else {
      ledger->given_up.push_back(number);
    }
  });
}

} // namespace wardpulse::consumer
