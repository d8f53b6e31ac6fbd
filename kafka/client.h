// The only door to Kafka: RAII over librdkafka. No other folder includes rdkafka.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace wardpulse::kafka {

// librdkafka settings by name, passed through untouched (`-X key=value`); later entries win.
using Settings = std::vector<std::pair<std::string, std::string>>;
// Refuses, all at once and by name, what librdkafka does not know and what would break a promise of ours (acks=1,
// auto.offset.reset=latest, ...). For main, to end with kExitBadConfig; every connect checks again.
Result<void> check_settings(const Settings& settings);

struct ClientOptions {
  std::string brokers;   // "host:port[,host:port]"
  std::string client_id;
  Settings settings;     // pass-through, applied last
  std::vector<std::string> compressed_topics = {}; // what a producer sends there is compressed already, and goes as it is
};

// The same for a client that reads a whole topic as fast as it can: so many MiB of records may wait for it. With few, librdkafka
// 2.0 stands still: when its queue was full it asks for more a second later, however soon the queue is empty again.
ClientOptions reading_much(ClientOptions options, int waiting_mib);

// The same for a client that follows a topic in which little happens: it asks four times a second instead of twenty. Apache Kafka
// answers as soon as a record comes, the embedded broker only then.
ClientOptions following_little(ClientOptions options);

// The same for a client that sends as fast as it can: in larger batches, each of which costs it and the broker the same whatever is in it.
ClientOptions sending_much(ClientOptions options);

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = -1;
  friend bool operator==(const TopicPartition&, const TopicPartition&) = default;
};

struct Header {
  std::string_view name;
  std::string_view value;
};

// One consumed record. Views live as long as the Record does. REQUIRES: it dies before its consumer, and its functions
// are not called on one that was default-made or moved from.
class Record {
 public:
  Record() = default;
  Record(Record&&) noexcept;
  Record& operator=(Record&&) noexcept;
  ~Record();

  std::string_view topic() const;
  std::int32_t partition() const;
  std::int64_t offset() const;
  std::string_view key() const;
  bool has_key() const;
  std::string_view value() const;
  bool has_value() const;                     // false: tombstone
  Time timestamp() const;                     // the broker's or sender's time; kNever when the record has none
  std::vector<Header> headers() const;
  std::optional<std::string_view> header(const char* name) const; // last one of that name

 private:
  friend class Consumer;
  void* message_ = nullptr;
};

struct Watermarks {
  std::int64_t low = 0;  // first offset that can be read
  std::int64_t high = 0; // offset of the next record to be written
};

struct TopicInfo {
  std::string name;
  std::int32_t partitions = 0; // 0: exists, but some partition has no leader (yet)
};

struct NewTopic {
  std::string name;
  std::int32_t partitions = 8;
  Settings config; // "cleanup.policy" = "compact", "retention.ms" = "-1", ...
};

// Thread-safe.
class Admin {
 public:
  static Result<Admin> connect(const ClientOptions& options);
  Admin(Admin&&) noexcept;
  Admin& operator=(Admin&&) noexcept;
  ~Admin();

  Result<std::vector<TopicInfo>> topics(Duration timeout);
  // 0: no such topic. Error, retriable: not every partition has a leader, so nobody can say what is in it.
  Result<std::int32_t> partitions(const std::string& topic, Duration timeout);
  // Creates what is missing; topics that exist are left alone. Waits until all partitions have a leader.
  // The embedded broker has no admin API: it makes a topic when a client first names it, of 4 partitions and without
  // settings. That is done here, and is an error that names the topic when 4 was not the number wanted.
  Result<void> create_topics(const std::vector<NewTopic>& topics, Duration timeout);
  // Removes topics with all they hold. Error on brokers without an admin API (the embedded one).
  Result<void> delete_topics(const std::vector<std::string>& names, Duration timeout);
  Result<Watermarks> watermarks(const std::string& topic, std::int32_t partition, Duration timeout);
  // First offset whose record timestamp is >= time, per entry of `partitions` (offset is ignored on input);
  // the partition's end when there is none. Error on brokers without the look-up (the embedded one).
  Result<std::vector<TopicPartition>> offsets_for_time(std::vector<TopicPartition> partitions, Time time,
                                                       Duration timeout);
  Result<std::string> cluster_id(Duration timeout);

