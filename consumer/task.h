// One partition number: the fold, its refused records, its published cells and its checkpoints. No Kafka, no clock, no
// thread: records and times come in through calls, writes go out through the Outbox.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/partition_state.h"
#include "consumer/checkpoint_index.h"
#include "consumer/checkpoint_writer.h"
#include "consumer/heartbeat.h"
#include "consumer/idle.h"
#include "consumer/mart_outbox.h"
#include "consumer/ports.h"
#include "consumer/publisher.h"
#include "consumer/rejected_outbox.h"
#include "consumer/time_index.h"
#include "consumer/topic_names.h"
#include "consumer/topic_offsets.h"

namespace wardpulse::consumer {

struct TaskSettings {
  aggregator::Definition definition;
  std::string definition_json;
  std::string definition_digest;
  std::string cluster_id;
  TopicNames names;
  std::int32_t partitions = 0; // of each input topic; 0: not known
  bool accept_data_loss = false;
  std::size_t part_raw_bytes = kPartRawBytes; // of a checkpoint, before compression; tests want several
  // Of the switch that put this generation in force (ControlRecord.number): a checkpoint of before it finds other rows
  // in the marts' topics than its own.
  std::int64_t marts_switch = 0;
  // All rows of one partition number that are in the marts' topics; empty: there are none but this generation's.
  using TakeRow = std::function<void(const MartSpec& mart, std::string_view key)>;
  std::function<Result<void>(std::int32_t partition, const TakeRow& take)> read_rows;
  OwnWindows own_windows;
  std::vector<TopicOffsets> begin; // a replay: where to start when there is no checkpoint, by partition; empty: the log
};

// Input logs of one partition number; nullopt: topic not in use.
using LogRanges = std::array<std::optional<kafka::Watermarks>, kTopicCount>;

struct TaskCounts { // since this task began in this process
  std::array<std::int64_t, kTopicCount> consumed{};
  std::array<std::int64_t, kTopicCount> brought{}; // consumed, and no heartbeat of our own
  std::array<std::int64_t, kTopicCount> applied{};
  std::array<std::int64_t, kRejectReasonCount> rejected{};
  std::int64_t duplicate = 0;
  std::int64_t released = 0; // held before, applied now
  std::int64_t late = 0;
  std::int64_t misplaced = 0; // in another partition than the one of their key

  TaskCounts& operator+=(const TaskCounts& other);
};

class Task {
 public:
  // REQUIRES: settings and outbox outlive the task.
  Task(std::int32_t partition, const TaskSettings& settings, Outbox& outbox, Now now);
  std::int32_t partition() const { return partition_; }

  // --- start: first both logs are read back and an epoch is claimed (task_start.h), then restore() ------------------
  CheckpointIndex& checkpoints() { return index_; }
  Publisher& publisher() { return publisher_; }
  void observe_cell(const SideRecord& record); // of the partition of aggregates
  void set_claim(Claim claim);
  bool superseded() const { return epoch_ != 0 && index_.highest_epoch() > epoch_; } // another owner has claimed since
  // Newest whole checkpoint, or the log's start when there is none. Error, with the remedy, when the log is not the one
  // that the checkpoint and the published cells speak of.
  Result<void> restore(const LogRanges& logs);
  // Where to begin reading: one record early when there is a record to compare with the checkpoint.
  std::int64_t start_position(Topic topic) const;
  // Stop before these offsets (--until-end).
  void set_ends(const TopicOffsets& ends) {
    ends_ = ends;
    has_ends_ = true;
  }

  // --- running ------------------------------------------------------------------------------------------------------
  void prefetch(std::string_view key, int step) const { state_.prefetch(key, step); }
  void on_record(const aggregator::LogRecord& record);
  void on_partition_end(Topic topic, std::int64_t offset);
  void tick(Duration now); // after a batch of records
  const std::optional<Error>& failure() const { return failure_; }
  bool reached_ends() const;
  bool reached_end(Topic topic) const;

