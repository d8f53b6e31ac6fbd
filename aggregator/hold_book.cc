#include "aggregator/hold_book.h"

#include "aggregator/cell_table.h"
#include "aggregator/partition_state.h"
#include "aggregator/windows.h"
#include "base/check.h"
#include "base/planted_bug.h"

namespace wardpulse::aggregator {
namespace {

std::string encode(const Held& held) {
  std::string bytes;
  ByteWriter out(&bytes);
  out.i64(to_ms(held.broker_time));
  out.i64(to_ms(held.event_time));
  out.i64(to_ms(held.stream));
  out.u8(held.admitted);
  out.text(held.patient_id);
  out.text(held.visit_id);
  out.text(held.key);
  out.text(held.value);
  return bytes;
}

std::optional<HoldPlace> decode_key(std::string_view key) {
  ByteReader in(key.substr(1));
  const auto topic = in.u8();
  const auto offset = in.i64();
  if (!in.ok() || !in.at_end() || topic >= kTopicCount) return std::nullopt;
  return HoldPlace{static_cast<Topic>(topic), offset};
}

std::size_t size_of(const Held& held) { return held.key.size() + held.value.size(); }

} // namespace

std::string HoldBook::visit_key(std::string_view patient_id, std::string_view visit_id) {
  std::string key;
  ByteWriter out(&key);
  out.text(patient_id);
  out.text(visit_id);
  return key;
}

std::string HoldBook::entry_key(HoldPlace place) {
  std::string key(1, kHoldEntry);
  ByteWriter out(&key);
  out.u8(static_cast<std::uint8_t>(place.first));
  out.i64(place.second);
  return key;
}

void HoldBook::hold(Held record) {
  const HoldPlace place{record.topic, record.offset};
  bytes_ += size_of(record);
  by_visit_[visit_key(record.patient_id, record.visit_id)].insert(place);
  by_expiry_.insert({later(record.event_time, kHoldHorizon), place.first, place.second});
  changed_.insert(place);
  WP_CHECK(held_.emplace(place, std::move(record)).second);
}

std::vector<HoldPlace> HoldBook::waiting_for(std::string_view patient_id, std::string_view visit_id) const {
  if (by_visit_.empty()) return {};
  const auto it = by_visit_.find(visit_key(patient_id, visit_id));
  if (it == by_visit_.end()) return {};
  return {it->second.begin(), it->second.end()};
}

Held HoldBook::take(HoldPlace place) {
  const auto it = held_.find(place);
  WP_CHECK(it != held_.end());
  Held held = std::move(it->second);
  held_.erase(it);
  bytes_ -= size_of(held);
  const auto visit = by_visit_.find(visit_key(held.patient_id, held.visit_id));
  visit->second.erase(place);
  if (visit->second.empty()) by_visit_.erase(visit);
  by_expiry_.erase({later(held.event_time, kHoldHorizon), place.first, place.second});
  changed_.insert(place);
  return held;
}

std::optional<HoldPlace> HoldBook::expired(Time watermark) const {
  if (by_expiry_.empty() || std::get<0>(*by_expiry_.begin()) > watermark) return std::nullopt;
  const auto& [time, topic, offset] = *by_expiry_.begin();
  return HoldPlace{topic, offset};
}

void HoldBook::write_changed(int slice, const std::function<void(const std::string& key, const std::string* value)>& sink) {
  if (planted(PlantedBug::kLostHold)) return;
  for (const HoldPlace& place : changed_) {
    const std::string key = entry_key(place);
    const auto it = held_.find(place);
    if (it == held_.end()) {
      sink(key, nullptr);
    } else if (slice_of(key) != slice) {
      const std::string value = encode(it->second);
      sink(key, &value);
    }
  }
  changed_.clear();
  for (const auto& [place, held] : held_) {
    const std::string key = entry_key(place);
    if (slice_of(key) != slice) continue;
    const std::string value = encode(held);
    sink(key, &value);
  }
}

void HoldBook::write_all(const std::function<void(const std::string& key, const std::string& value)>& sink) const {
  for (const auto& [place, held] : held_) sink(entry_key(place), encode(held));
}

bool HoldBook::load(std::string_view key, std::string_view value) {
  const auto place = decode_key(key);
  if (!place) return false;
  if (held_.contains(*place)) return true;
  ByteReader in(value);
  Held held{.topic = place->first, .offset = place->second};
  held.broker_time = from_ms(in.i64());
  held.event_time = from_ms(in.i64());
  held.stream = from_ms(in.i64());
  held.admitted = in.u8();
  held.patient_id = in.text();
  held.visit_id = in.text();
  held.key = in.text();
  held.value = in.text();
  if (!in.ok() || !in.at_end()) return false;
  hold(std::move(held));
  return true;
}

void HoldBook::finish_load() { changed_.clear(); }

} // namespace wardpulse::aggregator