 private:
  struct Impl;
  explicit Admin(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

enum class AssignmentChange { kAssigned, kRevoked, kLost };

// `partitions` of every topic. Called from within poll(), on the polling thread. On kAssigned the callback returns the
// positions to start at (same partitions, offsets filled in; a partition left out is not read); the returned list is
// ignored for the others. It must not throw, and may call the consumer's commit() and close nothing.
using RebalanceCallback =
    std::function<std::vector<TopicPartition>(AssignmentChange change, const std::vector<TopicPartition>& partitions)>;

struct GroupOptions {
  std::string group;
  std::string instance_id; // empty: dynamic membership
  std::vector<std::string> topics;
};

struct PollResult {
  enum class Kind { kRecord, kPartitionEnd, kTimeout } kind = Kind::kTimeout;
  Record record;      // kRecord
  TopicPartition at;  // kPartitionEnd: caught up at this offset
};

// One thread at a time. auto commit off, auto.offset.reset=error, check.crcs on, partition EOF events on.
class Consumer {
 public:
  // Group membership, eager range assignment. What is assigned is not paused, whatever it was before.
  static Result<Consumer> join(const ClientOptions& options, const GroupOptions& group, RebalanceCallback on_rebalance);
  // No group: reads exactly the given positions. `offset` may be a real offset or kBeginning / kEnd.
  static Result<Consumer> read(const ClientOptions& options, const std::vector<TopicPartition>& positions);
  static constexpr std::int64_t kBeginning = -2;
  static constexpr std::int64_t kEnd = -1;
  static constexpr std::int64_t kGroupOffset = -1000; // where the group's own record of it says: never good enough for us

  Consumer(Consumer&&) noexcept;
  Consumer& operator=(Consumer&&) noexcept;
  ~Consumer(); // close(), bounded

  // Errors: retriable ones mean poll again (librdkafka reconnects by itself); fatal ones (a fenced instance id) end it.
  Result<PollResult> poll(Duration timeout);
  Result<void> pause(const std::vector<TopicPartition>& partitions);
  Result<void> resume(const std::vector<TopicPartition>& partitions);
  Result<void> seek(const TopicPartition& position, Duration timeout);
  // The last high watermark that a fetch brought; no network. -1 when not known yet.
  std::int64_t cached_high_watermark(const std::string& topic, std::int32_t partition) const;
  // Advisory group offsets, asynchronous.
  Result<void> commit(const std::vector<TopicPartition>& offsets);
  // Leaves the group (unless static) after the revoke callback; nothing may be called afterwards. Who still owned
  // partitions when the time ran out, or after a fatal error, hears kLost.
  Result<void> close(Duration timeout);

 private:
  struct Impl;
  explicit Consumer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct Delivery {
  std::int32_t partition = -1;
  std::int64_t offset = -1; // where Kafka put it
};
// Exactly one call per accepted record, from within poll()/flush() of the producer, or an Error when it was given up:
// at the latest from within the producer's destructor, so what the callback refers to must outlive the producer.
using DeliveryCallback = std::function<void(const Result<Delivery>&)>;
// The same for who sends very many and knows its records by number: one call for each that was produced with a number.
using DeliveryListener = std::function<void(std::int64_t number, const Result<Delivery>&)>;

struct ProducerRecord {
  std::string_view topic;
  std::int32_t partition = -1; // -1: by murmur2 of the key
  std::string_view key;        // data() == nullptr: no key
  std::string_view value;
  bool tombstone = false;      // no value
  bool borrowed = false;       // the value's bytes stay where they are until the callback: they are not copied
  std::span<const Header> headers = {};
};

enum class SendStatus { kAccepted, kQueueFull };

struct Refusal {
  std::string topic;
  Error error; // not retriable
};

// Idempotent, acks=all, murmur2_random; zstd, if the settings do not say otherwise. Bytes are copied on send, if not borrowed.
// produce() may be called from several threads, poll()/flush() from one.
class Producer {
 public:
  static Result<Producer> connect(const ClientOptions& options, DeliveryListener listener = {});
  Producer(Producer&&) noexcept;
  Producer& operator=(Producer&&) noexcept;
  ~Producer();

  // kQueueFull: call poll() and try again; nothing was taken, nor in an error. `on_delivery` may be empty.
  Result<SendStatus> produce(const ProducerRecord& record, DeliveryCallback&& on_delivery);
  // REQUIRES: a listener was given, and 0 <= number < 2^62. Nothing is allocated for it.
  Result<SendStatus> produce_numbered(const ProducerRecord& record, std::int64_t number);
  void poll(Duration timeout);           // runs delivery callbacks
  Result<void> flush(Duration timeout);  // error when records were still under way at the deadline
  std::size_t in_flight() const;
  // Set once the client can no longer deliver in order (idempotence lost): rebuild the producer.
  std::optional<Error> fatal_error() const;
  // Of each topic the first record since the last call that is not taken and never will be: no right, too large. From any thread.
  std::vector<Refusal> take_refusals();

 private:
  struct Impl;
  explicit Producer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The partition Java clients choose for this key: (murmur2(key) & 0x7fffffff) % partitions.
std::int32_t murmur2_partition(std::string_view key, std::int32_t partitions);

} // namespace wardpulse::kafka
