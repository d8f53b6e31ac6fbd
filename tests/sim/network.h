// What lies between the consumers and the broker: writes under way. They stay in order within a partition and arrive in
// any order between partitions; some are given up, some are given up although they arrived. The writes of a process that
// died or sleeps go on drifting, and arrive when nobody expects them any more.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/consumer/world.h"

namespace wardpulse::sim {

using consumer::Outbox;
using consumer::Stored;
using consumer::World;
using Random = std::mt19937_64;

// What `of` outcomes out of a thousand are.
struct WriteFaults {
  unsigned given_up = 0;  // not written, and the writer is told so
  unsigned ambiguous = 0; // written, but the writer is told that it was given up
};

// One producer's writes under way.
class Line {
 public:
  struct Flight {
    Stored record;
    Outbox::Done done;
  };
  struct Lane { // those to one partition
    std::string topic;
    std::int32_t partition = 0;
    std::deque<Flight> flights;
  };

  void push(std::string_view topic, std::int32_t partition, Flight flight);
  // That of any write, one as likely as the other; none of topic `away`. Null when there is no other.
  Lane* any(Random& random, const std::string& away);
  Flight take(Lane& lane);
  void clear();
  void forget_callbacks();
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  std::deque<Lane> lanes_;
  std::size_t size_ = 0;
};

class Network {
 public:
  using Observer = std::function<void(const std::string& topic, std::int32_t partition, const Stored& record)>;
  Network(World& world, Random& random, Observer observer)
      : world_(world), random_(random), observer_(std::move(observer)) {}

  std::int64_t write(const std::string& topic, std::int32_t partition, Stored record);
  bool deliver_one(Line& line); // false: nothing could arrive
  // The writer is gone (its callbacks are not run any more) or asleep.
  void set_adrift(std::shared_ptr<Line> line) { adrift_.push_back(std::move(line)); }
  void take_back(const std::shared_ptr<Line>& line) { std::erase(adrift_, line); }
  void land_one(); // of any line that drifts
  bool anything_adrift();

  WriteFaults faults;
  std::string away; // a topic whose leaders are away: what is written there stays under way
  std::map<World::Place, std::int64_t> committed; // the group's offsets
  World& world() { return world_; }
  Random& random() { return random_; }

 private:
  World& world_;
  Random& random_;
  Observer observer_;
  std::vector<std::shared_ptr<Line>> adrift_;
};

class SimOutbox : public Outbox {
 public:
  explicit SimOutbox(Network& network) : network_(network) {}
  ~SimOutbox() override { die(); }

  void send(const kafka::ProducerRecord& record, Done done) override;
  void pump(Duration timeout) override;
  std::size_t in_flight() const override { return line_->size(); }

  // So many writes arrive, then the process is dead.
  void die_after(std::int64_t writes) { writes_left_ = writes; }
  void die();
  bool is_dead() const { return dead_; }
  void sleep() { network_.set_adrift(line_); }
  void wake() { network_.take_back(line_); }

 private:
  Network& network_;
  std::shared_ptr<Line> line_ = std::make_shared<Line>();
  std::optional<std::int64_t> writes_left_;
  bool dead_ = false;
};

} // namespace wardpulse::sim
