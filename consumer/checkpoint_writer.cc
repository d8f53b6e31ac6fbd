#include "consumer/checkpoint_writer.h"

#include <vector>

#include "base/check.h"
#include "base/planted_bug.h"

namespace wardpulse::consumer {

namespace {

// Increments come and go by the ten megabytes, several times a second on a busy machine: memory that the system has to make anew each
// time costs more than filling it, and stops processing meanwhile.
constexpr std::size_t kSpareRooms = 2;
thread_local std::vector<std::string> spare_rooms;

} // namespace

CheckpointWriter::CheckpointWriter(std::int32_t partition, const TopicNames& names, Outbox& outbox,
                                   std::size_t part_raw_bytes)
    : partition_(partition), names_(names), outbox_(outbox), part_raw_bytes_(part_raw_bytes) {}

std::string CheckpointWriter::take_room() {
  std::string room;
  if (!spare_rooms.empty()) {
    room = std::move(spare_rooms.back());
    spare_rooms.pop_back();
    room.clear(); // what would be copied into a larger one
  }
  room.reserve(last_bytes_ + last_bytes_ / 4);
  return room;
}

void CheckpointWriter::give_back_room() {
  const bool is_used = raw_.size() >= raw_.capacity() / 4; // else it was for others, or for another time
  if (is_used && spare_rooms.size() < kSpareRooms) spare_rooms.push_back(std::move(raw_));
  raw_ = std::string();
}

void CheckpointWriter::begin(std::string raw, Manifest head) {
  WP_CHECK(!busy());
  WP_CHECK(claim_.offset >= 0);
  raw_ = std::move(raw);
  last_bytes_ = raw_.size();
  manifest_ = std::move(head);
  manifest_.partition = partition_;
  manifest_.epoch = claim_.epoch;
  manifest_.seq = next_seq();
  manifest_.chain.clear();
  if (last_) {
    const auto& chain = last_->chain;
    const auto keep = std::min<std::size_t>(chain.size(), aggregator::kSliceCount - 1);
    manifest_.chain.assign(chain.end() - static_cast<std::ptrdiff_t>(keep), chain.end());
  }
  manifest_.chain.push_back({claim_.epoch, manifest_.seq, {}});
  if (planted(PlantedBug::kOffsetsBeforeState) && last_) {
    auto early = manifest_;
    early.chain = last_->chain;
    send(early.key(), encode_manifest(early), false, {});
  }
  restart();
}

CheckpointWriter::Progress CheckpointWriter::step(const CheckpointIndex& index, bool rejected_done) {
  if (!busy()) return Progress::kWaiting;
  if (ledger_->failed) {
    ++failures_;
    restart();
  }
  const auto& own = manifest_.chain.back();
  switch (stage_) {
    case Stage::kIdle: break;
    case Stage::kParts:
      send_part();
      if (own.part_checksums.size() == part_count(raw_.size(), part_raw_bytes_)) stage_ = Stage::kAcknowledge;
      if (planted(PlantedBug::kSkippedPart) && stage_ == Stage::kAcknowledge && own.part_checksums.size() > 1) {
        manifest_.chain.back().part_checksums.pop_back();
      }
      break;
    case Stage::kAcknowledge:
      if (rejected_done && ledger_->acknowledged >= own.part_checksums.size()) send_manifest();
      break;
    case Stage::kManifest:
      if (ledger_->manifest_offset) stage_ = Stage::kWitness;
      break;
    case Stage::kWitness:
      if (index.position() <= *ledger_->manifest_offset) break;
      if (index.superseded(claim_.epoch, claim_.writer, claim_.offset)) return Progress::kSuperseded;
      send_tombstones(index);
      last_ = std::move(manifest_);
      stage_ = Stage::kIdle;
      give_back_room();
      return Progress::kWritten;
  }
  return Progress::kWaiting;
}

void CheckpointWriter::restart() {
  ledger_ = std::make_shared<Ledger>(); // what is still under way of an earlier attempt reports to nobody
  manifest_.chain.back().part_checksums.clear();
  stage_ = Stage::kParts;
}

void CheckpointWriter::send_part() {
  auto& sums = manifest_.chain.back().part_checksums;
  const auto part = encode_part(raw_, sums.size(), part_raw_bytes_);
  const CheckpointKey key{
      partition_, claim_.epoch, CheckpointKey::Kind::kPart, manifest_.seq, static_cast<std::int64_t>(sums.size()), {}};
  sums.push_back(checksum(part));
  send(key, part, false, [ledger = ledger_](const Result<kafka::Delivery>& done) {
    if (done) {
      ++ledger->acknowledged;
    } else {
      ledger->failed = true;
    }
  });
}

void CheckpointWriter::send_manifest() {
  stage_ = Stage::kManifest;
  send(manifest_.key(), encode_manifest(manifest_), false, [ledger = ledger_](const Result<kafka::Delivery>& done) {
    if (done) {
      ledger->manifest_offset = done->offset;
    } else {
      ledger->failed = true;
    }
  });
}

void CheckpointWriter::send_tombstones(const CheckpointIndex& index) {
  // One that gets lost is found again as garbage after the next checkpoint.
  for (const auto& key : index.garbage(manifest_, last_ ? &*last_ : nullptr, claim_.epoch)) send(key, {}, true, {});
}

void CheckpointWriter::send(const CheckpointKey& key, std::string_view value, bool tombstone, Outbox::Done done) {
  const auto text = key.text();
  kafka::ProducerRecord record;
  record.topic = names_.checkpoints;
  record.partition = partition_;
  record.key = text;
  record.value = value;
  record.tombstone = tombstone;
  outbox_.send(record, std::move(done));
}

} // namespace wardpulse::consumer
