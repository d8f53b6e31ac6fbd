// The simulated feed: the hospital's events in the order of their sending, which repeats, delays and lateness disturb.
// Pure: no clock, no I/O; the same options give the same bytes in the same order.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <queue>
#include <vector>

#include "base/time.h"
#include "producer/faults.h"
#include "producer/feed.h"
#include "producer/hospital.h"
#include "producer/random.h"
#include "producer/truth.h"

namespace wardpulse::producer {

struct Disturbance {
  std::int64_t duplicates_per_million = 0;   // of the events are sent twice
  std::int64_t out_of_order_per_million = 0; // are sent up to `out_of_order_by` after they happened
  std::int64_t late_per_million = 0;         // are sent `late_by` (and up to an hour more) after they happened
  Duration out_of_order_by = std::chrono::minutes{3};
  Duration late_by = std::chrono::hours{50}; // default: past the grace of hour windows, within that of days
};

struct SimulatorOptions {
  HospitalOptions hospital;
  Disturbance disturbance;
  FaultOptions faults;
  std::optional<std::int64_t> events; // records in all, repeats among them; none: endless
  std::int32_t partitions = 8;        // of the input topics
  // Between what is sent before this time and what is sent from then on each partition of each topic gets a heartbeat: its
  // feed is as far as this, which its last record alone would not say. None: no heartbeats.
  std::optional<Time> heartbeats_at;
};

class Simulator : public Feed {
 public:
  explicit Simulator(const SimulatorOptions& options);

  // The next record to send; nullopt at the end. What it gives counts as sent in truth().
  std::optional<Outgoing> next() override;
  // Nothing new happens from here on: next() gives what is under way, at once, and then ends.
  void stop() override { stopped_ = true; }
  std::optional<double> done() const override;
  const Truth& truth() const { return truth_; }
  // Of the mistakes among what was sent: a line of JSON each.
  const std::string& faults() const { return fault_lines_; }

 private:
  struct Pending {
    Outgoing outgoing;
    Fact fact;
    bool repeat = false;
    std::vector<FaultKind> faults; // what was noted of it
    bool is_extra = false;         // a faulty record besides what happened
    std::string event_id;
    std::string_view source;
  };
  struct Due {
    Time send_at;
    std::uint64_t order;
    std::uint32_t slot;
    bool operator>(const Due& other) const { return send_at != other.send_at ? send_at > other.send_at : order > other.order; }
  };
  bool heartbeats_are_due();
  Outgoing next_heartbeat();
  bool may_create() const { return !stopped_ && (!options_.events || created_ < *options_.events); }
  void create();
  void create_faults(const Happening& happening, const Message& made, Time send_at);
  void note_faults(const Pending& sent);
  Duration delay();
  std::uint32_t new_slot();
  void push(std::uint32_t slot);

  const SimulatorOptions options_;
  Hospital hospital_;
  Random random_; // of its own, so that disturbances do not change what happens
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::deque<Pending> pending_; // by slot
  std::vector<std::uint32_t> free_;
  Time happened_ = kNever; // up to here the hospital's events are known
  std::int64_t created_ = 0;
  std::uint64_t order_ = 0;
  bool stopped_ = false;
  bool was_history_ = false; // something was sent before heartbeats_at
  std::int32_t heartbeats_ = 0;
  Truth truth_;
  const bool has_faults_;
  Faults faults_;
  std::string fault_lines_;
  std::string text_; // of the event at hand
};

} // namespace wardpulse::producer
