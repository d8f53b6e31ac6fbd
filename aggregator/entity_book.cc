#include "aggregator/entity_book.h"

#include "aggregator/partition_state.h"
#include "aggregator/state_codec.h"

namespace wardpulse::aggregator {
namespace {

using Attempts = absl::InlinedVector<Attempt, 4>;

Attempts attempts_of(const std::vector<FunnelPlan>& plans, Records records, TypeCode changing) {
  Attempts attempts;
  for (const FunnelPlan& plan : plans) {
    attempts.push_back(plan.uses(changing) ? attempt_of(plan, records, kForever, 0) : Attempt{});
  }
  return attempts;
}

} // namespace

EntityBook::EntityBook(const Windows& windows, const FunnelPlans& plans, Texts& texts, CellTable& cells)
    : windows_(windows), plans_(plans), texts_(texts), cells_(cells) {}

EntityBook::Entity& EntityBook::make(std::string_view id, Time anchor) {
  auto& entity = entities_[std::string(id)];
  if (entity != nullptr) keep_attempts(*entity);
  entity = std::make_unique<Entity>();
  entity->id = id;
  entity->anchor = anchor;
  schedule_leave(*entity);
  return *entity;
}

void EntityBook::schedule_leave(const Entity& entity) {
  const Time dead = hour_ceil(windows_.entity_dead_from(entity.anchor));
  if (dead != kForever) leaving_.add(dead, entity.id);
}

Added EntityBook::add(std::string_view entity_id, const Occurrence& occurrence, Time stream) {
  const auto it = entities_.find(std::string(entity_id));
  const bool usable = it != entities_.end() && stream < windows_.entity_dead_from(it->second->anchor);
  Entity& entity = usable ? *it->second : make(entity_id, occurrence.time);
  Unpacked records(entity.records);
  const Addition addition = judge_addition(occurrence, records);
  if (!addition.added.applied) return addition.added;
  const Attempts before = attempts_of(plans_.by_entity, records, occurrence.type);
  add_to(&records, addition, occurrence);
  const Attempts after = attempts_of(plans_.by_entity, records, occurrence.type);
  add_to(&entity.records, addition, occurrence);
  for (std::size_t p = 0; p < before.size(); ++p) cells_.exchange(plans_.by_entity[p], before[p], after[p]);
  changed_[entity.id] = true;
  return addition.added;
}

// It leaves the state, and what it counts for stays.
void EntityBook::keep_attempts(const Entity& entity) {
  const Unpacked records(entity.records);
  for (const FunnelPlan& plan : plans_.by_entity) cells_.keep(plan, attempt_of(plan, records, kForever, 0));
}

void EntityBook::set_stream_time(Time stream) {
  leaving_.take_due(stream, [this](const std::string& id, Time hour) {
    const auto it = entities_.find(id);
    if (it == entities_.end() || hour_ceil(windows_.entity_dead_from(it->second->anchor)) > hour) return; // used anew
    keep_attempts(*it->second);
    entities_.erase(it);
    changed_[id] = false;
  });
}

std::string EntityBook::encode(const Entity& entity) const {
  std::string bytes;
  ByteWriter out(&bytes);
  out.i64(to_ms(entity.anchor));
  put(entity.records, texts_, out);
  return bytes;
}

void EntityBook::write_changed(int slice, const std::function<void(const std::string& key, const std::string* value)>& sink) {
  for (const auto& [id, there] : changed_) {
    const std::string key = kEntityEntry + id;
    if (!there) {
      sink(key, nullptr);
    } else if (slice_of(key) != slice) {
      const std::string value = encode(*entities_.find(id)->second);
      sink(key, &value);
    }
  }
  changed_.clear();
  for (const auto& [id, entity] : entities_) {
    const std::string key = kEntityEntry + id;
    if (slice_of(key) != slice) continue;
    const std::string value = encode(*entity);
    sink(key, &value);
  }
}

void EntityBook::write_all(const std::function<void(const std::string& key, const std::string& value)>& sink) const {
  for (const auto& [id, entity] : entities_) sink(kEntityEntry + id, encode(*entity));
}

bool EntityBook::load(std::string_view id, std::string_view value) {
  auto& entity = entities_[std::string(id)];
  if (entity != nullptr) return true;
  entity = std::make_unique<Entity>();
  entity->id = id;
  ByteReader in(value);
  entity->anchor = from_ms(in.i64());
  ReadRecords records;
  if (!get(in, texts_, &records) || !in.at_end()) return false;
  entity->records.assign(records);
  for (const FunnelPlan& plan : plans_.by_entity) cells_.load(plan, attempt_of(plan, {records.data(), records.size()}, kForever, 0));
  return true;
}

void EntityBook::finish_load() {
  for (const auto& [id, entity] : entities_) schedule_leave(*entity);
}

} // namespace wardpulse::aggregator