  // Writes what changed; `all_idle`: as if no topic had more to come. False when it has to wait.
  bool publish(Now now, bool all_idle);
  // Begun where the log begins by now: before cells are shown, a checkpoint has to say so. Without it the next owner could not tell
  // whether what is gone was counted.
  bool waits_for_checkpoint() const { return checkpoint_first_ && !writer_.last(); }
  bool checkpoint_due() const { return (changed_ || may_replace_rows()) && !writer_.busy(); }
  // Of the state, since the last checkpoint was begun.
  std::int64_t changed_entries() const { return static_cast<std::int64_t>(state_.changed_entries()); }
  void begin_checkpoint();
  CheckpointWriter::Progress step_checkpoint();
  bool checkpointing() const { return writer_.busy(); }
  // Nothing is waiting to be acknowledged.
  bool settled() const;

  const TopicOffsets& next_offsets() const { return next_; }
  const TopicOffsets& ends() const { return ends_; }
  const aggregator::PartitionState& state() const { return state_; }
  const CheckpointWriter& checkpoint_writer() const { return writer_; }
  TaskCounts counts() const;

 private:
  Result<void> check_definition(const Manifest& manifest) const;
  Result<void> adopt(const Manifest& manifest);
  Result<void> check_logs(const Manifest& manifest, const LogRanges& logs);
  Result<void> check_no_checkpoint(const LogRanges& logs) const;
  Result<void> check_range(const LogRanges& logs) const;
  Result<void> check_published(const LogRanges& logs) const;
  void start_afresh(const LogRanges& logs);
  void on_early_record(const aggregator::LogRecord& record);
  void on_another_log(int topic);
  bool is_misplaced(std::string_view key) const;
  void send_rejected();
  bool may_replace_rows() const { return marts_switch_ != settings_.marts_switch && all_cells_given_; }
  void replace_rows();
  void send_heartbeats(Duration now);
  bool in_use(int topic) const { return settings_.definition.topics[topic]; }
  std::string topic_place(int topic) const; // "wardpulse.billing partition 3"

  const std::int32_t partition_;
  const TaskSettings& settings_;
  Outbox& outbox_;
  aggregator::PartitionState state_;
  CheckpointIndex index_;
  CheckpointWriter writer_;
  Publisher publisher_;
  RejectedOutbox rejected_outbox_;
  MartOutbox marts_;
  std::vector<aggregator::RejectedRecord> rejected_; // of the record being applied; reused
  std::int64_t marts_switch_ = 0;    // since which the rows are this generation's, as the last checkpoint has it
  bool all_cells_given_ = false;     // to marts_, since the start
  std::map<std::string, std::string, std::less<>> taken_over_days_; // by key: cells that are rows, of windows not our own
  // What the checkpoint under way covers:
  std::uint64_t checkpoint_mark_ = 0;              // refused records before this one
  std::size_t rows_due_ = 0, rows_at_once_ = 0;    // of patients, which may have moved on meanwhile

  const Time started_at_;
  std::int64_t epoch_ = 0; // 0: not claimed yet
  TopicOffsets next_ = no_offsets();
  TopicOffsets read_from_ = no_offsets();
  TopicOffsets end_seen_ = no_offsets(); // latest announced end of each log
  TopicOffsets ends_;
  bool has_ends_ = false;
  bool checkpoint_first_ = false;
  std::array<std::uint64_t, kTopicCount> last_record_{};
  std::array<TimeIndex, kTopicCount> time_index_;
  std::array<bool, kTopicCount> compare_first_{}; // the next record must be the last one of the checkpoint
  std::array<IdleTracker, kTopicCount> idle_;
  std::array<Duration, kTopicCount> heartbeat_at_{};
  bool changed_ = false; // since the last checkpoint was begun
  std::optional<Error> failure_;
  TaskCounts counts_;
  aggregator::Counters counters_at_start_;
};

} // namespace wardpulse::consumer
