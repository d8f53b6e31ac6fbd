#include "consumer/checkpoint_index.h"

#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

namespace wardpulse::consumer {
namespace {

using Kind = CheckpointKey::Kind;

CheckpointKey part_key(std::int32_t partition, const IncrementRef& increment, std::size_t part) {
  return {partition, increment.epoch, Kind::kPart, increment.seq, static_cast<std::int64_t>(part), {}};
}

} // namespace

void CheckpointIndex::observe(std::int64_t offset, std::string_view key, std::optional<std::string_view> value) {
  position_ = std::max(position_, offset + 1);
  auto parsed = CheckpointKey::parse(key);
  if (!parsed || parsed->partition != partition_) return;
  highest_epoch_ = std::max(highest_epoch_, parsed->epoch);
  if (!value) {
    live_.erase(*parsed);
    return;
  }
  auto& live = live_[std::move(*parsed)];
  live.offset = offset;
  live.value = keep_values_ ? std::string(*value) : std::string();
}

void CheckpointIndex::release_values() {
  keep_values_ = false;
  for (auto& [key, live] : live_) live.value = std::string();
}

bool CheckpointIndex::superseded(std::int64_t epoch, const std::string& writer, std::int64_t offset) const {
  if (highest_epoch_ > epoch) return true;
  return std::any_of(live_.begin(), live_.end(), [&](const auto& item) {
    const auto& [key, live] = item;
    return key.kind == Kind::kClaim && key.epoch == epoch && key.writer != writer && live.offset < offset;
  });
}

std::string CheckpointIndex::damage(const Manifest& manifest) const {
  for (const auto& increment : manifest.chain) {
    for (std::size_t part = 0; part < increment.part_checksums.size(); ++part) {
      const auto key = part_key(partition_, increment, part);
      const auto at = live_.find(key);
      if (at == live_.end()) return "part " + key.text() + " is missing";
      if (checksum(at->second.value) != increment.part_checksums[part]) return "part " + key.text() + " is damaged";
    }
  }
  return {};
}

Result<CheckpointIndex::Found> CheckpointIndex::find() const {
  Found found;
  std::vector<const std::pair<const CheckpointKey, Live>*> manifests;
  for (const auto& item : live_) {
    if (item.first.kind == Kind::kManifest) manifests.push_back(&item);
  }
  std::sort(manifests.begin(), manifests.end(), [](const auto* a, const auto* b) {
    return std::pair(a->first.epoch, a->first.seq) > std::pair(b->first.epoch, b->first.seq);
  });
  for (const auto* item : manifests) {
    const auto name = item->first.text();
    auto manifest = decode_manifest(item->second.value);
    if (!manifest && manifest.error().newer_format) {
      return fail("checkpoint " + name + " cannot be read: " + manifest.error().reason,
                  "run the version that wrote it, or a newer one");
    }
    std::string reason;
    if (!manifest) {
      reason = manifest.error().reason;
    } else if (manifest->key() != item->first) {
      reason = "it was written under another key";
    } else {
      reason = damage(*manifest);
    }
    if (reason.empty()) {
      found.newest = std::move(*manifest);
      return found;
    }
    found.passed_over.push_back(name + ": " + reason);
  }
  return found;
}

Result<void> CheckpointIndex::load(const Manifest& manifest, ChainReader::Load load) const {
  ChainReader reader(std::move(load));
  std::string raw;
  for (const auto& increment : std::views::reverse(manifest.chain)) {
    raw.clear();
    for (std::size_t part = 0; part < increment.part_checksums.size(); ++part) {
      const auto& live = live_.at(part_key(partition_, increment, part));
      if (auto appended = append_part(live.value, &raw); !appended) return appended;
    }
    if (auto read = reader.read(raw); !read) return read;
  }
  return {};
}

std::vector<CheckpointKey> CheckpointIndex::garbage(const Manifest& current, const Manifest* previous,
                                                    std::int64_t epoch) const {
  std::set<CheckpointKey> needed;
  for (const Manifest* manifest : {&current, previous}) {
    if (manifest == nullptr) continue;
    needed.insert(manifest->key());
    for (const auto& increment : manifest->chain) {
      for (std::size_t part = 0; part < increment.part_checksums.size(); ++part) {
        needed.insert(part_key(partition_, increment, part));
      }
    }
  }
  std::vector<CheckpointKey> result;
  for (const auto& [key, live] : live_) {
    const bool claimed = key.kind == Kind::kClaim && key.epoch >= epoch;
    if (!claimed && key.epoch <= epoch && !needed.contains(key)) result.push_back(key);
  }
  return result;
}

} // namespace wardpulse::consumer
