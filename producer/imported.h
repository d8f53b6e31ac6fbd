// What was read from files, all of it: an import is sorted by event time, so it is held in memory (about half a kilobyte
// an event).
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include <boost/container/deque.hpp>

#include "producer/field_value.h"
#include "producer/message.h"

namespace wardpulse::producer {

// Many, in pieces of some hundred kilobytes: what has come already is not moved to make room.
using Messages = boost::container::deque<Message, void, boost::container::deque_options_t<boost::container::block_size<4096>>>;

struct Imported {
  Messages messages;             // in the order of the files
  std::int64_t records = 0;      // rows or lines read, bad ones among them
  std::int64_t skipped = 0;      // events that a mapping's conditions left out
  LocalTimeCounts local_times;

  // Adds what came after this, and leaves nothing of it.
  void add(Imported* next) {
    std::ranges::move(next->messages, std::back_inserter(messages));
    next->messages.clear();
    records += std::exchange(next->records, 0);
    skipped += std::exchange(next->skipped, 0);
    local_times.skipped += std::exchange(next->local_times.skipped, 0);
    local_times.repeated += std::exchange(next->local_times.repeated, 0);
  }
};

} // namespace wardpulse::producer
