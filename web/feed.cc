#include "web/feed.h"

#include <algorithm>

#include "base/check.h"
#include "base/json_writer.h"
#include "base/planted_bug.h"

namespace wardpulse::web {
namespace {

// How far back from the start of the newest window a view reaches; nullopt: to the beginning.
std::optional<Duration> view_length(std::optional<WindowSize> size) {
  using std::chrono::hours, std::chrono::minutes, std::chrono::seconds;
  if (!size) return std::nullopt;
  switch (*size) {
    case WindowSize::k10s: return seconds{10} * 359;
    case WindowSize::k1m: return minutes{1439};
    case WindowSize::k1h: return hours{191};
    // Local days: an hour more, for the day that is 25 hours long.
    case WindowSize::k1d: return hours{24} * 399 + hours{1};
    case WindowSize::kMonth: break;
  }
  return std::nullopt;
}

void append_identity(const Series& series, const CellKey& key, const std::optional<Window>& window, JsonWriter* out) {
  out->begin_object();
  out->key("family").text(series.family->name);
  out->key("dims").begin_object();
  for (const auto& [name, value] : key.dims->values) out->key(name).text(value);
  out->end_object();
  out->key("window");
  if (window) {
    out->begin_object();
    out->key("size").text(window_size_name(window->size));
    out->key("start").text(format_rfc3339(window->start, window->start_offset));
    out->key("end").text(format_rfc3339(window->end, window->end_offset));
    out->end_object();
  } else {
    out->null();
  }
  out->end_object();
}

void append_head(const char* type, const Feed& feed, std::uint64_t seq, JsonWriter* out) {
  out->begin_object();
  out->key("type").text(type);
  out->key("topic").text(feed.topic());
  out->key("epoch").integer(static_cast<std::int64_t>(feed.epoch()));
  out->key("seq").integer(static_cast<std::int64_t>(seq));
}

SharedText share(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

} // namespace

Feed::Feed(const Series& series, const CellStore& store, std::uint64_t epoch)
    : series_(series), store_(store), epoch_(epoch) {
  if (series.cells.empty()) return;
  const Time floor = floor_below(series.cells.rbegin()->first.start);
  for (auto cell = series.cells.rbegin(); cell != series.cells.rend() && cell->first.start >= floor; ++cell) {
    noted_.insert(noted_.begin(), cell->first); // in their order, from the end
  }
}

Time Feed::floor_below(Time newest) const {
  const auto length = view_length(series_.size);
  return length && newest != kNever ? newest - *length : kNever;
}

void Feed::note(const CellKey& key) { noted_.insert(key); }

bool Feed::tick() {
  const auto before = seq_;
  cells_in_seq_ = kMaxCellsInMessage; // the first change takes a new number
  for (const CellKey& key : noted_) {
    if (CellStore::find(series_, key) != nullptr) newest_ = std::max(newest_, key.start);
  }
  const Time floor = floor_below(newest_);
  const bool is_floor_raised = floor > floor_;
  floor_ = floor;
  for (const CellKey& key : noted_) update(key);
  noted_.clear();
  if (is_floor_raised) drop_below_floor();
  while (removals_.size() > kMaxRemovals) forget_oldest_removal();
  if (seq_ == before) return false;
  seq_before_tick_ = before;
  deltas_.clear();
  return true;
}

void Feed::update(const CellKey& key) {
  const StoredCell* cell = CellStore::find(series_, key);
  const auto entry = entries_.find(key);
  if (cell == nullptr || key.start < floor_) {
    if (entry == entries_.end() || entry->second.is_removed) return;
    entry->second.is_removed = true;
    touch(key, &entry->second);
    return;
  }
  Entry& changed = entry == entries_.end() ? entries_[key] : entry->second;
  if (changed.is_removed) removals_.erase({changed.seq, key});
  changed.is_removed = false;
  changed.window = cell->window;
  touch(key, &changed);
}

void Feed::drop_below_floor() {
  for (auto at = entries_.begin(); at != entries_.end() && at->first.start < floor_; ++at) {
    if (at->second.is_removed) continue;
    at->second.is_removed = true;
    touch(at->first, &at->second);
  }
}

void Feed::touch(const CellKey& key, Entry* entry) {
  if (cells_in_seq_ == kMaxCellsInMessage) {
    ++seq_;
    cells_in_seq_ = 0;
  }
  ++cells_in_seq_;
  by_seq_.erase({entry->seq, key});
  entry->seq = seq_;
  if (!planted(PlantedBug::kStaleDelta)) entry->json.reset();
  by_seq_.insert({seq_, key});
  if (entry->is_removed) removals_.insert({seq_, key});
}

void Feed::forget_oldest_removal() {
  const auto oldest = *removals_.begin();
  removals_.erase(removals_.begin());
  by_seq_.erase(oldest);
  entries_.erase(oldest.second);
  forgotten_seq_ = oldest.first;
}

// Null when the cell went since the last tick: its removal comes with the next one.
const std::string* Feed::cell_json(const CellKey& key, Entry* entry) {
  if (!entry->json) {
    const StoredCell* cell = CellStore::find(series_, key);
    if (cell == nullptr) return nullptr;
    std::string json;
    encode_cell(store_.merged(series_, key, *cell), {}, &json);
    entry->json = share(std::move(json));
  }
  return entry->json.get();
}

FeedMessage Feed::next_message(FeedPosition* position) {
  using enum FeedMessage::Kind;
  if (position->needs_snapshot) return {kSnapshot, snapshot_piece(position)};
  if (position->seq < forgotten_seq_) {
    *position = FeedPosition{};
    return {kResync, snapshot_piece(position)};
  }
  if (position->seq == seq_) return {kDelta, nullptr};
  const auto kind = position->seq < seq_before_tick_ ? kCatchUp : kDelta;
  return {kind, delta(position)};
}

FeedPosition Feed::resume(std::uint64_t epoch, std::uint64_t seq) const {
  if (epoch != epoch_ || seq > seq_ || seq < forgotten_seq_) return FeedPosition{};
  return FeedPosition{.seq = seq, .needs_snapshot = false};
}

// Pieces are encoded when they are asked for, so a later one may hold newer values than the snapshot's number says: the
// deltas that follow bring them again, and cells are absolute.
SharedText Feed::snapshot_piece(FeedPosition* position) {
  auto at = position->sent_to ? entries_.upper_bound(*position->sent_to) : entries_.begin();
  if (!position->sent_to) position->seq = seq_;
  std::string text;
  JsonWriter out(&text);
  append_head("snapshot", *this, position->seq, &out);
  out.key("cells").begin_array();
  for (std::size_t count = 0; at != entries_.end() && count < kMaxCellsInMessage; ++at) {
    if (at->second.is_removed) continue;
    position->sent_to = at->first;
    if (const auto* json = cell_json(at->first, &at->second)) {
      out.raw(*json);
      ++count;
    }
  }
  out.end_array();
  if (at != entries_.end()) {
    out.key("more").boolean(true);
  } else {
    position->sent_to.reset();
    position->needs_snapshot = false;
  }
  out.end_object();
  return share(std::move(text));
}

SharedText Feed::delta(FeedPosition* position) {
  const auto prev = position->seq;
  if (const auto cached = deltas_.find(prev); cached != deltas_.end()) {
    position->seq = cached->second.first;
    return cached->second.second;
  }
  // Whole numbers only, as many as fit: everything up to `last` is then as the client must see it.
  const auto begin = by_seq_.upper_bound({prev, CellKey{Time::max(), nullptr}});
  auto end = begin;
  std::uint64_t last = seq_;
  for (std::size_t count = 0; end != by_seq_.end();) {
    const auto next = by_seq_.upper_bound({end->first, CellKey{Time::max(), nullptr}});
    count += static_cast<std::size_t>(std::distance(end, next));
    if (count > kMaxCellsInMessage && end != begin) break;
    last = end->first;
    end = next;
  }
  if (end == by_seq_.end()) last = seq_;
  std::string text;
  std::vector<std::pair<CellKey, const Entry*>> removed;
  JsonWriter out(&text);
  append_head("delta", *this, last, &out);
  out.key("prev").integer(static_cast<std::int64_t>(prev));
  out.key("cells").begin_array();
  for (auto at = begin; at != end; ++at) {
    Entry& entry = entries_.at(at->second);
    if (entry.is_removed) removed.emplace_back(at->second, &entry);
    else if (const auto* json = cell_json(at->second, &entry)) out.raw(*json);
  }
  out.end_array();
  if (!removed.empty()) {
    out.key("removed").begin_array();
    for (const auto& [key, entry] : removed) append_identity(series_, key, entry->window, &out);
    out.end_array();
  }
  out.end_object();
  position->seq = last;
  auto shared = share(std::move(text));
  deltas_.emplace(prev, std::pair{last, shared});
  return shared;
}

} // namespace wardpulse::web
