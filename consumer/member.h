// What one member of the group does with the partitions it is given: starts tasks, feeds them, publishes and
// checkpoints them on time, lets them go. Single-threaded, and knows Kafka only through its ports.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "consumer/ports.h"
#include "consumer/task.h"
#include "consumer/task_start.h"

namespace wardpulse::consumer {

inline constexpr std::int64_t kFarBehind = 1'000'000; // records of lag; then checkpoints are made less often
inline constexpr Duration kFarBehindCheckpointInterval = std::chrono::seconds{30};
// Who is behind publishes as much more seldom: what is older than the work that waits gains little by being shown at once, and
// costs the time that the work needs. So many records of lag are taken for a second's work, up to the longest pause.
inline constexpr std::int64_t kRecordsPerSecond = 200'000;
inline constexpr Duration kBehindPublishInterval = std::chrono::seconds{5};
// Publishing takes at most half of the time: when a publication was long, the next one comes later; but never so
// much later: the first one after a large state was taken over says all there is, and may take half a minute.
inline constexpr int kPublishShare = 2;
inline constexpr Duration kMostPublishPause = std::chrono::seconds{5};
// What changed is collected for a checkpoint in one go. One that comes before its time waits until as many times as long as the
// last one stopped processing have passed.
inline constexpr int kCollectShare = 8;
// A task that was superseded waits this long for the group to take its partition away.
inline constexpr Duration kSupersededPatience = std::chrono::seconds{30};
inline constexpr Duration kTakeOverPatience = std::chrono::minutes{4}; // below max.poll.interval.ms

struct MemberSettings {
  Duration publish_interval = std::chrono::milliseconds{100};
  Duration checkpoint_interval = std::chrono::seconds{5};
  // When so many entries of a partition's state have changed, or as many as the member has records of lag, a checkpoint is made
  // before its time: they are collected in one go, and processing stops meanwhile.
  std::int64_t checkpoint_entries = 10'000;
  std::vector<TopicOffsets> ends; // --until-end: where to stop, by partition number; empty: never
  std::string name;               // unique to this member
  bool publish_at_end_only = false; // a replay: nobody looks before it is whole
};

class Member {
 public:
  // REQUIRES: all outlive the member.
  Member(const TaskSettings& task_settings, const MemberSettings& settings, const StartPorts& ports);

  // --- the group's decisions ----------------------------------------------------------------------------------------
  // Takes over all partition numbers of the list. Gives the positions to read from.
  Result<std::vector<kafka::TopicPartition>> assigned(const std::vector<kafka::TopicPartition>& partitions);
  // Checkpoints, waits for the acknowledgements, lets go. False when the time was not enough, or there is no use in waiting: then
  // the next owner starts from the checkpoint before. kAll publishes first what is missing, as if all topics were idle.
  enum class Parting { kPlain, kAll };
  bool release(Duration limit, Parting parting, const std::function<bool()>& is_hopeless = [] { return false; });
  void discard(); // the partitions belong to somebody else already

  // --- the log ------------------------------------------------------------------------------------------------------
  // Of a record that is on its way: see PartitionState.
  void prefetch(std::int32_t partition, std::string_view key, int step) {
    if (const auto* task = find(partition)) task->prefetch(key, step);
  }
  void on_record(std::int32_t partition, const aggregator::LogRecord& record) {
    if (auto* task = find(partition)) task->on_record(record);
    has_news_ = true;
  }
  void on_partition_end(std::int32_t partition, Topic topic, std::int64_t offset);
  // After each batch of records: acknowledgements, publications and checkpoints that are due, a bounded piece of each.
  Result<void> tick();
  // How long it can wait for tick(): until what the records changed may be published.
  Duration patience() const { return has_news_ ? until_publication(ports_.clock.now()) : Duration::max(); }
  void set_lag(std::int64_t records) { lag_ = records; }

  // Every task has worked up to its end (--until-end). Between two assignments nothing is known: what this member let go may
  // come back to it.
  bool reached_ends() const;
  bool checkpointing() const;

  // Group offsets of the checkpoints written since the last call: what lag tools may be told.
  std::vector<kafka::TopicPartition> take_commits();

  // --- figures ------------------------------------------------------------------------------------------------------
  const Tasks& tasks() const { return tasks_; }
  TaskCounts counts() const; // tasks that left included
  std::int64_t checkpoint_failures() const;
  std::optional<Time> checkpoint_time() const { return checkpoint_time_; } // of the last one
  std::vector<Duration> take_checkpoint_durations() { return std::exchange(checkpoint_durations_, {}); }
  std::vector<Duration> take_publish_durations() { return std::exchange(publish_durations_, {}); }

 private:
  struct Pace {
    Duration next_checkpoint{};
    Duration checkpoint_began{};
    std::optional<Duration> superseded_at;
    bool reading_cells = false; // the partition of aggregates is being read again
  };

  Task* find(std::int32_t partition) {
    const auto i = static_cast<std::size_t>(partition);
    return i < by_partition_.size() ? by_partition_[i] : nullptr;
  }
  Result<std::vector<std::int32_t>> partition_numbers(const std::vector<kafka::TopicPartition>& partitions) const;
  Result<void> take_over(const std::vector<std::int32_t>& numbers);
  Result<void> follow_side_log();
  Result<void> reread_cells(std::size_t i);
  Duration publish_interval() const;
  std::int64_t publish_slot(Time wall) const { return wall.time_since_epoch() / settings_.publish_interval; }
  Duration left_of_slot(Time wall) const { return settings_.publish_interval - wall.time_since_epoch() % settings_.publish_interval; }
  Duration until_publication(Now now) const; // zero: it is due
  // False: not all could be published, or `enough` broke it off between two tasks.
  bool publish(bool all_idle, const std::function<bool()>& enough);
  bool wants_checkpoint(std::size_t i, Duration now) const;
  void begin_checkpoint(std::size_t i, Duration now);
  void begin_one_checkpoint();
  void step_checkpoint(std::size_t i, Now now);
  void stop_superseded(std::size_t i, Duration now);
  Duration checkpoint_interval() const;
  Result<void> check_tasks(Duration now) const;

  const TaskSettings& task_settings_;
  const MemberSettings& settings_;
  const StartPorts& ports_;
  Tasks tasks_;
  std::vector<Pace> pace_;          // of the task with the same index
  std::vector<Task*> by_partition_; // superseded tasks are not found here
  bool is_assigned_ = false;
  std::int64_t assignments_ = 0;
  std::int64_t lag_ = 0;
  Duration published_at_{}, publish_pause_{}; // the last time, and for how long at least it is the last
  std::optional<std::int64_t> published_in_;  // the interval of the clock on the wall
  bool has_news_ = false;                     // records came since
  Duration next_early_checkpoint_{};
  std::vector<kafka::TopicPartition> commits_;

  TaskCounts departed_;                  // of tasks that left
  std::int64_t checkpoint_failures_ = 0; // of tasks that left
  std::optional<Time> checkpoint_time_;
  std::vector<Duration> checkpoint_durations_, publish_durations_;
};

} // namespace wardpulse::consumer
