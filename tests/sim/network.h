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

class Network {
 public:
  using Observer = std::function<void(const std::string& topic, std::int32_t partition, const Stored& record)>;
  Network(World& world, Random& random, Observer observer)
      : world_(world), random_(random), observer_(std::move(observer)) {}

  struct Flight {
    std::string topic;
    std::int32_t partition = 0;
    Stored record;
    Outbox::Done done;
  };
  using Line = std::deque<Flight>; // one producer's

  void write(const std::string& topic, std::int32_t partition, Stored record);
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
  std::shared_ptr<Network::Line> line_ = std::make_shared<Network::Line>();
  std::optional<std::int64_t> writes_left_;
  bool dead_ = false;
};

} // namespace wardpulse::sim
