// Cells in snapshots: canonical, no interned numbers.
#include <algorithm>

#include "aggregator/cell_table.h"
#include "proto/rejection.h"

namespace wardpulse::aggregator {

std::string CellTable::encode_key(const CellKey& key) const {
  std::string bytes(1, kCellEntry);
  ByteWriter out(&bytes);
  out.u8(static_cast<std::uint8_t>(key.family));
  out.u8(static_cast<std::uint8_t>(key.size));
  out.u64(key.sub);
  out.i64(key.start_ms);
  out.text(texts_.text(key.dim));
  return bytes;
}

std::optional<CellKey> CellTable::decode_key(std::string_view bytes) {
  ByteReader in(bytes.substr(1));
  CellKey key;
  const auto family = in.u8(), size = in.u8();
  key.family = static_cast<Family>(family);
  key.size = static_cast<WindowSize>(size);
  const auto sub = in.u64();
  key.sub = static_cast<std::uint16_t>(sub);
  key.start_ms = in.i64();
  key.dim = texts_.intern(in.text());
  const bool valid = in.ok() && in.at_end() && sub <= UINT16_MAX && is_moment(key.start_ms) && family < kFamilyCount && size < kWindowSizeCount &&
                     (key.family != Family::kFunnel || key.sub < plans_.size()) && (key.family != Family::kQuality || key.sub < kRuleCount) &&
                     (key.family != Family::kPatients || key.sub <= age_group(INT64_MAX) * kGenders + kGenders - 1);
  return valid ? std::optional(key) : std::nullopt;
}

void CellTable::encode_content(const Slot& slot, std::string* bytes) const {
  bytes->clear();
  if (const CellContent* content = slot.body.open()) encode(*content, bytes);
  else *bytes = packed(slot).snapshot;
}

void CellTable::write_changed(int slice, const std::function<void(const std::string& key, const std::string* value)>& sink) {
  std::string value;
  const auto write = [&](const Slot& slot) {
    encode_content(slot, &value);
    sink(encode_key(slot.key), &value);
  };
  for (const std::uint32_t index : snapshot_changed_) {
    Slot& slot = slots_[index];
    if ((slot.marks & kToWrite) == 0) continue; // gone since, or listed twice
    slot.marks &= static_cast<std::uint8_t>(~kToWrite);
    if (slot.slice != slice) write(slot);
  }
  snapshot_changed_.clear();
  for (const Slot& slot : slots_) if (slot.live && slot.slice == slice) write(slot);
  for (const std::string& key : dropped_) sink(key, nullptr);
  dropped_.clear();
}

void CellTable::write_all(const std::function<void(const std::string& key, const std::string& value)>& sink) const {
  std::string value;
  for (const Slot& slot : slots_) {
    if (!slot.live) continue;
    encode_content(slot, &value);
    sink(encode_key(slot.key), value);
  }
}

TimeSpan CellTable::span_of(const CellKey& key) const {
  return key.family == Family::kPatients ? TimeSpan{kNever, kForever} : windows_.span(key.size, from_ms(key.start_ms));
}

bool CellTable::load(std::string_view bytes, std::string_view value) {
  const auto key = decode_key(bytes);
  if (!key) return false;
  if (cells_.contains(*key)) return true;
  CellContent& content = scratch(*key);
  if (!decode(value, &content)) return false;
  if (auto* funnel = std::get_if<FunnelValues>(&content.values)) { // those of attempts in the state follow
    funnel->undecided.add(funnel->departed_undecided);
    funnel->unseen.add(funnel->departed_unseen);
  }
  const std::uint32_t index = new_slot(*key, span_of(*key));
  if (key->family == Family::kFunnel && says_all_undecided(value)) loaded_older_.insert(index);
  pack(slots_[index], content);
  return true;
}

// Status and timeouts are scheduled by the first publication, which gives all cells.
bool CellTable::finish_load() {
  std::ranges::sort(loaded_attempts_, {}, &LoadedAttempt::start_ms); // each goes to the end
  if (!std::ranges::all_of(loaded_attempts_, [this](const LoadedAttempt& attempt) { return count_loaded(attempt); })) return false;
  loaded_attempts_ = {};
  loaded_older_ = {};
  for (std::uint32_t index = 0; index < slots_.size(); ++index) schedule(index, span_of(slots_[index].key).end);
  mark_all_changed();
  return true;
}

} // namespace wardpulse::aggregator
