// What was read from files, all of it: an import is sorted by event time, so it is held in memory (about half a kilobyte
// an event).
#pragma once

#include <cstdint>
#include <vector>

#include "producer/field_value.h"
#include "producer/message.h"

namespace wardpulse::producer {

struct Imported {
  std::vector<Message> messages; // in the order of the files
  std::int64_t records = 0;      // rows or lines read, bad ones among them
  std::int64_t skipped = 0;      // events that a mapping's conditions left out
  LocalTimeCounts local_times;
};

} // namespace wardpulse::producer
