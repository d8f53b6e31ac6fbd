// The fold: state of one partition number = F(definition, next offset of each of its topics). Pure: no clock, thread,
// random, log or I/O. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aggregator/definition.h"
#include "proto/cell.h"
#include "proto/codec.h"
#include "proto/rejection.h"

namespace wardpulse::aggregator {

// A record at its place in the log.
struct LogRecord {
  Topic topic{};
  std::int64_t offset = 0;
  Time broker_time{};      // the record's timestamp, for `future`
  std::string_view key;
  std::string_view value;
  bool tombstone = false;  // no value
};

enum class Outcome : std::uint8_t { kApplied, kDuplicate, kHeld, kRejected };

// A refused record, ready for topic `rejected`. A held record that is refused later comes with its own coordinates.
struct RejectedRecord {
  Topic topic{};
  std::int64_t offset = 0;
  Time broker_time{};
  std::string key;
  std::string value;
  bool tombstone = false;
  Rejection rejection;
};

struct Counters { // since the log's start; part of state
  std::int64_t consumed = 0, applied = 0, duplicate = 0, rejected = 0, held = 0; // consumed = sum of the other four
  std::array<std::int64_t, kRejectReasonCount> rejected_by_reason{};
  std::int64_t late = 0;        // admitted to at least one window size and refused by at least one
  std::int64_t content_differs = 0; // duplicates whose content differed from the first
  std::int64_t occurrences_ignored = 0;
  friend bool operator==(const Counters&, const Counters&) = default;
};

// What the runner knows about a topic at the moment of publishing: nothing of it enters state.
struct TopicProgress {
  bool idle = false; // caught up with the log's end and silent for 30 s
};
using Progress = std::array<TopicProgress, kTopicCount>;

// A changed entry of the state, for incremental checkpoints. `value` empty and removed=true: gone.
struct Entry {
  std::string_view key;
  std::string_view value;
  bool removed = false;
};
inline constexpr int kSliceCount = 64; // entries are spread over this many slices by hash of their key
int slice_of(std::string_view entry_key);

inline constexpr int kPrefetchSteps = 4;
inline constexpr std::size_t kPrefetchDistance = 4; // records from one step to the next

class PartitionState {
 public:
  // REQUIRES: definition outlives the state.
  PartitionState(const Definition& definition, std::int32_t partition);
  ~PartitionState();
  PartitionState(PartitionState&&) noexcept;
  PartitionState& operator=(PartitionState&&) noexcept;

  // Judges and applies one record and moves the topic's next offset to offset + 1. Refused records (this one, or held ones
  // that this one released or whose hold ran out) are appended to `rejected`.
  // REQUIRES: record.offset >= next_offset(record.topic) (compaction and aborted transactions leave gaps).
  Outcome apply(const LogRecord& record, std::vector<RejectedRecord>* rejected);

  // What a record of the patient will need is scattered over memory: to be asked for ahead, in kPrefetchSteps calls,
  // kPrefetchDistance records apart. Changes nothing.
  void prefetch(std::string_view patient_id, int step) const;

  std::int64_t next_offset(Topic topic) const; // 0 before the first record
  void set_next_offset(Topic topic, std::int64_t offset); // where the log starts; REQUIRES: nothing applied yet
  Time stream_time(Topic topic) const;         // kNever before the first
  Time log_watermark() const;                  // without the idle rule
  const Counters& counters() const;
  std::size_t patient_count() const;
  std::size_t visit_count() const;
  std::size_t cell_count() const;
  std::size_t held_bytes() const;

  // --- publishing -------------------------------------------------------------------------------------------------
  // Moves the shown watermark (never back) and gives every cell whose published form may have changed since the last
  // call: values, status, or the open / timed-out split. A cell that went comes through `removed`. Last comes the cell of family
  // task, whenever a record was consumed since. version and updated_at are left 0/kNever for the caller to fill in. The reference
  // is valid during the call only.
  struct PublishSink {
    std::function<void(const Cell&)> changed;
    std::function<void(const std::string& cell_id)> removed;
  };
  void publish(const Progress& progress, const PublishSink& sink);
  // Does beforehand what the next publish() would have to: what it gives is the same, and it takes less long.
  void get_ready_to_publish();
  // The mart's row (family patient_stats) of each patient that changed since it was given last, at most so many of them, those
  // that wait for longest first. After a restore only those that change from then on: whoever publishes rows gives all that had
  // changed when a state was saved before that state counts.
  std::size_t changed_rows() const; // how many wait
  void publish_rows(std::size_t most, const std::function<void(const Cell&)>& changed);
  // Every cell, and every patient's row, as it would be published now, in cell_less order.
  std::vector<Cell> all_cells();
  void for_each_day(const std::function<void(const Cell&)>& visit) const; // daily_kpis and department_stats
  void mark_all_changed();  // the next publish() gives all cells
  void mark_rows_changed(); // all rows wait to be given
  Time shown_watermark() const;

  // --- snapshot ---------------------------------------------------------------------------------------------------
  // Canonical bytes: equal exactly when the states are equal.
  std::string snapshot() const;
  static Result<PartitionState> restore(const Definition& definition, std::int32_t partition, std::string_view snapshot);

  // Incremental checkpoint: all entries changed since the last call with the same purpose, and every entry of `slice`.
  // The increments of kSliceCount consecutive calls with slices 0..63 (any rotation) make the state: of each key the newest entry,
  // and none that is older than the increment with the key's slice. No key comes twice in an increment.
  void write_increment(int slice, const std::function<void(const Entry&)>& sink);
  std::size_t changed_entries() const; // patients, entities and cells, since the last increment
  // Restoring into a new state: load takes its entries, in any order, of each key the first one; finish_load makes what is derived.
  Result<void> load(std::string_view key, std::string_view value);
  Result<void> finish_load();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace wardpulse::aggregator
