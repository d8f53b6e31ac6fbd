// Which records were refused by a rule of late, so that one that is sent again is not counted in `quality` again.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "aggregator/leaving.h"
#include "aggregator/windows.h"
#include "proto/event.h"

namespace wardpulse::aggregator {

inline constexpr Duration kRepeatMemory = hours{24 * 31};

class RepeatBook {
 public:
  // True when this is no repeat: then it is remembered. `stream`: stream time of its topic, this record included.
  bool first(Topic topic, const Event& event, Time stream);
  // Those whose time has come are forgotten. REQUIRES: never goes back.
  void set_stream_time(Topic topic, Time stream);

  void write_changed(int slice, const std::function<void(const std::string& key, const std::string* value)>& sink);
  void write_all(const std::function<void(const std::string& key, const std::string& value)>& sink) const;
  bool load(std::string_view key, std::string_view value);
  void finish_load();

 private:
  using Digest = std::uint64_t; // of topic and ids
  struct Seen {
    Topic topic{};
    Time at{};
  };
  static Time forgotten_at(const Seen& seen) { return hour_ceil(later(seen.at, kRepeatMemory)); }
  void schedule(Digest digest, const Seen& seen) { leaving_[static_cast<std::size_t>(seen.topic)].add(forgotten_at(seen), digest); }

  absl::flat_hash_map<Digest, Seen> seen_;
  std::array<Leaving<Digest>, kTopicCount> leaving_;
  std::map<Digest, bool> changed_;                                       // since the last increment: still there or gone
};

} // namespace wardpulse::aggregator
