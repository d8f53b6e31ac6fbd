// The bytes of a checkpoint in topic `checkpoints`.
//
//   key  <partition>/<epoch>/claim/<writer>     a writer has taken this epoch
//        <partition>/<epoch>/<seq>/<part>       a piece of increment <seq>, at most about half a MiB
//        <partition>/<epoch>/<seq>/m            manifest: names all parts that make the state, with their checksums
//
// Increment <seq> holds what changed since the one before and all entries of slice seq % kSliceCount, so that the last
// kSliceCount increments make the whole state (rolling base). Only a manifest whose parts all verify counts.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <absl/strings/string_view.h>

#include "aggregator/partition_state.h"
#include "base/result.h"
#include "consumer/time_index.h"
#include "consumer/topic_offsets.h"

namespace wardpulse::consumer {

inline constexpr int kCheckpointFormat = 5; // 1 had no time index, 2 no marts_switch, 3 no check-ins of visits that left, 4 all undecided attempts
inline constexpr std::size_t kPartRawBytes =
    500 * 1024; // before compression; keeps a part below 512 KiB whatever is in it

struct CheckpointKey {
  enum class Kind : std::uint8_t { kClaim, kPart, kManifest };
  std::int32_t partition = 0;
  std::int64_t epoch = 0;
  Kind kind{};
  std::int64_t seq = 0;  // kPart, kManifest
  std::int64_t part = 0; // kPart
  std::string writer;    // kClaim
  friend auto operator<=>(const CheckpointKey&, const CheckpointKey&) = default;

  std::string text() const;
  static std::optional<CheckpointKey> parse(std::string_view text); // nullopt: not one of ours
};

// Stands beside the checkpoints of a generation that a replay has made: the partition's cells are whole.
std::string finished_key(std::int32_t partition);

struct IncrementRef {
  std::int64_t epoch = 0; // of the writer that wrote it
  std::int64_t seq = 0;
  std::vector<std::uint64_t> part_checksums; // of part 0, 1, ...
  friend bool operator==(const IncrementRef&, const IncrementRef&) = default;
};

struct Manifest {
  std::int32_t partition = 0;
  std::int64_t epoch = 0;
  std::int64_t seq = 0;
  std::string definition_digest;
  std::string definition_json;
  std::string cluster_id;
  TopicOffsets next_offsets = no_offsets();
  // Fingerprint of the record before next_offset, so that a recreated topic is noticed; 0: no record was read yet.
  std::array<std::uint64_t, kTopicCount> last_record{};
  std::array<std::vector<TimeIndex::Entry>, kTopicCount> time_index;
  // The marts' topics are one set for all generations: the number of the switch (ControlRecord.number) since which the
  // rows are this generation's. 0: since the beginning.
  std::int64_t marts_switch = 0;
  std::vector<IncrementRef> chain; // oldest first; the last one is this checkpoint's own
  friend bool operator==(const Manifest&, const Manifest&) = default;

  CheckpointKey key() const;
};

struct BadManifest {
  std::string reason;
  bool newer_format = false; // written by a newer version of this program: never to be skipped over
};
std::string encode_manifest(const Manifest& manifest);
tl::expected<Manifest, BadManifest> decode_manifest(std::string_view bytes);

// Collects the entries of one increment as one run of bytes.
class IncrementWriter {
 public:
  // `room`: memory to write into.
  explicit IncrementWriter(int slice, std::string room = {});
  void add(const aggregator::Entry& entry);
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// The state that a chain of increments makes. They are read from the newest to the oldest. An entry is given unless it was removed
// later, or a newer increment has all entries of its key's slice; the first that is given of a key counts.
class ChainReader {
 public:
  using Load = std::function<Result<void>(std::string_view key, std::string_view value)>;
  explicit ChainReader(Load load) : load_(std::move(load)) {}
  Result<void> read(std::string_view raw); // the next older increment

 private:
  Result<void> read_entry(const aggregator::Entry& entry, int whole_slice);

  const Load load_;
  struct Slice {
    bool is_whole = false;                    // nothing older counts
    absl::flat_hash_set<std::string> removed; // keys, as long as it is not
  };
  std::array<Slice, aggregator::kSliceCount> slices_;
};

// A part: compressed piece of an increment's bytes. Compressing the same bytes again gives the same part.
std::size_t part_count(std::size_t raw_size, std::size_t part_raw_bytes = kPartRawBytes);
std::string encode_part(std::string_view raw, std::size_t index, std::size_t part_raw_bytes = kPartRawBytes);
Result<void> append_part(std::string_view part, std::string* raw); // undoes encode_part
std::uint64_t checksum(std::string_view bytes);

// Cheap identity of an input record. Never 0.
std::uint64_t record_fingerprint(std::string_view key, std::string_view value, Time timestamp);

} // namespace wardpulse::consumer
