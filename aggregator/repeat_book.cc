#include "aggregator/repeat_book.h"

#include <xxhash.h>

#include "aggregator/cell_table.h"
#include "aggregator/partition_state.h"

namespace wardpulse::aggregator {
namespace {

std::string key_of(std::uint64_t digest) {
  std::string key(1, kRepeatEntry);
  ByteWriter(&key).u64(digest);
  return key;
}

} // namespace

bool RepeatBook::first(Topic topic, const Event& event, Time stream) {
  std::string ids;
  ByteWriter out(&ids);
  out.u8(static_cast<std::uint8_t>(topic));
  for (const std::string_view id : {event.patient_id, event.visit_id, event.entity_id, event.event_id}) out.text(id);
  const Digest digest = XXH3_64bits(ids.data(), ids.size());
  const auto [it, inserted] = seen_.try_emplace(digest, Seen{topic, stream});
  if (!inserted) {
    if (stream < later(it->second.at, kRepeatMemory)) return false;
    it->second.at = stream;
  }
  schedule(digest, it->second);
  changed_[digest] = true;
  return true;
}

void RepeatBook::set_stream_time(Topic topic, Time stream) {
  leaving_[static_cast<std::size_t>(topic)].take_due(stream, [this](const Digest& digest, Time hour) {
    const auto it = seen_.find(digest);
    if (it == seen_.end() || forgotten_at(it->second) > hour) return; // seen anew
    seen_.erase(it);
    changed_[digest] = false;
  });
}

namespace {

template <class Seen>
std::string encode(const Seen& seen) {
  std::string bytes;
  ByteWriter out(&bytes);
  out.u8(static_cast<std::uint8_t>(seen.topic));
  out.i64(to_ms(seen.at));
  return bytes;
}

} // namespace

void RepeatBook::write_changed(int slice, const std::function<void(const std::string& key, const std::string* value)>& sink) {
  for (const auto& [digest, there] : changed_) {
    const std::string key = key_of(digest);
    if (!there) {
      sink(key, nullptr);
    } else if (slice_of(key) != slice) {
      const std::string value = encode(seen_.at(digest));
      sink(key, &value);
    }
  }
  changed_.clear();
  for (const auto& [digest, seen] : seen_) {
    const std::string key = key_of(digest);
    if (slice_of(key) != slice) continue;
    const std::string value = encode(seen);
    sink(key, &value);
  }
}

void RepeatBook::write_all(const std::function<void(const std::string& key, const std::string& value)>& sink) const {
  for (const auto& [digest, seen] : seen_) sink(key_of(digest), encode(seen));
}

bool RepeatBook::load(std::string_view key, std::string_view value) {
  ByteReader id(key.substr(1)), in(value);
  const Digest digest = id.u64();
  const auto topic = in.u8();
  const Seen seen{static_cast<Topic>(topic), from_ms(in.i64())};
  if (!id.ok() || !id.at_end() || !in.ok() || !in.at_end() || topic >= kTopicCount) return false;
  seen_.emplace(digest, seen);
  return true;
}

void RepeatBook::finish_load() {
  for (const auto& [digest, seen] : seen_) schedule(digest, seen);
}

} // namespace wardpulse::aggregator
