// The ground truth of a simulated run: what a correct consumer must end with, from what the simulator knows. It never
// looks into Kafka.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "producer/hospital.h"
#include "proto/event.h"

namespace wardpulse::producer {

// What is remembered of an event between its making and its sending. Views point to constants.
struct Fact {
  EventType type{};
  VisitType visit_type{VisitType::kOther};
  Time event_time{};
  std::string_view department;
  std::string_view reason;   // visit.left
  std::string_view workflow; // type's name on topic workflow
  std::int64_t cents = 0;
  std::int64_t minutes = 0;  // since check-in: provider.seen, visit.completed
};
Fact fact_of(const Happening& happening);

class Truth {
 public:
  explicit Truth(std::int32_t partitions);

  // REQUIRES: called once per record, in the order of sending. `repeat`: the same record was sent before.
  void sent(const Fact& fact, std::string_view key, bool repeat);
  // REQUIRES: likewise. A mistake that is a record of its own; `counts` false: one that was noted with an ordinary record.
  void sent_faulty(std::string_view kind, Topic topic, bool counts);

  void sent_heartbeat(Topic topic, std::int32_t partition, Time time);

  // Totals count every event once. `hours` counts check-ins by hour and department, without those that came later than
  // the grace of hour windows (48 h) allows: each is judged against the stream time of its topic-partition, as the
  // consumer does with default settings.
  std::string json() const;

 private:
  struct Minutes {
    std::int64_t n = 0, sum = 0;
    void add(std::int64_t minutes) { ++n, sum += minutes; }
  };
  struct Totals {
    std::int64_t checkins = 0, emergency = 0, inpatient = 0, outpatient = 0;
    std::int64_t cancelled = 0, no_show = 0, completed = 0, left = 0, admissions = 0, discharges = 0;
    std::int64_t treatments = 0, treatment_cents = 0;
    Minutes wait, stay;
    void add(const Fact& fact);
  };
  static void append_totals(const Totals& totals, std::string* out);

  std::map<std::string_view, std::int64_t> by_type() const;
  bool admitted_by_hour(const Fact& fact, std::string_view key);

  std::array<std::vector<Time>, kTopicCount> stream_time_; // by partition
  std::int64_t sent_ = 0, duplicates_ = 0, faulty_ = 0;
  std::map<std::string_view, std::int64_t> faults_;
  std::array<std::int64_t, kTopicCount> sent_by_topic_{};
  std::array<std::int64_t, kEventTypeCount> by_type_{};
  std::map<std::string_view, std::int64_t> by_workflow_type_, left_;
  std::map<std::string_view, Totals> departments_;
  Totals hospital_;
  std::map<std::int64_t, std::map<std::string_view, std::int64_t>> hours_; // start in ms -> department -> check-ins
  Time first_ = kForever, last_ = kNever;
};

// Replaces the file in one step: it holds the old text or the new one, never half of it.
Result<void> write_file(const std::string& path, const std::string& text);

} // namespace wardpulse::producer
