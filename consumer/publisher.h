// Keeps one partition of topic `aggregates` equal to what the task would show: writes cells that differ from what the
// partition holds, tombstones those that went. It knows what the partition holds: it has read it back whole before the
// first publication, and afterwards it is the only writer. A late record of a former owner, which may bury a newer
// cell, shows as a gap between the offsets of the own writes; then the gap is read and the cells are put right.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "consumer/own_windows.h"
#include "consumer/ports.h"
#include "consumer/topic_names.h"
#include "consumer/topic_offsets.h"
#include "proto/cell.h"

namespace wardpulse::consumer {

// Cells without a window speak as of the watermark: written again for a new watermark alone, but not more often than
// this.
inline constexpr Duration kWatermarkHeartbeat = std::chrono::seconds{1};
// More writes under way than this: publishing waits, changes pile up as single cells instead of as messages.
inline constexpr std::size_t kMaxCellsInFlight = 20'000;
inline constexpr std::int64_t kVersionsPerEpoch = std::int64_t{1} << 30;

class Publisher {
 public:
  // Cells that are not `own` are passed over when the partition is read back. REQUIRES: none is given to changed().
  Publisher(std::int32_t partition, const TopicNames& names, Outbox& outbox, OwnWindows own = {});

  // --- reading back -------------------------------------------------------------------------------------------------
  // Records of the partition, in the order of the log.
  void observe(const SideRecord& record);
  void reached_end(std::int64_t offset) { ledger_->position = std::max(ledger_->position, offset); }
  // Everything before it was read, or written by this publisher.
  std::int64_t position() const { return ledger_->position; }
  // Somebody else has written at position(): reading must go on there.
  bool must_read() const { return ledger_->position < ledger_->written_to; }
  // Next offsets that the state must have reached: what readers have seen must not go back.
  const TopicOffsets& needed() const { return needed_; }
  void forget_needed() { // the log they spoke of is given up
    needed_ = no_offsets();
    seen_offsets_text_.clear();
  }
  void set_epoch(std::int64_t epoch) { epoch_ = epoch; }

  // --- publishing ---------------------------------------------------------------------------------------------------
  bool may_publish(const TopicOffsets& next) const;
  // One publication: begin, then changed/removed for each cell that PartitionState::publish gives, then end.
  // begin() answers whether all cells must be given (PartitionState::mark_all_changed), because the partition's content
  // is not known to follow from this publisher's own writes.
  bool begin(Now now, const TopicOffsets& next);
  void changed(const Cell& cell);
  void removed(const std::string& cell_id);
  void end();
  std::size_t in_flight() const { return ledger_->in_flight; }

 private:
  using Hash = std::uint64_t;
  static constexpr Hash kUnknown = 0;

  struct Shown { // of a cell without a window
    Time watermark = kNever;
    Duration at{}; // steady time of the write
  };
  struct Ledger { // what delivery reports change
    std::size_t in_flight = 0;
    bool failed = false;
    std::vector<std::string> not_removed; // keys whose tombstone was given up
    std::int64_t position = 0;
    std::int64_t written_to = 0; // behind the last own write
  };

  void encode(const Cell& cell); // into json_, what is compared: neither partition nor what changes with every write
  bool up_to_date(Hash written, Hash digest, std::string_view key, const Cell& cell) const;
  std::string version_text(std::int64_t version) const;
  const std::string& watermark_text(Time watermark);
  void write(std::string_view key, const Cell& cell, Hash digest);
  void tombstone(std::string_view key);
  void tombstone_foreign();
  void send(kafka::ProducerRecord record);
  void forget_after_failure();

  const std::int32_t partition_;
  const std::string key_end_; // "|3"
  const TopicNames& names_;
  Outbox& outbox_;
  const OwnWindows own_;
  std::int64_t epoch_ = 0; // 0: not claimed yet
  TopicOffsets needed_ = no_offsets();
  std::string seen_offsets_text_; // the last observed header: all cells of a publication have the same
  // Digest of what the partition holds, by hash of the key. Should two keys share a hash, they are written more often.
  absl::flat_hash_map<Hash, Hash> written_;
  // Keys written by others, or whose removal failed, and not yet given by a publication of all cells, by hash; their texts lie one
  // after another.
  absl::flat_hash_map<Hash, std::pair<std::size_t, std::size_t>> foreign_; // start, size
  std::string foreign_texts_;
  std::unordered_map<std::string, Shown> windowless_;
  bool content_uncertain_ = true;
  std::shared_ptr<Ledger> ledger_ = std::make_shared<Ledger>();

  // Of the publication under way.
  Now now_;
  bool full_ = false;
  std::int64_t publications_ = 0;
  std::string epoch_text_, offsets_text_, json_;
  std::string version_text_, updated_text_; // that each cell's object ends with, before and behind its watermark
  Time watermark_ = kNever;                 // of the text
  std::string watermark_text_;
  std::optional<Cell> task_cell_; // the newest cell of family task: repeated as a sign of life
};

} // namespace wardpulse::consumer
