// A member with its ports, for tests: real tasks, folds and checkpoints, on a Kafka in memory.
#pragma once

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "consumer/member.h"
#include "tests/consumer/world.h"

namespace wardpulse::consumer {

inline constexpr int kPartitions = 2;

inline TaskSettings task_settings(bool accept_data_loss = false) {
  TaskSettings settings;
  settings.definition_json = settings.definition.canonical_json();
  settings.definition_digest = settings.definition.digest();
  settings.cluster_id = "cluster";
  settings.names = TopicNames::of("t", "live");
  settings.accept_data_loss = accept_data_loss;
  return settings;
}

inline std::string event(const std::string& type, int id, Time time, int patient, const std::string& more = {}) {
  return R"({"event_id":"e)" + std::to_string(id) + R"(","event_type":")" + type + R"(","event_time":")" +
         format_rfc3339(time) + R"(","patient_id":"p)" + std::to_string(patient) + R"(","visit_id":"v)" +
         std::to_string(patient) + R"(")" + more + "}";
}

// A consumer process that can die at any moment: the member, its ports, and the positions that the group gave it.
class Process {
 public:
  explicit Process(World& world, std::string name, TaskSettings settings = task_settings(),
                   std::vector<TopicOffsets> ends = {})
      : world_(world),
        outbox(world),
        side_log_(world),
        clock_(world),
        settings_(std::move(settings)),
        ports_{outbox, side_log_, clock_, [this] { return stop_asked || outbox.writes_left == 0; }} {
    member_settings_.name = std::move(name);
    member_settings_.ends = std::move(ends);
    member_.emplace(settings_, member_settings_, ports_);
  }

  Result<void> start(std::vector<std::int32_t> numbers = {0, 1}) {
    std::vector<kafka::TopicPartition> partitions;
    for (const auto& topic : settings_.names.inputs) {
      for (const auto number : numbers) partitions.push_back({topic, number});
    }
    auto positions = member_->assigned(partitions);
    if (!positions) return tl::unexpected(positions.error());
    positions_ = *positions;
    return {};
  }

  // Reads up to `records` more, topics in a random order, then ticks.
  Result<void> work(int records, std::mt19937& random) {
    for (int i = 0; i < records && !positions_.empty(); ++i) read_one(positions_[random() % positions_.size()]);
    return tick();
  }
  void read_to_end() {
    for (auto& position : positions_) {
      while (read_one(position)) {
      }
    }
  }
  Result<void> work_to_end() {
    read_to_end();
    for (int i = 0; i < 20; ++i) {
      if (auto ticked = tick(); !ticked) return ticked;
    }
    return {};
  }
  Result<void> tick() {
    world_.pass(std::chrono::milliseconds{100});
    return member_->tick();
  }
  Member& member() { return *member_; }
  MemberSettings& settings() { return member_settings_; }

 private:
  bool read_one(kafka::TopicPartition& position) {
    const auto& log = world_.log(position.topic, position.partition);
    const auto at = std::lower_bound(log.begin(), log.end(), position.offset,
                                     [](const Stored& record, std::int64_t offset) { return record.offset < offset; });
    Topic topic{};
    for (int i = 0; i < kTopicCount; ++i) {
      if (settings_.names.inputs[i] == position.topic) topic = static_cast<Topic>(i);
    }
    if (at == log.end()) {
      member_->on_partition_end(position.partition, topic, position.offset);
      return false;
    }
    member_->on_record(
        position.partition,
        {.topic = topic, .offset = at->offset, .broker_time = at->timestamp, .key = at->key, .value = *at->value});
    position.offset = at->offset + 1;
    return true;
  }

  World& world_;

 public:
  TestOutbox outbox;
  bool stop_asked = false;

 private:
  TestSideLog side_log_;
  TestClock clock_;
  TaskSettings settings_;
  MemberSettings member_settings_;
  StartPorts ports_;
  std::optional<Member> member_;
  std::vector<kafka::TopicPartition> positions_;
};

class MemberTest : public testing::Test {
 protected:
  void write(const std::string& topic, int partition, std::string value) {
    world_.append("t." + topic, partition, {0, "p", std::move(value), {}});
  }
  // Visits with a check-in and a treatment each; some records are broken or come twice.
  void write_visits(int visits) {
    for (int i = 0; i < visits; ++i, ++patient_) {
      const int partition = patient_ % kPartitions;
      const Time time = world_.now.wall - std::chrono::minutes{60} + std::chrono::seconds{patient_};
      write("checkins", partition,
            event("checkin", 2 * patient_, time, patient_, R"(,"department":"Surgery","visit_type":"Emergency")"));
      write("encounters", partition,
            event("treatment", 2 * patient_ + 1, time, patient_,
                  R"(,"department":"Surgery","treatment_code":"x","cost":1.50)"));
      if (patient_ % 5 == 0) write("encounters", partition, "{broken " + std::to_string(patient_));
      if (patient_ % 7 == 0)
        write("checkins", partition,
              event("checkin", 2 * patient_, time, patient_, R"(,"department":"Surgery","visit_type":"Emergency")"));
    }
  }
  // Cells of all partitions without what may differ from run to run.
  std::string published(World& world) {
    std::string all;
    for (int partition = 0; partition < kPartitions; ++partition) {
      for (const auto& [key, value] : world.content("t.aggregates", partition)) {
        const auto cell = decode_cell(value);
        EXPECT_TRUE(cell);
        encode_cell(*cell, {.partition = true, .histograms = true, .volatile_fields = false}, &all);
        all += '\n';
      }
    }
    return all;
  }
  // What a run without any trouble shows for the same log.
  std::string published_straight() {
    World copy = world_;
    for (int partition = 0; partition < kPartitions; ++partition) {
      copy.recreate("t.aggregates", partition);
      copy.recreate("t.checkpoints", partition);
      copy.recreate("t.rejected", partition);
    }
    Process process(copy, "straight");
    EXPECT_TRUE(process.start());
    EXPECT_TRUE(process.work_to_end());
    EXPECT_TRUE(process.member().release(std::chrono::seconds{5}, Member::Parting::kAll));
    return published(copy);
  }
  std::size_t rejected_count() {
    return world_.content("t.rejected", 0).size() + world_.content("t.rejected", 1).size();
  }

  World world_;
  int patient_ = 0;
};

} // namespace wardpulse::consumer
