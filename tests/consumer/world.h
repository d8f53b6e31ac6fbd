// A Kafka that lives in memory: topics with offsets, compaction, and the ports on top of them. The test owns time,
// decides when writes arrive, and may cut the writer off at any of them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "consumer/ports.h"

namespace wardpulse::consumer {

struct Stored {
  std::int64_t offset = 0;
  std::string key;
  std::optional<std::string> value;
  std::map<std::string, std::string> headers;
  Time timestamp{}; // of the append, unless given
};

class World {
 public:
  using Place = std::pair<std::string, std::int32_t>;

  struct Log {
    std::vector<Stored> records;
    std::int64_t low = 0, high = 0;
    std::vector<Stored>::const_iterator at(std::int64_t offset) const; // the first record from there on
  };

  std::int64_t append(std::string_view topic, std::int32_t partition, Stored record);
  Log& place(std::string_view topic, std::int32_t partition); // stays where it is
  const std::vector<Stored>& log(std::string_view topic, std::int32_t partition) { return place(topic, partition).records; }
  // What a broker never lets a client do: take records out, or change them.
  std::vector<Stored>& records(std::string_view topic, std::int32_t partition) { return place(topic, partition).records; }
  // An aborted transaction's records: offsets that nobody ever reads.
  void skip_offset(std::string_view topic, std::int32_t partition) { ++place(topic, partition).high; }
  kafka::Watermarks range(std::string_view topic, std::int32_t partition);
  void drop_before(std::string_view topic, std::int32_t partition, std::int64_t offset);
  void recreate(std::string_view topic, std::int32_t partition) { place(topic, partition) = {}; }
  // What Kafka's cleaner does: of each key the last record stays; tombstones go too, but never the last record of the
  // log.
  void compact(std::string_view topic, std::int32_t partition);
  // Live content of a compacted topic.
  std::map<std::string, std::string> content(std::string_view topic, std::int32_t partition);

  Now now{std::chrono::hours{1}, from_ms(1'800'000'000'000)};
  void pass(Duration time) {
    now.steady += time;
    now.wall += time;
  }

 private:
  // Looked up for every record: without making a string, and by what differs soonest.
  struct Less {
    using is_transparent = void;
    bool operator()(const auto& one, const auto& other) const {
      return std::tuple(one.second, one.first.size(), std::string_view(one.first)) <
             std::tuple(other.second, other.first.size(), std::string_view(other.first));
    }
  };
  std::map<Place, Log, Less> logs_;
};

class TestClock : public Clock {
 public:
  explicit TestClock(World& world) : world_(world) {}
  Now now() override { return world_.now; }

 private:
  World& world_;
};

class TestOutbox : public Outbox {
 public:
  explicit TestOutbox(World& world) : world_(world) {}

  void send(const kafka::ProducerRecord& record, Done done) override;
  void pump(Duration) override;
  std::size_t in_flight() const override { return queue_.size(); }

  std::optional<std::int64_t> writes_left; // then the process is dead: nothing is written and nobody hears of it
  bool slow = false;                       // pump() delivers a few records at most
  Duration send_takes{};                   // of the clock
  int give_up = 0;                         // so many of the next records are given up instead of written
  std::int64_t written = 0;

 private:
  struct Waiting {
    std::string topic;
    std::int32_t partition;
    Stored record;
    Done done;
  };
  Waiting take_next();

  World& world_;
  std::deque<Waiting> queue_;
  std::mt19937 random_{1}; // in order within a partition, in any order between them
};

// A polled record's views live until something is written.
class TestSideLog : public SideLog {
 public:
  explicit TestSideLog(World& world) : world_(world) {}
  Result<void> open(const std::vector<kafka::TopicPartition>& partitions) override;
  Result<SidePoll> poll(Duration timeout) override;
  Result<void> pause(const std::string& topic, std::int32_t partition) override;
  Result<void> resume(const kafka::TopicPartition& position) override;
  Result<kafka::Watermarks> watermarks(const std::string& topic, std::int32_t partition) override {
    return world_.range(topic, partition);
  }

 private:
  struct Position {
    std::string topic;
    std::int32_t partition = 0;
    const World::Log* log = nullptr;
    std::int64_t next = 0;
    bool end_told = false;
    bool paused = false;
  };
  Position& position_of(const std::string& topic, std::int32_t partition);

  World& world_;
  std::vector<Position> positions_;
};

} // namespace wardpulse::consumer
