// Two generations cell by cell: merged over partitions, without version, watermark, updated_at and partition.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "consumer/topic_offsets.h"
#include "proto/cell.h"

namespace wardpulse::consumer {

// The cells of one generation as its topic holds them.
class CellSet {
 public:
  // One record of the topic, in the order of its partition. No value: the cell is gone.
  Result<void> observe(std::int32_t partition, std::string_view key, std::optional<std::string_view> value);
  // Nothing more will come of the partitions met so far: what they say is merged, which takes a fraction of the room.
  void fold();
  // No more will come: windows past their retention go, as readers of the topic drop them.
  void finish();

  struct Merged {
    Cell cell;
    std::string json; // canonical
  };
  std::optional<Merged> find(const std::string& cell_id) const; // merged when asked for: there may be many
  std::vector<std::string> ids() const;                         // sorted
  std::size_t size() const { return cells_.size(); }
  Time watermark() const; // the least of the partitions'; kNever: none is known
  // XXH3-128 over all cells in canonical order, in hex.
  std::string hash() const;

 private:
  struct Part {
    std::int64_t version = 0;
    std::string json;
  };
  Cell merge(const std::map<std::int32_t, Part>& parts) const;

  static constexpr std::int32_t kFolded = -1; // instead of a partition: the merge of several
  std::map<std::string, std::map<std::int32_t, Part>> cells_; // by cell_id, by partition
  std::map<std::int32_t, Time> watermarks_;
};

struct DiffScope { // cells outside of it are left out; nullopt: no bound
  std::optional<Time> from, to; // windows that start in [from, to)
  bool whole = true;            // false: the generation began in the middle: what sums up a whole history is left out
  std::string family;           // empty: all
};

struct CellDifference {
  enum class Kind { kChanged, kOnlyOld, kOnlyNew } kind{};
  std::string id;
  std::optional<CellSet::Merged> before, after;
  // definition · late record: of a window that the one generation had closed, or that another grace admits or refuses ·
  // newer records: of a window that was still open. Empty: not known.
  std::string why;
};

struct DiffSummary {
  struct Family {
    std::int64_t equal = 0, changed = 0, only_old = 0, only_new = 0, left_out = 0;
  };
  std::map<std::string, Family> families;
  std::string old_name, new_name, old_hash, new_hash;
  std::vector<std::string> notes; // what was left out, and why
  bool is_equal() const;
};

struct DiffInput {
  std::string name;
  const CellSet* cells = nullptr;
  std::string definition_json;
  std::vector<TopicOffsets> next_offsets; // by partition: which records it has read; empty: not known
};

struct Diff {
  DiffSummary summary;
  std::vector<CellDifference> differences; // by id
};
Diff diff_cells(const DiffInput& before, const DiffInput& after, const DiffScope& scope);

enum class DiffFormat { kTable, kJson, kCsv };
// `limit`: differences listed in a table; 0: all.
std::string render_diff(const Diff& diff, DiffFormat format, std::size_t limit);

} // namespace wardpulse::consumer
