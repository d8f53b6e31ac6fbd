#include "producer/truth.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/json_writer.h"
#include "kafka/client.h"
#include "proto/codec.h"
#include "proto/event_types.h"

namespace wardpulse::producer {
namespace {

constexpr Duration kHour = std::chrono::hours{1};
constexpr Duration kHourGrace = std::chrono::hours{48}; // the consumer's default for windows of an hour

std::int64_t hour_of(Time time) { return std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count() * kHour.count(); }

std::size_t index_of(Topic topic) { return static_cast<std::size_t>(topic); }

} // namespace

Fact fact_of(const Happening& happening) {
  const Event& event = happening.event;
  Fact fact{event.type, event.visit_type, event.event_time, happening.department, event.reason, event.type_name};
  fact.cents = event.cost_cents;
  if (happening.checked_in != kNever) {
    fact.minutes = std::chrono::floor<std::chrono::minutes>(event.event_time - happening.checked_in).count();
  }
  return fact;
}

Truth::Truth(std::int32_t partitions) {
  stream_time_.fill(std::vector<Time>(static_cast<std::size_t>(partitions), kNever));
}

void Truth::sent(const Fact& fact, std::string_view key, bool repeat) {
  const bool in_hour = admitted_by_hour(fact, key);
  ++sent_;
  ++sent_by_topic_[index_of(event_topic(fact.type))];
  if (repeat) {
    ++duplicates_;
    return;
  }
  first_ = std::min(first_, fact.event_time);
  last_ = std::max(last_, fact.event_time);
  ++(fact.type == EventType::kWorkflow ? by_workflow_type_[fact.workflow] : by_type_[static_cast<std::size_t>(fact.type)]);
  if (fact.type == EventType::kVisitLeft) ++left_[fact.reason];
  hospital_.add(fact);
  if (!fact.department.empty()) departments_[fact.department].add(fact);
  if (fact.type == EventType::kCheckin && in_hour) ++hours_[hour_of(fact.event_time)][fact.department];
}

void Truth::sent_faulty(std::string_view kind, Topic topic, bool counts) {
  ++faults_[kind];
  if (!counts) return;
  ++sent_;
  ++faulty_;
  ++sent_by_topic_[index_of(topic)];
}

void Truth::sent_heartbeat(Topic topic, std::int32_t partition, Time time) {
  ++sent_;
  ++sent_by_topic_[index_of(topic)];
  Time& stream_time = stream_time_[index_of(topic)][static_cast<std::size_t>(partition)];
  stream_time = std::max(stream_time, time);
}

bool Truth::admitted_by_hour(const Fact& fact, std::string_view key) {
  auto& partitions = stream_time_[index_of(event_topic(fact.type))];
  const auto partition = kafka::murmur2_partition(key, static_cast<std::int32_t>(partitions.size()));
  Time& stream_time = partitions[static_cast<std::size_t>(partition)];
  const bool admitted = from_ms(hour_of(fact.event_time)) + kHour + kHourGrace > stream_time;
  stream_time = std::max(stream_time, fact.event_time);
  return admitted;
}

void Truth::Totals::add(const Fact& fact) {
  switch (fact.type) {
    case EventType::kCheckin:
      ++checkins;
      ++(fact.visit_type == VisitType::kEmergency ? emergency : fact.visit_type == VisitType::kInpatient ? inpatient : outpatient);
      break;
    case EventType::kVisitCancelled: ++cancelled; break;
    case EventType::kVisitNoShow: ++no_show; break;
    case EventType::kProviderSeen:
      if (fact.minutes >= 0) wait.add(fact.minutes); // a negative duration is left out
      break;
    case EventType::kTreatment:
      ++treatments;
      treatment_cents += fact.cents;
      break;
    case EventType::kAdmission: ++admissions; break;
    case EventType::kDischarge: ++discharges; break;
    case EventType::kVisitCompleted:
      ++completed;
      stay.add(fact.minutes);
      break;
    case EventType::kVisitLeft: ++left; break;
    default: break;
  }
}

void Truth::append_totals(const Totals& totals, std::string* out) {
  JsonWriter json(out);
  const auto minutes = [&](std::string_view name, const Minutes& value) {
    json.key(name).begin_object().key("n").integer(value.n).key("sum").integer(value.sum).end_object();
  };
  json.begin_object();
  json.key("checkins").integer(totals.checkins);
  json.key("by_visit_type").begin_object();
  json.key("Emergency").integer(totals.emergency).key("Inpatient").integer(totals.inpatient);
  json.key("Outpatient").integer(totals.outpatient).end_object();
  json.key("completed").integer(totals.completed).key("cancelled").integer(totals.cancelled);
  json.key("no_show").integer(totals.no_show).key("left").integer(totals.left);
  json.key("admissions").integer(totals.admissions).key("discharges").integer(totals.discharges);
  json.key("treatments").integer(totals.treatments).key("treatment_cents").integer(totals.treatment_cents);
  minutes("wait_minutes", totals.wait);
  minutes("stay_minutes", totals.stay);
  json.end_object();
}

std::map<std::string_view, std::int64_t> Truth::by_type() const {
  std::map<std::string_view, std::int64_t> counts = by_workflow_type_;
  for (std::size_t i = 0; i < by_type_.size(); ++i) {
    if (by_type_[i] > 0) counts[event_type_spec(static_cast<EventType>(i)).name] += by_type_[i];
  }
  return counts;
}

std::string Truth::json() const {
  std::string out;
  JsonWriter json(&out);
  const auto counts = [&](std::string_view name, const std::map<std::string_view, std::int64_t>& values) {
    json.key(name).begin_object();
    for (const auto& [value, count] : values) json.key(value).integer(count);
    json.end_object();
  };
  const auto totals = [&](std::string_view name, const Totals& value) {
    std::string text;
    append_totals(value, &text);
    json.key(name).raw(text);
  };
  json.begin_object();
  json.key("sent").integer(sent_).key("unique").integer(sent_ - duplicates_ - faulty_).key("duplicates").integer(duplicates_).key("faulty").integer(faulty_);
  json.key("first_event_time").time(first_ == kForever ? kNever : first_).key("last_event_time").time(last_);
  json.key("sent_by_topic").begin_object();
  for (int i = 0; i < kTopicCount; ++i) {
    json.key(topic_name(static_cast<Topic>(i))).integer(sent_by_topic_[static_cast<std::size_t>(i)]);
  }
  json.end_object();
  counts("by_type", by_type());
  counts("left", left_);
  counts("faults", faults_);
  totals("hospital", hospital_);
  json.key("departments").begin_object();
  for (const auto& [name, value] : departments_) totals(name, value);
  json.end_object();
  json.key("hours").begin_array();
  for (const auto& [start, departments] : hours_) {
    json.begin_object().key("start").time(from_ms(start));
    counts("checkins", departments);
    json.end_object();
  }
  json.end_array().end_object();
  return out + "\n";
}

Result<void> write_file(const std::string& path, const std::string& text) {
  const std::string next = path + ".next";
  std::ofstream file(next, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(next, path, error);
  if (!file || error) return fail("cannot write " + path, "is its folder there and writable?");
  return {};
}

} // namespace wardpulse::producer
