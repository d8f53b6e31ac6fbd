// Reads events from JSON lines: whole envelopes, and the two short forms.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time_zone.h"
#include "producer/imported.h"
#include "producer/input_files.h"
#include "producer/message.h"
#include "producer/rejects.h"
#include "proto/incoming.h"

namespace wardpulse::producer {

// One record to one message. Not thread-safe; reuses its buffers.
class JsonLine {
 public:
  explicit JsonLine(TimeZone zone) : reader_(std::move(zone)) {} // of times without offset in short forms

  // Why it cannot be sent, or nothing. A record that can be sent may still break a quality rule: that is for the consumer
  // to judge. With a shift, times move and what the engine does not read is left out.
  std::string read(std::string_view line, Duration shift, Message* out, LocalTimeCounts* counts);

 private:
  IncomingReader reader_;
};

Result<Imported> read_json_lines(const std::vector<std::string>& paths, const TimeZone& zone, Duration shift,
                                 InputFiles* files, Rejects* rejects);

} // namespace wardpulse::producer
