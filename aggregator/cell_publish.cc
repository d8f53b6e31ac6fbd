// When a cell's published form changes, and giving those that did.
#include "aggregator/cell_table.h"

namespace wardpulse::aggregator {
namespace {

constexpr Duration kFinanceSettles = hours{24 * 90}; // payments come for so long

// Of many attempts some end each minute, and the cell would be packed and unpacked each time; open they take no more room.
bool is_touched_often(const CellContent& content) {
  constexpr std::size_t kMany = 100;
  const auto* funnel = std::get_if<FunnelValues>(&content.values);
  return funnel != nullptr && funnel->undecided.size() > kMany;
}

constexpr std::uint8_t topic_bit(Topic topic) { return static_cast<std::uint8_t>(1U << static_cast<int>(topic)); }

} // namespace

std::uint8_t CellTable::feed(const CellKey& key) const {
  constexpr std::uint8_t kCheckins = topic_bit(Topic::kCheckins), kCare = kCheckins | topic_bit(Topic::kEncounters),
                     kMoney = kCare | topic_bit(Topic::kBilling), kEvery = kMoney | topic_bit(Topic::kWorkflow);
  switch (key.family) {
    case Family::kDepartment: case Family::kHospital: case Family::kAccess: return kCare;
    case Family::kQuality: return kEvery;
    case Family::kPatients: return kCheckins;
    case Family::kFunnel: break;
    default: return kMoney;
  }
  std::uint8_t bits = 0;
  for (int t = 0; t < kTopicCount; ++t) {
    if (plan(key.sub).topics[static_cast<std::size_t>(t)]) bits |= topic_bit(static_cast<Topic>(t));
  }
  return bits;
}

Time CellTable::final_at(const CellKey& key, const TimeSpan& span) const {
  const Time graced = later(span.end, windows_.grace(key.size));
  switch (key.family) {
    case Family::kFunnel: return later(graced, plan(key.sub).definition->window);
    case Family::kFinanceDepartment: case Family::kFinancePayer: case Family::kFinanceTreatment: return later(graced, kFinanceSettles);
    default: return graced;
  }
}

void CellTable::schedule(std::uint32_t index, Time time) {
  if (time == kForever) return;
  const Slot& slot = slots_[index];
  deadlines_[slot.feed].push({time, index, slot.generation});
}

// Any later change marks the cell, and its publication looks again.
void CellTable::schedule_next_timeout(const CellKey& key, CellContent& content, Time shown) {
  auto* v = std::get_if<FunnelValues>(&content.values);
  if (v == nullptr) return;
  const Duration window = plan(key.sub).definition->window;
  const auto start_ms = v->undecided.first_from(to_ms(later(shown, -window)));
  const Time next = start_ms ? later(later(from_ms(*start_ms), window), Duration{1}) : kForever;
  if (next != v->next_timeout) schedule(content.index, next);
  v->next_timeout = next;
}

// When those who wait have waited for a minute more; kForever: nobody's wait goes on.
Time CellTable::next_minute(const CellKey& key, const CellContent& content, Time shown) const {
  const auto* funnel = std::get_if<FunnelValues>(&content.values);
  if (funnel == nullptr || funnel->unseen.empty() || shown == kNever) return kForever;
  const Time last_start = from_ms(funnel->unseen.last());
  const Time minute = std::chrono::floor<std::chrono::minutes>(shown); // waits are told as of whole minutes
  if (minute >= later(last_start, std::chrono::floor<std::chrono::minutes>(plan(key.sub).definition->window))) return kForever;
  return minute + std::chrono::minutes{1};
}

void CellTable::mark_all_changed() {
  for (std::uint32_t index = 0; index < slots_.size(); ++index) {
    if (slots_[index].live) mark_to_publish(index);
  }
}

void CellTable::publish(const ShownWatermarks& shown, const std::function<void(const Cell&)>& changed,
                        const std::function<void(const std::string& cell_id)>& removed) {
  for (std::size_t f = 0; f < deadlines_.size(); ++f) take_due(deadlines_[f], shown[f]);
  for (const std::uint32_t index : publish_changed_) {
    Slot& slot = slots_[index];
    if ((slot.marks & kToPublish) == 0) continue; // gone since, or listed twice
    slot.marks &= static_cast<std::uint8_t>(~kToPublish);
    CellContent& content = content_of(slot);
    content.index = index;
    const Time now = shown[slot.feed];
    const TimeSpan span = span_of(slot.key);
    changed(render(slot.key, span, content, now));
    schedule(index, next_minute(slot.key, content, now));
    schedule_next_timeout(slot.key, content, now);
    if (now >= span.end && slot.body.open() != nullptr && !is_touched_often(content)) pack(slot, content);
  }
  publish_changed_.clear();
  for (const std::string& id : removed_) removed(id);
  removed_.clear();
}

void CellTable::take_due(Deadlines& deadlines, Time shown) {
  while (!deadlines.empty() && deadlines.top().time <= shown) {
    const Deadline due = deadlines.top();
    deadlines.pop();
    const Slot& slot = slots_[due.slot];
    if (!slot.live || slot.generation != due.generation) continue;
    mark_to_publish(due.slot);
    const TimeSpan span = span_of(slot.key);
    if (const Time final = final_at(slot.key, span); due.time == span.end && final > span.end) schedule(due.slot, final);
  }
}

void CellTable::for_each(const ShownWatermarks& shown, const std::function<void(const Cell&)>& visit) const {
  for (const Slot& slot : slots_) if (slot.live) visit(render(slot.key, span_of(slot.key), content_of(slot), shown[slot.feed]));
}

void CellTable::for_each_day(const ShownWatermarks& shown, const std::function<void(const Cell&)>& visit) const {
  for (const Slot& slot : slots_) {
    if (!slot.live || (slot.key.family != Family::kDailyKpis && slot.key.family != Family::kDepartmentStats)) continue;
    visit(render(slot.key, span_of(slot.key), content_of(slot), shown[slot.feed]));
  }
}

} // namespace wardpulse::aggregator
