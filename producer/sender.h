// Sends messages to Kafka and loses none: waits when the client's queue is full, sends again what a broken client had
// not delivered, and counts what became of each.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "kafka/client.h"
#include "producer/message.h"

namespace wardpulse::producer {

// At most this many records are under way, fewer than librdkafka's queue takes; then send() waits. They are kept so that they can be sent again.
inline constexpr std::size_t kMaxUnacked = 90'000;
inline constexpr std::size_t kMaxUnackedBytes = 64 << 20;
// A record that failed for a passing reason is tried this often; a client that broke is rebuilt this often in a row
// without one delivery in between.
inline constexpr int kMaxAttempts = 5;

struct SenderCounts {
  std::int64_t sent = 0;   // accepted by send()
  std::int64_t acked = 0;  // acknowledged by Kafka
  std::int64_t failed = 0; // given up
  std::int64_t resent = 0; // tried again; the consumer drops a repeat by its event_id
  std::int64_t rebuilds = 0;
};

struct SenderOptions {
  kafka::ClientOptions client;
  std::string topic_prefix;
  // Asked while waiting; true: give up waiting. finish() is bounded by its own deadline instead.
  std::function<bool()> stop = [] { return false; };
  std::function<void(Topic, std::int64_t records)> on_acked = [](Topic, std::int64_t) {};
  std::function<void()> on_failed = [] {};
};

// One thread.
class Sender {
 public:
  static Result<std::unique_ptr<Sender>> connect(SenderOptions options);
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;
  ~Sender(); // what is under way is lost: finish() first

  // Takes the message, waiting while too much is under way. False: a stop was asked for meanwhile, and it was not taken.
  // An error means that nothing can be sent any more.
  Result<bool> send(Message&& message);
  // Lets deliveries happen for this long.
  Result<void> wait(Duration time);
  // Waits until nothing is under way. False: something still is after this long; it can be called again.
  Result<bool> finish(Duration timeout);
  const SenderCounts& counts() const { return counts_; }
  std::size_t unacked() const { return unsettled_; }

 private:
  // Beside the messages, and small: acknowledgements come when those have long left the cache.
  struct State {
    Topic topic{};
    bool settled = false; // acknowledged or given up
    std::int8_t attempts = 0;
  };

  explicit Sender(SenderOptions options);
  Result<void> connect_client();
  Result<void> step(Duration timeout); // polls, then repairs what the client reported
  void tell_acked();
  Result<bool> hand_over(std::int64_t number); // false: the client's queue is full
  Result<void> send_again();
  Result<void> rebuild(const Error& cause);
  void delivered(std::int64_t number, const Result<kafka::Delivery>& result);
  void settle(std::int64_t number, bool acked);
  void give_up(std::int64_t number, const Error& error);
  void leave(); // those in front that are settled
  std::size_t at(std::int64_t number) const { return static_cast<std::size_t>(number - first_); }
  bool is_full() const { return messages_.size() >= kMaxUnacked || bytes_ >= kMaxUnackedBytes; }

  const SenderOptions options_;
  std::array<std::string, kTopicCount> topics_;
  std::deque<Message> messages_;    // in the order of sending; those in front leave once settled. None moves: the client borrows values
  std::deque<State> states_;        // of each
  std::int64_t first_ = 0;          // number of messages_.front()
  std::size_t unsettled_ = 0;
  std::size_t bytes_ = 0;           // of the messages
  std::set<std::int64_t> again_;    // to hand over once more
  bool rebuilding_ = false;         // failures of the old client's records are not to be looked at
  int rebuilds_in_a_row_ = 0;
  int sends_since_poll_ = 0;
  SenderCounts counts_;
  std::array<std::int64_t, kTopicCount> acked_{}; // since it was told
  std::optional<kafka::Producer> client_; // last: its end runs callbacks
};

} // namespace wardpulse::producer
