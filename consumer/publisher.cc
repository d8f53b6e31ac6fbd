#include "consumer/publisher.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/check.h"
#include "base/planted_bug.h"

namespace wardpulse::consumer {
namespace {

template <class Number>
Number parse_number(std::optional<std::string_view> text, int base) {
  Number number = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number, base);
  return number;
}

std::uint64_t hash_of(std::string_view bytes) {
  const auto hash = XXH3_64bits(bytes.data(), bytes.size());
  return hash == 0 ? 1 : hash;
}

} // namespace

Publisher::Publisher(std::int32_t partition, const TopicNames& names, Outbox& outbox, OwnWindows own)
    : partition_(partition), key_end_("|" + std::to_string(partition)), names_(names), outbox_(outbox), own_(own) {}

void Publisher::observe(const SideRecord& record) {
  ledger_->position = std::max(ledger_->position, record.offset + 1);
  if (!own_.has(record.key)) return;
  const auto epoch = parse_number<std::int64_t>(record.epoch_header, 10);
  // Our own write, or one of an owner that has replaced us: nothing to put right.
  if (epoch_ != 0 && (epoch >= epoch_ || planted(PlantedBug::kIgnoredEpoch))) return;
  if (record.offsets_header && *record.offsets_header != seen_offsets_text_) {
    seen_offsets_text_ = *record.offsets_header;
    if (const auto offsets = parse_offsets(seen_offsets_text_)) needed_ = furthest(needed_, *offsets);
  }
  content_uncertain_ = true;
  const auto hash = hash_of(record.key);
  if (!record.value) {
    written_.erase(hash);
    foreign_.erase(hash);
    return;
  }
  written_[hash] = parse_number<Hash>(record.digest_header, 16);
  if (foreign_.try_emplace(hash, foreign_texts_.size(), record.key.size()).second) foreign_texts_ += record.key;
}

bool Publisher::may_publish(const TopicOffsets& next) const {
  return epoch_ != 0 && ledger_->in_flight < kMaxCellsInFlight && reached(next, needed_);
}

bool Publisher::begin(Now now, const TopicOffsets& next) {
  WP_CHECK(epoch_ != 0);
  if (ledger_->failed) forget_after_failure();
  now_ = now;
  full_ = std::exchange(content_uncertain_, false);
  ++publications_;
  epoch_text_ = std::to_string(epoch_);
  version_text_ = version_text(epoch_ * kVersionsPerEpoch + publications_);
  updated_text_ = R"(,"updated_at":")" + format_rfc3339(now_.wall) + R"("})";
  offsets_text_ = encode_offsets(next);
  return full_;
}

void Publisher::changed(const Cell& cell) {
  const auto key = cell_id(cell) + key_end_;
  encode(cell);
  const auto digest = hash_of(json_);
  const auto hash = hash_of(key);
  auto& written = written_[hash];
  if (!foreign_.empty()) foreign_.erase(hash);
  if (cell.family == "task") task_cell_ = cell;
  if (up_to_date(written, digest, key, cell)) return;
  written = digest;
  write(key, cell, digest);
}

void Publisher::removed(const std::string& cell_id) { tombstone(cell_id + key_end_); }

void Publisher::end() {
  if (full_) tombstone_foreign();
  if (!task_cell_) return;
  const auto key = cell_id(*task_cell_) + key_end_;
  if (now_.steady - windowless_[key].at < kWatermarkHeartbeat) return;
  encode(*task_cell_);
  write(key, *task_cell_, hash_of(json_));
}

void Publisher::encode(const Cell& cell) {
  json_.clear();
  encode_cell(cell, {.histograms = true, .volatile_fields = false}, &json_);
}

bool Publisher::up_to_date(Hash written, Hash digest, std::string_view key, const Cell& cell) const {
  if (written != digest) return false;
  if (cell.window) return true;
  const auto at = windowless_.find(std::string(key));
  if (at == windowless_.end()) return false;
  return at->second.watermark == cell.watermark || now_.steady - at->second.at < kWatermarkHeartbeat;
}

std::string Publisher::version_text(std::int64_t version) const {
  return R"(,"partition":)" + std::to_string(partition_) + R"(,"version":)" + std::to_string(version) + R"(,"watermark":)";
}

// A publication has few of them.
const std::string& Publisher::watermark_text(Time watermark) {
  if (watermark_text_.empty() || watermark != watermark_) {
    watermark_text_ = watermark == kNever ? "null" : '"' + format_rfc3339(watermark) + '"';
    watermark_ = watermark;
  }
  return watermark_text_;
}

// REQUIRES: json_ is encode(cell).
void Publisher::write(std::string_view key, const Cell& cell, Hash digest) {
  json_.pop_back(); // the object goes on
  const bool stays = planted(PlantedBug::kStatusWithoutVersion) && cell.status != CellStatus::kOpen;
  json_ += stays ? version_text(epoch_ * kVersionsPerEpoch + publications_ - 1) : version_text_;
  json_ += watermark_text(cell.watermark);
  json_ += updated_text_;
  if (!cell.window) windowless_[std::string(key)] = {cell.watermark, now_.steady};
  char digest_text[16];
  const auto end = std::to_chars(digest_text, digest_text + sizeof digest_text, digest, 16).ptr;
  const std::array<kafka::Header, 3> headers = {
      {{"epoch", epoch_text_}, {"offsets", offsets_text_}, {"digest", {digest_text, static_cast<std::size_t>(end - digest_text)}}}};
  send({.key = key, .value = json_, .headers = headers});
}

void Publisher::tombstone(std::string_view key) {
  if (written_.erase(hash_of(key)) == 0) return; // never written
  const std::array<kafka::Header, 2> headers = {{{"epoch", epoch_text_}, {"offsets", offsets_text_}}};
  send({.key = key, .tombstone = true, .headers = headers});
}

// What others wrote and the state does not have, in the order in which it was met: no two runs differ.
void Publisher::tombstone_foreign() {
  std::vector<std::pair<std::size_t, std::size_t>> places;
  for (const auto& [hash, text] : foreign_) places.push_back(text);
  std::sort(places.begin(), places.end());
  for (const auto& [start, size] : places) tombstone(std::string_view(foreign_texts_).substr(start, size));
  foreign_ = {};
  foreign_texts_ = {};
}

void Publisher::send(kafka::ProducerRecord record) {
  record.topic = names_.aggregates;
  record.partition = partition_;
  ++ledger_->in_flight;
  auto removal = record.tombstone ? std::string(record.key) : std::string();
  outbox_.send(record, [ledger = ledger_, removal = std::move(removal)](const Result<kafka::Delivery>& done) {
    --ledger->in_flight;
    if (!done) {
      ledger->failed = true;
      if (!removal.empty()) ledger->not_removed.push_back(removal);
      return;
    }
    if (done->offset == ledger->position) ++ledger->position;
    ledger->written_to = std::max(ledger->written_to, done->offset + 1);
  });
}

void Publisher::forget_after_failure() {
  ledger_->failed = false;
  content_uncertain_ = true;
  for (auto& [key, digest] : written_) digest = kUnknown;
  // Like what others wrote: goes unless the state has it again.
  for (const auto& key : std::exchange(ledger_->not_removed, {})) {
    const auto hash = hash_of(key);
    written_[hash] = kUnknown;
    if (foreign_.try_emplace(hash, foreign_texts_.size(), key.size()).second) foreign_texts_ += key;
  }
}

} // namespace wardpulse::consumer
