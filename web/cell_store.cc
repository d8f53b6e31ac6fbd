#include "web/cell_store.h"

#include <algorithm>

#include "base/check.h"
#include "web/packed_values.h"

namespace wardpulse::web {
namespace {

constexpr std::string_view kOutcomeNames[kApplyOutcomeCount] = {"applied", "old_version", "expired", "malformed"};

std::optional<Duration> retention(WindowSize size) {
  using std::chrono::days, std::chrono::hours;
  switch (size) {
    case WindowSize::k10s: return hours{24};
    case WindowSize::k1m: return days{14};
    case WindowSize::k1h: return days{400};
    case WindowSize::k1d:
    case WindowSize::kMonth: break;
  }
  return std::nullopt;
}

std::string series_name(const FamilySpec& family, std::optional<WindowSize> size) {
  std::string name(family.name);
  if (size) name.append(":").append(window_size_name(*size));
  return name;
}

std::vector<CellPart>::iterator part_of(StoredCell* cell, std::int32_t partition) {
  return std::lower_bound(cell->parts.begin(), cell->parts.end(), partition,
                          [](const CellPart& part, std::int32_t p) { return part.partition < p; });
}

bool has_part(const StoredCell& cell, std::int32_t partition) {
  return std::any_of(cell.parts.begin(), cell.parts.end(),
                     [&](const auto& part) { return part.partition == partition; });
}

// Speaks of one partition alone: the others' time says nothing about it.
bool is_per_partition(const Series& series) { return series.family->name == "task"; }

} // namespace

std::string_view apply_outcome_name(ApplyOutcome outcome) { return kOutcomeNames[static_cast<std::size_t>(outcome)]; }

CellStore::CellStore(std::span<const FamilySpec> specs) : specs_(specs), by_number_(specs.size() * kSeriesOfFamily) {
  for (const FamilySpec& family : specs) {
    const auto add = [&](std::optional<WindowSize> size) {
      auto name = series_name(family, size);
      by_number_[number_of(family, size)] = &series_.emplace(name, Series{&family, size, name, {}}).first->second;
    };
    for (const WindowSize size : family.sizes) add(size);
    if (family.sizes.empty()) add(std::nullopt);
  }
}

// A family without sizes has one series, whatever windows its cells have.
std::size_t CellStore::number_of(const FamilySpec& family, std::optional<WindowSize> size) const {
  const auto number = static_cast<std::size_t>(&family - specs_.data());
  WP_CHECK(number < specs_.size());
  const auto of_size = size && !family.sizes.empty() ? static_cast<std::size_t>(*size) : kSeriesOfFamily - 1;
  return number * kSeriesOfFamily + of_size;
}

void CellStore::clear() {
  for (auto& [name, series] : series_) series.cells.clear();
  clocks_.clear();
  awaiting_.clear();
  changes_.clear();
  restatements_.clear();
  is_loading_ = false;
  is_expiring_ = false;
}

const Series* CellStore::find_series(std::string_view name) const {
  const auto found = series_.find(name);
  return found == series_.end() ? nullptr : &found->second;
}

const StoredCell* CellStore::find(const Series& series, const CellKey& key) {
  const auto found = series.cells.find(key);
  return found == series.cells.end() ? nullptr : &found->second;
}

std::size_t CellStore::cell_count() const {
  std::size_t count = 0;
  for (const auto& [name, series] : series_) count += series.cells.size();
  return count;
}

Series* CellStore::series_of(const CellName& name) const {
  Series* const series = by_number_[number_of(*name.family, name.size)];
  WP_CHECK(series != nullptr);
  return series;
}

ApplyOutcome CellStore::apply(CellUpdate update) {
  const Place place{series_of(update.name), CellKey{update.name.start, update.name.dims}};
  return update.part ? put(place, update.window, std::move(*update.part)) : remove(place, update.partition);
}

CellStore::Found CellStore::find(const CellName& name) const {
  const Series* series = series_of(name);
  if (name.dims == nullptr) return {.series = series};
  const CellKey key{name.start, name.dims};
  return {series, key, find(*series, key)};
}

ApplyOutcome CellStore::put(const Place& place, const std::optional<Window>& window, CellPart part) {
  if (window && is_expired(*place.series, *window)) return ApplyOutcome::kExpired;
  StoredCell& stored = place.series->cells[place.key];
  stored.window = window;
  const auto partition = part.partition;
  const auto watermark = part.watermark;
  const auto at = part_of(&stored, partition);
  if (at == stored.parts.end() || at->partition != partition) {
    stored.parts.insert(at, std::move(part));
  } else {
    if (part.version <= at->version) return ApplyOutcome::kOldVersion;
    if (is_expiring_ && at->status != CellStatus::kOpen && window && at->values != part.values) {
      restatements_.push_back({place.series, place.key, *at, part});
      if (restatements_.size() > kMaxRestatements) restatements_.pop_front();
    }
    *at = std::move(part);
  }
  if (!is_loading_) note(place, &stored);
  advance_clock(*place.series, partition, watermark);
  return ApplyOutcome::kApplied;
}

ApplyOutcome CellStore::remove(const Place& place, std::int32_t partition) {
  const auto stored = place.series->cells.find(place.key);
  if (stored == place.series->cells.end()) return ApplyOutcome::kApplied;
  const auto part = part_of(&stored->second, partition);
  if (part == stored->second.parts.end() || part->partition != partition) return ApplyOutcome::kApplied;
  stored->second.parts.erase(part);
  if (!is_loading_) note(place, &stored->second);
  if (!stored->second.parts.empty()) return ApplyOutcome::kApplied;
  place.series->cells.erase(stored);
  return ApplyOutcome::kApplied;
}

void CellStore::note(const Place& place, StoredCell* cell) {
  if (!cell->is_changed) changes_.push_back(place);
  cell->is_changed = true;
  await_time(place, cell);
}

void CellStore::await_time(const Place& place, StoredCell* cell) {
  if (cell->awaits_time || !cell->window || !held_open(*place.series, *cell)) return;
  cell->awaits_time = true;
  awaiting_.emplace(cell->window->end, place);
}

void CellStore::advance_clock(const Series& series, std::int32_t partition, Time reached) {
  const Time before = is_loading_ ? kNever : watermark();
  Clock& clock = clocks_[partition];
  clock.largest = std::max(clock.largest, reached);
  if (is_per_partition(series)) clock.task = reached;
  if (!is_loading_ && watermark() > before) settle_awaiting();
}

void CellStore::settle_awaiting() {
  const Time now = watermark();
  while (!awaiting_.empty() && awaiting_.begin()->first <= now) {
    const Place place = awaiting_.begin()->second;
    awaiting_.erase(awaiting_.begin());
    const auto stored = place.series->cells.find(place.key);
    if (stored == place.series->cells.end()) continue;
    stored->second.awaits_time = false;
    note(place, &stored->second);
  }
  expire();
}

Time CellStore::watermark() const {
  if (clocks_.empty()) return kNever;
  Time least = kForever;
  for (const auto& [partition, clock] : clocks_) least = std::min(least, clock.shown());
  return least;
}

void CellStore::start_loading() {
  WP_CHECK(cell_count() == 0);
  is_loading_ = true;
}

void CellStore::start_expiring() {
  is_expiring_ = true;
  if (std::exchange(is_loading_, false)) {
    const Time now = watermark();
    for (auto& [name, series] : series_) {
      // What ended before any partition's time is settled, and lies in front.
      for (auto cell = series.cells.rbegin(); cell != series.cells.rend(); ++cell) {
        if (cell->second.window && cell->second.window->end <= now) break;
        await_time({&series, cell->first}, &cell->second);
      }
    }
  }
  expire();
}

void CellStore::swap(CellStore& other) noexcept {
  std::swap(specs_, other.specs_);
  series_.swap(other.series_);
  by_number_.swap(other.by_number_);
  clocks_.swap(other.clocks_);
  awaiting_.swap(other.awaiting_);
  changes_.swap(other.changes_);
  restatements_.swap(other.restatements_);
  std::swap(is_loading_, other.is_loading_);
  std::swap(is_expiring_, other.is_expiring_);
}

void CellStore::join(CellStore&& other) {
  WP_CHECK(is_loading_ && other.is_loading_);
  for (auto& [name, series] : series_) {
    auto& added = other.series_.find(name)->second.cells;
    auto place = series.cells.begin(); // both are in order: gone through once
    for (auto at = added.begin(); at != added.end();) {
      const auto cell = at++;
      while (place != series.cells.end() && place->first < cell->first) ++place;
      if (place == series.cells.end() || place->first != cell->first) {
        series.cells.insert(place, added.extract(cell));
      } else {
        StoredCell& stored = place->second;
        for (CellPart& part : cell->second.parts) stored.parts.insert(part_of(&stored, part.partition), std::move(part));
      }
    }
  }
  clocks_.merge(other.clocks_);
}

bool CellStore::is_expired(const Series& series, const Window& window) const {
  if (!is_expiring_ || !series.size) return false;
  const auto kept = retention(*series.size);
  return kept && watermark() != kNever && window.end <= watermark() - *kept;
}

void CellStore::expire() {
  for (auto& [name, series] : series_) {
    while (!series.cells.empty()) {
      const auto oldest = series.cells.begin();
      if (!oldest->second.window || !is_expired(series, *oldest->second.window)) break;
      changes_.push_back({&series, oldest->first});
      series.cells.erase(oldest);
    }
  }
}

// Whether the cell's own partitions call it closed while another one may still get records for its window.
bool CellStore::held_open(const Series& series, const StoredCell& cell) const {
  if (!cell.window || is_per_partition(series)) return false;
  const bool says_open = std::any_of(cell.parts.begin(), cell.parts.end(),
                                     [](const auto& part) { return part.status == CellStatus::kOpen; });
  return !says_open && std::any_of(clocks_.begin(), clocks_.end(), [&](const auto& entry) {
    return entry.second.shown() < cell.window->end && !has_part(cell, entry.first);
  });
}

Cell CellStore::merged(const Series& series, const CellKey& key, const StoredCell& stored) const {
  WP_CHECK(!stored.parts.empty());
  std::vector<Cell> cells(stored.parts.size());
  std::vector<const Cell*> pointers;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto& part = stored.parts[i];
    cells[i] = Cell{.family = std::string(series.family->name),
                    .dims = key.dims->values,
                    .window = stored.window,
                    .values = unpack_values(*series.family, part.values),
                    .status = part.status,
                    .version = part.version,
                    .partition = part.partition,
                    .watermark = part.watermark,
                    .updated_at = part.updated_at};
    pointers.push_back(&cells[i]);
  }
  Cell merged = cells.size() == 1 ? std::move(cells.front()) : merge_partitions(pointers);
  merged.partition = -1;
  if (is_per_partition(series)) return merged;
  for (const auto& [partition, clock] : clocks_) {
    if (!has_part(stored, partition)) merged.watermark = std::min(merged.watermark, clock.shown());
  }
  if (held_open(series, stored)) merged.status = CellStatus::kOpen;
  return merged;
}

std::vector<CellStore::Change> CellStore::take_changes() {
  std::vector<Change> taken;
  taken.reserve(changes_.size());
  for (const Place& place : changes_) {
    const auto stored = place.series->cells.find(place.key);
    if (stored != place.series->cells.end()) stored->second.is_changed = false;
    taken.push_back({place.series, place.key});
  }
  changes_.clear();
  return taken;
}

} // namespace wardpulse::web
