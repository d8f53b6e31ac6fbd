// Every kind of mistake that the simulator can make, through the fold: found all, and nothing else.
#include "producer/faults.h"

#include <gtest/gtest.h>

#include <map>

#include <fmt/format.h>
#include <simdjson.h>

#include "aggregator/partition_state.h"
#include "kafka/client.h"
#include "producer/simulator.h"
#include "proto/codec.h"
#include "proto/incoming.h"

namespace wardpulse::producer {
namespace {

constexpr int kPartitions = 4;

SimulatorOptions faulty(std::uint64_t seed, std::int64_t events, std::string_view faults) {
  SimulatorOptions options;
  options.hospital = {seed, *parse_rfc3339("2026-11-01T00:00:00Z"), 300};
  options.events = events;
  options.partitions = kPartitions;
  options.faults = *parse_faults(faults);
  return options;
}

// What the fold makes of a log.
struct Found {
  std::map<std::string, std::map<std::string, std::int64_t>> by_digest; // digest -> "rejected rule gender" -> records
  std::map<std::string, std::map<std::string, std::int64_t>> broken;    // rule -> "day source" -> failed, from daily quality cells
  std::map<std::string, std::string> day_of;                            // digest -> day of its event time
  std::int64_t content_differs = 0;
};

std::string verdict(const aggregator::RejectedRecord& record) {
  std::string text = "rejected " + std::string(reject_reason_name(record.rejection.reason));
  for (const Rule rule : record.rejection.rules) text.append(" ").append(rule_name(rule));
  return text;
}

Found fold(Simulator* simulator) {
  const aggregator::Definition definition;
  std::map<int, aggregator::PartitionState> states;
  std::map<std::pair<int, Topic>, std::int64_t> offsets;
  std::vector<aggregator::RejectedRecord> rejected;
  Found found;
  while (const auto sent = simulator->next()) {
    const Message& message = sent->message;
    const int partition = kafka::murmur2_partition(message.key, kPartitions);
    const auto state = states.try_emplace(partition, definition, partition).first;
    found.day_of[content_id(message.value)] = format_rfc3339(std::chrono::floor<std::chrono::days>(message.event_time));
    rejected.clear();
    const auto outcome = state->second.apply({message.topic, offsets[{partition, message.topic}]++, sent->send_at, message.key, message.value}, &rejected);
    if (outcome == aggregator::Outcome::kApplied) ++found.by_digest[content_id(message.value)]["applied"];
    if (outcome == aggregator::Outcome::kDuplicate) ++found.by_digest[content_id(message.value)]["duplicate"];
    for (const auto& one : rejected) ++found.by_digest[content_id(one.value)][verdict(one)];
  }
  for (auto& [partition, state] : states) {
    aggregator::Progress idle;
    for (auto& topic : idle) topic.idle = true;
    state.publish(idle, {[](const Cell&) {}, [](const std::string&) {}});
    found.content_differs += state.counters().content_differs;
    for (const Cell& cell : state.all_cells()) {
      std::string json;
      encode_cell(cell, {.volatile_fields = false}, &json);
      simdjson::dom::parser parser;
      const auto read = parser.parse(json).value();
      if (std::string_view(read["family"]) != "quality" || std::string_view(read["window"]["size"]) != "1d") continue;
      const std::int64_t failed = read["values"]["failed"];
      const std::string place = fmt::format("{} {}", std::string_view(read["window"]["start"]), std::string_view(read["dims"]["source"]));
      if (failed > 0) found.broken[std::string{std::string_view(read["dims"]["rule"])}][place] += failed;
    }
  }
  return found;
}

std::string expected_verdict(const simdjson::dom::element& line) {
  std::string text{std::string_view(line["outcome"])};
  if (text != "rejected") return text;
  text.append(" ").append(std::string_view(line["reason"]));
  simdjson::dom::array rules;
  if (line["rules"].get(rules) == simdjson::SUCCESS) {
    for (const auto rule : rules) text.append(" ").append(std::string_view(rule));
  }
  return text;
}

struct Score {
  std::int64_t injected = 0, hit = 0, told = 0; // told: records with this verdict, whatever they were
};

// Mistakes that leave no verdict on a record are looked for by day and source: how many are counted where they were made.
std::int64_t agreeing(const std::map<std::string, std::int64_t>& made, const std::map<std::string, std::int64_t>& found) {
  EXPECT_EQ(made, found);
  std::int64_t both = 0;
  for (const auto& [place, count] : made) {
    const auto there = found.find(place);
    if (there != found.end()) both += std::min(count, there->second);
  }
  return both;
}

TEST(Faults, EveryKindIsFoundAndNothingElse) {
  Simulator simulator(faulty(21, 60'000, "all=0.02,too_large=0.0002,discharge_after_admit=0.2,room_type=0.1"));
  Found found = fold(&simulator);
  std::map<std::string, Score> scores;
  std::map<std::string, std::string> kind_of; // verdict -> kind
  std::map<std::string, std::map<std::string, std::int64_t>> counted; // kind -> "day source" -> mistakes
  std::map<std::string, std::int64_t> repeats;                        // digest -> mistakes that are repeats
  simdjson::dom::parser parser;
  std::string_view lines = simulator.faults();
  while (!lines.empty()) {
    const std::string line(lines.substr(0, lines.find('\n')));
    lines.remove_prefix(line.size() + 1);
    const auto read = parser.parse(line).value();
    const std::string kind{std::string_view(read["kind"])}, expected = expected_verdict(read);
    Score& score = scores[kind];
    ++score.injected;
    const std::string digest{std::string_view(read["digest"])};
    if (found.by_digest[digest][expected] > 0) ++score.hit;
    if (expected == "duplicate") ++repeats[digest];
    ++counted[kind][fmt::format("{} {}", found.day_of[digest], std::string_view(read["source"]))];
    if (expected.starts_with("rejected")) kind_of[expected] = kind;
  }
  for (const auto& [digest, verdicts] : found.by_digest) {
    for (const auto& [text, count] : verdicts) {
      if (text == "duplicate") {
        EXPECT_EQ(count, repeats[digest]) << digest;
      }
      if (!text.starts_with("rejected")) continue;
      EXPECT_TRUE(kind_of.contains(text)) << text << " is no mistake that was made";
      scores[kind_of[text]].told += count;
    }
  }
  fmt::print("{:28}{:>10}{:>10}{:>10}{:>12}{:>10}\n", "kind", "injected", "found", "told", "precision", "recall");
  for (int i = 0; i < kFaultKindCount; ++i) {
    const std::string kind(fault_name(static_cast<FaultKind>(i)));
    Score& score = scores[kind];
    if (kind == "patient_exists" || kind == "out_of_sequence") score.hit = score.told = agreeing(counted[kind], found.broken[kind]);
    if (kind == "duplicate") score.told = score.hit; // each digest's repeats are compared above
    if (kind == "other_content") score.told = found.content_differs;
    fmt::print("{:28}{:>10}{:>10}{:>10}{:>12.3f}{:>10.3f}\n", kind, score.injected, score.hit, score.told,
               static_cast<double>(score.hit) / static_cast<double>(std::max<std::int64_t>(1, score.told)),
               static_cast<double>(score.hit) / static_cast<double>(std::max<std::int64_t>(1, score.injected)));
    EXPECT_GT(score.injected, 0) << kind;
    EXPECT_EQ(score.hit, score.injected) << kind;
    EXPECT_EQ(score.told, score.injected) << kind;
  }
}

TEST(Faults, LeaveTheOrdinaryTruthAsItIs) {
  const auto ordinary = [](std::string_view faults) {
    SimulatorOptions options = faulty(22, 1'000'000, faults);
    Simulator simulator(options);
    std::map<std::string, std::int64_t> ids; // of the hospital's own events
    Decoder decoder;
    for (int i = 0; i < 20'000;) {
      const auto next = simulator.next();
      const auto event = decoder.decode(next->message.topic, next->message.value);
      if (!event || !(*event)->event_id.starts_with("s")) continue;
      if (ids.emplace((*event)->event_id, to_ms((*event)->event_time)).second) ++i;
    }
    return ids;
  };
  EXPECT_EQ(ordinary(""), ordinary("gender=0.1,malformed_json=0.1,duplicate=0.1,too_late=0.1,future=0.1"));
}

TEST(Faults, TruthCountsThem) {
  Simulator simulator(faulty(23, 10'000, "gender=0.5,duplicate=0.01"));
  std::int64_t sent = 0;
  while (simulator.next()) ++sent;
  simdjson::dom::parser parser;
  const std::string json = simulator.truth().json();
  const auto truth = parser.parse(json).value();
  EXPECT_EQ(sent, 10'000);
  EXPECT_EQ(std::int64_t(truth["sent"]), sent);
  EXPECT_EQ(std::int64_t(truth["unique"]) + std::int64_t(truth["faulty"]), sent);
  EXPECT_EQ(std::int64_t(truth["faults"]["gender"]) + std::int64_t(truth["faults"]["duplicate"]), std::int64_t(truth["faulty"]));
  EXPECT_EQ(std::count(simulator.faults().begin(), simulator.faults().end(), '\n'), std::int64_t(truth["faulty"]));
}

TEST(Faults, RatesAreReadOrRefused) {
  EXPECT_EQ(parse_faults("all=0.5,gender=0")->per_million[static_cast<std::size_t>(FaultKind::kGender)], 0);
  EXPECT_EQ(parse_faults("all=0.5")->per_million[static_cast<std::size_t>(FaultKind::kTooLarge)], 5'000);
  EXPECT_FALSE(parse_faults("")->any());
  for (const char* bad : {"gender", "gender=2", "gender=x", "typo=0.1", "gender=-1", "=1"}) EXPECT_FALSE(parse_faults(bad)) << bad;
}

} // namespace
} // namespace wardpulse::producer
