// Which generation is in force: one record in topic `control`, which consumers and the web service follow.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "kafka/client.h"
#include "proto/control_keys.h"

namespace wardpulse::consumer {

inline constexpr std::string_view kLiveGeneration = "live";

struct GenerationRef {
  std::string name{kLiveGeneration};
  std::string definition_json; // empty: not known here, that of the consumers' flags
  std::optional<Time> first_window; // older cells were taken over (own_windows.h); nullopt: all are its own
  friend bool operator==(const GenerationRef&, const GenerationRef&) = default;
};

struct ControlRecord {
  GenerationRef active;
  std::optional<GenerationRef> previous; // what a rollback goes back to
  std::int64_t number = 0;               // of switches so far, this one included
  Time at = kNever;
  friend bool operator==(const ControlRecord&, const ControlRecord&) = default;
};
std::string encode_control(const ControlRecord& record);
Result<ControlRecord> decode_control(std::string_view json);

// Reads the control topic to its end, then follows it.
class ControlFollower {
 public:
  // A topic that does not exist (yet) is one without records. REQUIRES: admin is used by nobody else meanwhile.
  static Result<ControlFollower> open(const kafka::ClientOptions& client, kafka::Admin& admin, const std::string& prefix);

  // Reads what has come, at most up to another generation; waits for the first of it. Whether there is another.
  Result<bool> poll(Duration wait = {});
  const std::optional<ControlRecord>& current() const { return current_; }
  bool is_following() const { return consumer_.has_value(); } // false: there is no such topic
  GenerationRef active() const { return current_ ? current_->active : GenerationRef{}; }

 private:
  ControlFollower() = default;
  Result<bool> take(const kafka::Record& record);

  std::optional<kafka::Consumer> consumer_; // none: there is no such topic
  std::optional<ControlRecord> current_;
};

} // namespace wardpulse::consumer
