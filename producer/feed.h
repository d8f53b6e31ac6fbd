// Where records come from: the simulator, or files.
#pragma once

#include <optional>

#include "base/time.h"
#include "producer/message.h"

namespace wardpulse::producer {

struct Outgoing {
  Message message;
  Time send_at; // on the axis of event time; never goes back
};

class Feed {
 public:
  virtual ~Feed() = default;
  virtual std::optional<Outgoing> next() = 0;     // nullopt: no more
  virtual void stop() = 0;                        // end soon: next() gives only what has to go out still
  virtual std::optional<double> done() const = 0; // 0..1; none: without end
};

} // namespace wardpulse::producer
