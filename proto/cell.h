// Cells: the published numbers. Written by the consumer, merged and served by the web, one JSON form for both.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace wardpulse {

enum class WindowSize : std::uint8_t { k10s, k1m, k1h, k1d, kMonth };
inline constexpr int kWindowSizeCount = 5;
std::string_view window_size_name(WindowSize size); // "10s", "1m", "1h", "1d", "month"
std::optional<WindowSize> window_size_from_name(std::string_view name);

struct Window {
  WindowSize size{};
  Time start{};
  Time end{};
  std::chrono::seconds start_offset{0}; // zone's offset, shown for 1d and month; zero for the others
  std::chrono::seconds end_offset{0};
  friend bool operator==(const Window&, const Window&) = default;
};

enum class CellStatus : std::uint8_t { kOpen, kClosed, kFinal };
std::string_view cell_status_name(CellStatus status);

// Exact histogram over whole minutes, sorted by minute, counts > 0. Nearest-rank percentiles.
struct MinuteHistogram {
  std::vector<std::pair<std::int32_t, std::int64_t>> minutes;

  void add(std::int32_t minute, std::int64_t count); // count may be negative; an entry that reaches 0 disappears
  void merge(const MinuteHistogram& other);
  std::int64_t n() const;
  std::int64_t sum() const;
  std::int64_t max() const;                  // REQUIRES: n() > 0
  // The smallest minute m with count(<= m) * 100 >= percent * n. REQUIRES: n() > 0
  std::int64_t percentile(int percent) const;
  friend bool operator==(const MinuteHistogram&, const MinuteHistogram&) = default;
};

using Counts = std::map<std::string, std::int64_t>;            // {"Emergency":39,...}
using CountList = std::vector<std::int64_t>;                   // reached[]
using HistogramList = std::vector<std::optional<MinuteHistogram>>; // minutes_to_step[]
using Labels = std::vector<std::string>;                       // steps
// monostate is JSON null
using Value = std::variant<std::monostate, std::int64_t, Counts, CountList, MinuteHistogram, HistogramList, Labels, std::string>;

// How a value is merged over partitions (and over time where that makes sense).
enum class Merge : std::uint8_t {
  kSum,        // integer, or null if all are null
  kMax,        // integer or null: the largest, null only when all are
  kSumCounts, kSumList, kHistogram, kHistogramList,
  kLabels,     // must be equal; the first is taken
  kPartition,  // meaningful per partition only (family task): kept when there is one cell, null otherwise
  kText,       // of cells that lie in one partition alone: the first is taken
  kEstimate,   // see kaplan_meier.h: made anew from provider_minutes and unseen_minutes
  kCrowdingInputs, kCrowdingScore, kCrowdingBand, // see crowding.h: the last two are made anew from the first
};

struct FieldSpec {
  std::string_view name;
  Merge merge;
  bool sum_over_time = true; // false: null under merge=time (distinct_patients)
  std::string_view meaning{};
  std::span<const std::string_view> keys{}; // kSumCounts: the keys that are always there; others may join them
};
struct FamilySpec {
  std::string_view name;
  std::string_view meaning;
  std::span<const std::string_view> dims;      // in canonical order; `finance` cells have exactly one of theirs
  std::span<const WindowSize> sizes;           // empty: windowless
  std::span<const FieldSpec> fields;           // in the order of the JSON
};
std::span<const FamilySpec> families();              // declared once, in families.cc
const FamilySpec* find_family(std::string_view name); // nullptr: unknown

struct Cell {
  std::string family;
  std::vector<std::pair<std::string, std::string>> dims; // in the family's order
  std::optional<Window> window;                          // nullopt: windowless
  std::vector<std::pair<std::string, Value>> values;     // in the family's order
  CellStatus status = CellStatus::kOpen;
  std::int64_t version = 0;   // writer epoch * 2^30 + count of publications
  std::int32_t partition = -1; // -1: merged
  Time watermark = kNever;    // kNever: written as null
  Time updated_at = kNever;
  friend bool operator==(const Cell&, const Cell&) = default;
};

struct CellJson {
  bool partition = false;  // write "partition" (in the topic)
  bool histograms = false; // write "h":[[minute,count],...] in distributions (in the topic)
  bool minutes = false;    // write "minutes":[[minute,count],...] (the API's histogram=1)
  bool volatile_fields = true; // version, watermark, updated_at; false for canonical comparison
};
void encode_cell(const Cell& cell, const CellJson& form, std::string* out); // appends
// Reads the topic form ("h" present wherever a distribution has n > 0). Unknown members are ignored, values that are
// missing are left out. An unknown family is an error, as is a value of another kind than its field's.
Result<Cell> decode_cell(std::string_view json);

// Identity of a cell within a generation, without the partition:
// "department|department=Emergency|1h:2026-11-21T13:00:00Z", windowless "task|partition=3|-". In dims and their values
// '%', '|', '=', ',' and bytes < 0x20 are percent-encoded.
std::string cell_id(const Cell& cell);
// cell_id + "|" + partition: the record key in topic aggregates.
std::string cell_key(const Cell& cell);

// Merge of the cells of several partitions that share family, dims and window: version = sum, status and watermark
// = least. REQUIRES: cells not empty. The caller lowers watermark/status further for partitions that lack the cell.
Cell merge_partitions(std::span<const Cell* const> cells);
// Merge over windows (merge=time): window spans them all, fields without sum_over_time become null.
Cell merge_time(std::span<const Cell* const> cells);

// Total order for `wardpulse-web cells`: family, dims, window size, window start.
bool cell_less(const Cell& a, const Cell& b);

} // namespace wardpulse
