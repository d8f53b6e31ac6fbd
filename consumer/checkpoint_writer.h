// Writes one checkpoint after another for one partition number, a piece at a time between records: parts, then (once
// parts and refused records are acknowledged) the manifest, then (once the manifest was read back with no higher claim
// before it) tombstones for what nothing needs any more. The last condition is what keeps a writer that was replaced
// while it slept from removing parts that its successor's chain goes on using.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "consumer/checkpoint_format.h"
#include "consumer/checkpoint_index.h"
#include "consumer/ports.h"
#include "consumer/topic_names.h"

namespace wardpulse::consumer {

// The right to write for a partition number: a record in topic `checkpoints`.
struct Claim {
  std::int64_t epoch = 0;
  std::string writer;       // unique to this assignment
  std::int64_t offset = -1; // where the claim stands in the log
};

class CheckpointWriter {
 public:
  CheckpointWriter(std::int32_t partition, const TopicNames& names, Outbox& outbox,
                   std::size_t part_raw_bytes = kPartRawBytes);

  void set_claim(Claim claim) { claim_ = std::move(claim); }
  // The chain goes on from a loaded checkpoint.
  void continue_from(Manifest loaded) { last_ = std::move(loaded); }
  const std::optional<Manifest>& last() const { return last_; } // newest that counts

  bool busy() const { return stage_ != Stage::kIdle; }
  int next_slice() const { return static_cast<int>(next_seq() % aggregator::kSliceCount); }
  // For the next increment: as much as the last one needed, and of one that was written before where there is such.
  std::string take_room();
  // `raw`: the increment made with next_slice(). `head`: what the manifest says beside epoch, seq and chain.
  // REQUIRES: not busy, claimed.
  void begin(std::string raw, Manifest head);

  enum class Progress { kWaiting, kWritten, kSuperseded };
  // Does a bounded piece of work. `rejected_done`: all refused records from before begin() are acknowledged.
  Progress step(const CheckpointIndex& index, bool rejected_done);
  std::int64_t failures() const { return failures_; } // attempts that had to be repeated

 private:
  enum class Stage { kIdle, kParts, kAcknowledge, kManifest, kWitness };
  struct Ledger {
    std::size_t acknowledged = 0;
    std::optional<std::int64_t> manifest_offset;
    bool failed = false;
  };

  std::int64_t next_seq() const { return last_ ? last_->seq + 1 : 0; }
  void restart();
  void send_part();
  void send_manifest();
  void send_tombstones(const CheckpointIndex& index);
  void send(const CheckpointKey& key, std::string_view value, bool tombstone, Outbox::Done done);
  void give_back_room();

  const std::int32_t partition_;
  const TopicNames& names_;
  Outbox& outbox_;
  const std::size_t part_raw_bytes_;
  Claim claim_;
  std::optional<Manifest> last_;
  Stage stage_ = Stage::kIdle;
  std::string raw_;
  Manifest manifest_; // under way
  std::shared_ptr<Ledger> ledger_;
  std::int64_t failures_ = 0;
  std::size_t last_bytes_ = 0;
};

} // namespace wardpulse::consumer
