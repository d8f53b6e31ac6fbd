// What a task needs from the world: somewhere to write, the derived topics to read back, and the time. The real ones
// are in kafka_ports.h; tests bring twins that live in memory. All calls come from the one thread that owns the tasks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "kafka/client.h"

namespace wardpulse::consumer {

struct Now {
  Duration steady{}; // never goes back; for intervals
  Time wall{};       // for updated_at
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Now now() = 0;
};

class Outbox {
 public:
  virtual ~Outbox() = default;
  // Told once the broker has acknowledged the record, or why it was given up. Runs from within send() or pump(), so it
  // may only note what happened; it may outlive whoever sent the record.
  using Done = kafka::DeliveryCallback;
  // Takes the record (bytes are copied). Blocks for a bounded time while the queue is full, then gives the record up.
  virtual void send(const kafka::ProducerRecord& record, Done done) = 0;
  virtual void pump(Duration timeout) = 0; // runs what is done
  virtual std::size_t in_flight() const = 0;
};

// A record of a derived topic. Views live until the next poll.
struct SideRecord {
  std::string_view topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string_view key;
  std::optional<std::string_view> value; // nullopt: tombstone
  std::optional<std::string_view> epoch_header;
  std::optional<std::string_view> offsets_header;
  std::optional<std::string_view> digest_header;
};

struct SidePoll {
  enum class Kind { kRecord, kEnd, kTimeout } kind = Kind::kTimeout;
  SideRecord record; // kRecord; for kEnd: topic, partition and the end's offset
};

// Reads partitions of the derived topics from their beginning, then follows them until told to pause.
class SideLog {
 public:
  virtual ~SideLog() = default;
  virtual Result<void> open(const std::vector<kafka::TopicPartition>& partitions) = 0; // replaces what was open
  virtual Result<SidePoll> poll(Duration timeout) = 0;
  virtual Result<void> pause(const std::string& topic, std::int32_t partition) = 0;
  virtual Result<void> resume(const kafka::TopicPartition& position) = 0; // goes on at position.offset
  virtual Result<kafka::Watermarks> watermarks(const std::string& topic, std::int32_t partition) = 0;
};

} // namespace wardpulse::consumer
