#include "producer/sender.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/log.h"

namespace wardpulse::producer {
namespace {

using std::chrono::steady_clock;

constexpr Duration kStep = std::chrono::milliseconds{100};
constexpr int kSendsPerPoll = 256;
constexpr std::size_t kAskAhead = 8; // messages: giving their memory back writes to it

std::size_t size_of(const Message& message) { return message.key.size() + message.value.size(); }

} // namespace

Sender::Sender(SenderOptions options) : options_(std::move(options)) {
  for (int i = 0; i < kTopicCount; ++i) {
    const auto topic = static_cast<Topic>(i);
    topics_[static_cast<std::size_t>(i)] = options_.topic_prefix + "." + std::string(topic_name(topic));
  }
}

Sender::~Sender() {
  rebuilding_ = true; // the client's end fails what is under way
  client_.reset();
}

Result<std::unique_ptr<Sender>> Sender::connect(SenderOptions options) {
  std::unique_ptr<Sender> sender(new Sender(std::move(options)));
  if (auto connected = sender->connect_client(); !connected) return tl::unexpected(connected.error());
  return sender;
}

Result<void> Sender::connect_client() {
  auto client = kafka::Producer::connect(options_.client, [this](std::int64_t number, const auto& result) { delivered(number, result); });
  if (!client) return tl::unexpected(client.error());
  client_.emplace(std::move(*client));
  return {};
}

Result<bool> Sender::send(Message&& message) {
  if (++sends_since_poll_ >= kSendsPerPoll || !again_.empty()) {
    if (auto stepped = step(Duration{0}); !stepped) return tl::unexpected(stepped.error());
  }
  while (is_full()) {
    if (options_.stop()) return false;
    if (auto stepped = step(kStep); !stepped) return tl::unexpected(stepped.error());
  }
  const std::int64_t number = first_ + static_cast<std::int64_t>(messages_.size());
  bytes_ += size_of(message);
  states_.push_back({.topic = message.topic});
  messages_.push_back(std::move(message));
  ++unsettled_;
  ++counts_.sent;
  auto taken = hand_over(number);
  if (!taken) return tl::unexpected(taken.error());
  if (!*taken) again_.insert(number); // the next steps hand it over
  return true;
}

Result<bool> Sender::hand_over(std::int64_t number) {
  const Message& message = messages_[at(number)];
  kafka::ProducerRecord record;
  record.topic = topics_[static_cast<std::size_t>(message.topic)];
  record.partition = message.partition;
  record.key = message.key;
  record.value = message.value;
  record.borrowed = true; // the message stays
  const auto status = client_->produce_numbered(record, number);
  if (status) return *status == kafka::SendStatus::kAccepted;
  if (client_->fatal_error()) {
    if (auto rebuilt = rebuild(status.error()); !rebuilt) return tl::unexpected(rebuilt.error());
  } else {
    give_up(number, status.error());
  }
  return true;
}

Result<void> Sender::wait(Duration time) {
  const auto end = steady_clock::now() + time;
  do {
    const auto left = std::chrono::ceil<Duration>(end - steady_clock::now());
    if (auto stepped = step(std::clamp(left, Duration{0}, kStep)); !stepped) return stepped;
  } while (steady_clock::now() < end && !options_.stop());
  return {};
}

Result<bool> Sender::finish(Duration timeout) {
  const auto end = steady_clock::now() + timeout;
  while (unsettled_ > 0) {
    if (steady_clock::now() >= end) return false;
    if (auto stepped = step(kStep); !stepped) return tl::unexpected(stepped.error());
  }
  return true;
}

Result<void> Sender::step(Duration timeout) {
  sends_since_poll_ = 0;
  client_->poll(timeout);
  tell_acked();
  if (const auto fatal = client_->fatal_error()) return rebuild(*fatal);
  return send_again();
}

void Sender::tell_acked() {
  for (int i = 0; i < kTopicCount; ++i) {
    const auto records = std::exchange(acked_[static_cast<std::size_t>(i)], 0);
    if (records > 0) options_.on_acked(static_cast<Topic>(i), records);
  }
}

Result<void> Sender::send_again() {
  while (!again_.empty()) {
    const std::int64_t number = *again_.begin();
    again_.erase(again_.begin());
    const auto taken = hand_over(number);
    if (!taken) return tl::unexpected(taken.error());
    if (*taken) continue;
    again_.insert(number);
    break;
  }
  return {};
}

void Sender::delivered(std::int64_t number, const Result<kafka::Delivery>& result) {
  if (result) return settle(number, true);
  // A broken client fails all its records; rebuild() hands them to the next one.
  if (rebuilding_ || client_->fatal_error()) return;
  if (!result.error().retriable || ++states_[at(number)].attempts >= kMaxAttempts) return give_up(number, result.error());
  ++counts_.resent;
  again_.insert(number);
}

void Sender::give_up(std::int64_t number, const Error& error) {
  ++counts_.failed;
  options_.on_failed();
  log_error("record given up", {{"topic", topics_[static_cast<std::size_t>(states_[at(number)].topic)]}, {"error", error.text()}});
  settle(number, false);
}

void Sender::settle(std::int64_t number, bool acked) {
  State& state = states_[at(number)];
  WP_CHECK(!state.settled);
  state.settled = true;
  --unsettled_;
  if (acked) {
    ++counts_.acked;
    rebuilds_in_a_row_ = 0;
    ++acked_[static_cast<std::size_t>(state.topic)];
  }
  leave();
}

void Sender::leave() {
  while (!states_.empty() && states_.front().settled) {
    if (messages_.size() > kAskAhead) __builtin_prefetch(messages_[kAskAhead].value.data());
    bytes_ -= size_of(messages_.front());
    messages_.pop_front();
    states_.pop_front();
    ++first_;
  }
}

Result<void> Sender::rebuild(const Error& cause) {
  if (++rebuilds_in_a_row_ > kMaxAttempts) return tl::unexpected(cause);
  ++counts_.rebuilds;
  log_warning("the Kafka client broke and is replaced", {{"error", cause.text()}, {"records_under_way", unsettled_}});
  rebuilding_ = true;
  client_.reset(); // runs the last callbacks
  rebuilding_ = false;
  if (auto connected = connect_client(); !connected) return connected;
  again_.clear();
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (!states_[i].settled) again_.insert(first_ + static_cast<std::int64_t>(i));
  }
  counts_.resent += static_cast<std::int64_t>(again_.size());
  return {};
}

} // namespace wardpulse::producer
