// A small log under the test's control: events as JSON at their places in the four topics, folded without Kafka.
#pragma once

#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "aggregator/partition_state.h"

namespace wardpulse::aggregator {

struct Written {
  Time broker_time{};
  std::string value;
};
using Log = std::array<std::vector<Written>, kTopicCount>;
using Offsets = std::array<std::int64_t, kTopicCount>;

// "2026-11-21T" + "13:41" + ":00Z"; a text with a T is taken as it is.
Time at(std::string_view text);

// Event JSON: `more` is appended members, e.g. R"("department":"Emergency")".
std::string event(std::string_view type, std::string_view id, Time time, std::string_view patient, std::string_view visit,
                  std::string_view more = {});

// Folds whole logs or parts of them. Every outcome is counted; the published cells are kept as a reader would hold them.
class Ward {
 public:
  explicit Ward(Definition definition = {});

  // Appends to the log and applies at once. The broker time is the event time unless given.
  Outcome write(Topic topic, Time time, std::string value);
  Outcome checkin(std::string_view id, std::string_view time, std::string_view patient, std::string_view visit,
                  std::string_view department = "Emergency", std::string_view type = "Emergency");
  Outcome encounter(std::string_view type, std::string_view id, std::string_view time, std::string_view patient, std::string_view visit,
                    std::string_view more = {});
  Outcome heartbeat(Topic topic, std::string_view time);

  PartitionState& state() { return state_; }
  const std::vector<RejectedRecord>& rejected() const { return rejected_; }
  void publish(bool idle = true);
  // The value of a published cell as text, "absent" when the cell is not there: ward.value("department|department=Emergency|1h:2026-11-21T13:00:00Z", "checkins")
  std::string value(const std::string& cell_id, const std::string& field) const;
  std::string status(const std::string& cell_id) const;
  const std::map<std::string, Cell>& cells() const { return cells_; }

 private:
  Definition definition_;
  PartitionState state_;
  std::array<std::int64_t, kTopicCount> next_{};
  std::vector<RejectedRecord> rejected_;
  std::map<std::string, Cell> cells_;
};

std::string show(const Value& value);

// Small id space, duplicates, ties, disorder, lateness, missing departments, bad records, ids used anew.
Log random_log(std::uint64_t seed, int records);

// Applies records [state's next offsets, until) in an order drawn from `random`, keeping each topic's own order.
void fold(const Log& log, const Offsets& until, std::mt19937_64& random, PartitionState* state, std::vector<RejectedRecord>* rejected);
Offsets ends(const Log& log);
// Every cell, one JSON line each, without what is not state.
std::string all_cells_text(PartitionState& state);

} // namespace wardpulse::aggregator
