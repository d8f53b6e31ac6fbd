// The current cells of one generation: what each partition says, and the merge of it (docs/semantics.md, 5).
//
// Not thread-safe: one thread owns a store and hands changes in.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "proto/cell.h"
#include "web/cell_update.h"
#include "web/dim_set.h"

namespace wardpulse::web {

// Which cell within a series. Ordered by time, then by dimensions.
struct CellKey {
  Time start{}; // of the window; the epoch without one
  const DimSet* dims = nullptr;

  friend bool operator==(const CellKey&, const CellKey&) = default;
  friend bool operator<(const CellKey& a, const CellKey& b) {
    if (a.start != b.start) return a.start < b.start;
    return a.dims != b.dims && a.dims->text < b.dims->text;
  }
};

// A merged cell, as the parts it is made of.
struct StoredCell {
  std::optional<Window> window;
  std::vector<CellPart> parts; // by partition, never empty
  bool is_changed = false;   // already among the changes to be taken
  bool awaits_time = false;  // open only because of partitions that lack the cell
};

// All cells of one family and window size: "department:1m", "census".
struct Series {
  const FamilySpec* family = nullptr;
  std::optional<WindowSize> size;
  std::string name;
  std::map<CellKey, StoredCell> cells;
};

enum class ApplyOutcome : std::uint8_t {
  kApplied,
  kOldVersion, // a zombie's late write, or a repeat
  kExpired,    // its window is past its retention
  kMalformed,  // nothing that apply() says: the record does not read, or is not that of its key
};
inline constexpr int kApplyOutcomeCount = 4;
using ApplyCounts = std::array<std::uint64_t, kApplyOutcomeCount>;
std::string_view apply_outcome_name(ApplyOutcome outcome);

class CellStore {
 public:
  struct Change {
    const Series* series;
    CellKey key; // find() gives nullptr: the cell is gone
  };

  // A family may mix window sizes in one series: it has no sizes of its own then.
  explicit CellStore(std::span<const FamilySpec> specs = families());
  CellStore(const CellStore&) = delete;
  CellStore& operator=(const CellStore&) = delete;

  // REQUIRES: the update's family is one of the store's.
  ApplyOutcome apply(CellUpdate update);
  // While the topic is being read from its start, changes are not noted. REQUIRES: no cell yet.
  void start_loading();
  // The end of it. Until then nothing expires: the watermark is that of the partitions met so far.
  void start_expiring();
  void clear();
  // Takes over all that the other one holds, series and their addresses included, and gives it what it had.
  void swap(CellStore& other) noexcept;
  // Adds what was read of other partitions. REQUIRES: both are loading, and have no partition in common.
  void join(CellStore&& other);

  // Every series there can be, by name. The set and the addresses never change.
  const std::map<std::string, Series, std::less<>>& series() const { return series_; }
  const Series* find_series(std::string_view name) const;
  static const StoredCell* find(const Series& series, const CellKey& key);

  Cell merged(const Series& series, const CellKey& key, const StoredCell& cell) const;
  // Least shown watermark over the partitions that ever had a record; kNever while there is none.
  Time watermark() const;
  std::size_t cell_count() const;

  // The cells that changed or went since the last call, each once or more. A time that passes changes cells too: their
  // status.
  std::vector<Change> take_changes();

  // `cell` is null when there is none.
  struct Found {
    const Series* series = nullptr;
    CellKey key;
    const StoredCell* cell = nullptr;
  };
  Found find(const CellName& name) const;

  // What a partition said of a closed window, and what it said next: the newest kMaxRestatements since the store was filled.
  struct Restatement {
    const Series* series;
    CellKey key;
    CellPart before;
    CellPart after;
  };
  static constexpr std::size_t kMaxRestatements = 2000;
  const std::deque<Restatement>& restatements() const { return restatements_; }

 private:
  struct Place {
    Series* series;
    CellKey key;
  };
  // What is known about a partition's time: that of its task cell, else the largest of its cells.
  struct Clock {
    std::optional<Time> task;
    Time largest = kNever;
    Time shown() const { return task.value_or(largest); }
  };

  static constexpr std::size_t kSeriesOfFamily = kWindowSizeCount + 1; // one of each window size, and one without
  std::size_t number_of(const FamilySpec& family, std::optional<WindowSize> size) const;
  Series* series_of(const CellName& name) const;
  ApplyOutcome put(const Place& place, const std::optional<Window>& window, CellPart part);
  ApplyOutcome remove(const Place& place, std::int32_t partition);
  void advance_clock(const Series& series, std::int32_t partition, Time watermark);
  void settle_awaiting();
  void await_time(const Place& place, StoredCell* cell);
  void note(const Place& place, StoredCell* cell);
  bool is_expired(const Series& series, const Window& window) const;
  void expire();
  bool held_open(const Series& series, const StoredCell& cell) const;

  std::span<const FamilySpec> specs_;
  std::map<std::string, Series, std::less<>> series_;
  std::vector<Series*> by_number_; // of series_, by number_of(); nullptr: there is none
  std::map<std::int32_t, Clock> clocks_;
  std::multimap<Time, Place> awaiting_; // by window end: cells with awaits_time
  std::vector<Place> changes_;
  std::deque<Restatement> restatements_;
  bool is_loading_ = false;
  bool is_expiring_ = false;
};

} // namespace wardpulse::web
