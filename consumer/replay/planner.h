// From what was asked for to offsets: which records are read, which windows are rebuilt, and what is in the way.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/definition.h"
#include "consumer/replay/plan.h"
#include "consumer/replay/range.h"
#include "consumer/replay/site.h"

namespace wardpulse::consumer {

struct PlanRequest {
  std::string generation;
  aggregator::Definition definition;
  std::string from_text, to_text;
  RangeEnd from, to;
  std::optional<Duration> warm_up; // event time read before `from`; nullopt: what a visit is remembered for
  std::optional<Duration> settle;  // event time read after `to`; nullopt: until nothing changes the windows any more
};

// One input topic's partition as the planner sees it.
struct LogView {
  std::int64_t low = 0, high = 0;
};
using LogViews = std::vector<std::array<LogView, kTopicCount>>; // by partition number

// How logs are asked: the real one reads Kafka, tests bring a twin.
class LogLookup {
 public:
  virtual ~LogLookup() = default;
  struct Found {
    std::vector<TopicOffsets> offsets; // first record with an event time at or after the moment; the end without one
    bool any = false;                  // there is such a record in some partition
  };
  virtual Result<Found> by_event_time(Time time) = 0;
  virtual Result<Found> by_log_time(Time time) = 0;
  // Largest event time before each of the offsets, over all partitions; kNever: nothing is before.
  virtual Result<Time> event_time_before(const std::vector<TopicOffsets>& offsets) = 0;
};

Duration default_warm_up(const aggregator::Definition& definition);
std::optional<Duration> default_settle(const aggregator::Definition& definition); // nullopt: up to the log's end

// Errors say what is missing: ranges below the log's start, times after its end, partitions without an offset.
Result<ReplayPlan> make_plan(const PlanRequest& request, const LogViews& logs, const TopicNames& names,
                             LogLookup& lookup);

} // namespace wardpulse::consumer
