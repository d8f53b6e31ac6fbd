// A record that goes through the whole pipe, again and again: from here into each partition number of an input topic,
// through its consumer, and back in family task, whose next offset tells that it was consumed. Its age is a measure of
// everything between, also when no patient comes for hours.
//
// It changes no number but the counts of records: its event time is earlier than any other's, so it moves no time, and its
// key keeps it from ending a feed's idleness. At most one is under way in each partition, so a standing pipe costs nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "proto/event.h"
#include "web/cell_store.h"

namespace wardpulse::web {

// One thread.
class PipeHeartbeat {
 public:
  struct Record {
    Topic topic{};
    std::int32_t partition = 0;
    std::string value; // its key is kHeartbeatKey
  };

  // Those to send now: one for each partition in which records were consumed and none is under way.
  std::vector<Record> due(const CellStore& store, Time now);
  // Where Kafka put it; nullopt: it was not delivered, and another one will be.
  void delivered(const Record& record, std::optional<std::int64_t> offset);
  // The sending of the newest one that came through, of the partition where that is longest ago. None before the first was
  // due. One that never came through counts from its sending.
  std::optional<Duration> age(const CellStore& store, Time now);

 private:
  struct Partition {
    Topic topic{};
    Time came_through{};   // sending of the newest one that did
    std::optional<Time> sent; // of the one under way
    std::optional<std::int64_t> offset; // once it is delivered
  };
  void note_arrivals(const CellStore& store);

  std::map<std::int32_t, Partition> partitions_;
};

} // namespace wardpulse::web
