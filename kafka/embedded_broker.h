// A Kafka broker in memory, inside this process, on loopback: librdkafka's mock cluster with one broker. For development
// and tests; everything is forgotten when it is destroyed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "kafka/client.h"

namespace wardpulse::kafka {

// What it can not do (librdkafka 2.0.2): no admin API, so topics are made here or appear with 4 partitions when a client
// names them; no look-up of offsets by time; no compaction, no retention by time; Metadata up to version 2 only. A
// partition keeps the newest 5 MiB of batches as the producer compressed them, at most 100,000 batches: older ones are
// dropped, and a consumer that was slower gets an offset-out-of-range error. A group waits 3 s for its first members and
// the members' session time-out less 1 s at each later change; static membership is not known.
// Ending it takes up to 1 s.
inline constexpr std::int64_t kEmbeddedPartitionBytes = 5 * 1024 * 1024;
inline constexpr std::int64_t kEmbeddedPartitionBatches = 100'000;
inline constexpr std::int32_t kEmbeddedAutoPartitions = 4;

// Requests whose answers can be spoilt, by Kafka's numbers for them.
enum class RequestKind : std::int16_t {
  kProduce = 0, kFetch = 1, kMetadata = 3, kOffsetCommit = 8, kJoinGroup = 11, kInitProducerId = 22,
};

class EmbeddedBroker {
 public:
  // `settings`: pass-through for the hosting client ("debug" = "mock" shows what it does).
  static Result<EmbeddedBroker> start(const Settings& settings = {});
  EmbeddedBroker(EmbeddedBroker&&) noexcept;
  EmbeddedBroker& operator=(EmbeddedBroker&&) noexcept;
  ~EmbeddedBroker(); // clients should be gone by then

  const std::string& bootstrap() const; // "127.0.0.1:41234"
  // Name and partitions only: topic settings have no meaning here. Error when one exists already.
  Result<void> create_topics(const std::vector<NewTopic>& topics);
  // As in an election: nobody serves the partition, until the broker is asked for it to be `led` again.
  Result<void> set_led(const std::string& topic, std::int32_t partition, bool led);
  // Refuses connections, as a broker that is away does, and takes them again.
  void set_reachable(bool reachable);
  // Answers this much later than it could.
  void set_delay(Duration delay);
  // The next requests of this kind are answered with these error codes of Kafka's protocol, one each, and have no effect. An
  // empty list takes back what is left.
  void fail_next(RequestKind kind, const std::vector<std::int16_t>& codes);

 private:
  struct Impl;
  explicit EmbeddedBroker(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

} // namespace wardpulse::kafka
