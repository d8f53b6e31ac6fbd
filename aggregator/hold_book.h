// Records whose visit is not known yet, with the verdicts of their own place in the log.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "aggregator/occurrences.h"
#include "aggregator/partition_state.h"

namespace wardpulse::aggregator {

struct Held {
  Topic topic{};
  std::int64_t offset = 0;
  Time broker_time{};
  Time event_time{};
  Time stream{};        // stream time of its topic before it
  SizeMask admitted = 0;
  std::string patient_id, visit_id;
  std::string key, value; // original bytes
};
using HoldPlace = std::pair<Topic, std::int64_t>; // topic and offset

class HoldBook {
 public:
  void hold(Held record);
  bool holds(HoldPlace place) const { return held_.contains(place); }
  // Those waiting for this visit, in the order of topic and offset.
  std::vector<HoldPlace> waiting_for(std::string_view patient_id, std::string_view visit_id) const;
  const Held& at(HoldPlace place) const { return held_.at(place); }
  Held take(HoldPlace place);
  // The first whose hold has run out by `watermark`, in order of event time, topic and offset; nullopt: none.
  std::optional<HoldPlace> expired(Time watermark) const;

  std::size_t size() const { return held_.size(); }
  std::size_t bytes() const { return bytes_; }

  void write_changed(int slice, const std::function<void(const std::string& key, const std::string* value)>& sink);
  void write_all(const std::function<void(const std::string& key, const std::string& value)>& sink) const;
  static std::string entry_key(HoldPlace place);
  bool load(std::string_view key, std::string_view value);
  void finish_load();

 private:
  static std::string visit_key(std::string_view patient_id, std::string_view visit_id);
  std::map<HoldPlace, Held> held_;
  absl::flat_hash_map<std::string, std::set<HoldPlace>> by_visit_;
  std::set<std::tuple<Time, Topic, std::int64_t>> by_expiry_;
  std::set<HoldPlace> changed_; // since the last increment, whether still there or not
  std::size_t bytes_ = 0;
};

} // namespace wardpulse::aggregator
