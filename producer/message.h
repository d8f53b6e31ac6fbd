// One event on its way to Kafka, as owned bytes.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "proto/event.h"

namespace wardpulse::producer {

struct Message {
  Topic topic{};
  EventType type{};
  Time event_time{};
  std::string key;
  std::string value; // the record's JSON
  std::int32_t partition = -1; // -1: by murmur2 of the key
};

} // namespace wardpulse::producer
