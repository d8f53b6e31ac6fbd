#include "aggregator/state_codec.h"

#include <algorithm>
#include <utility>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aggregator/partition_state.h"

namespace wardpulse::aggregator {

std::uint64_t entry_hash(std::string_view entry_key) { return XXH3_64bits(entry_key.data(), entry_key.size()); }

int slice_of(std::string_view entry_key) { return static_cast<int>(entry_hash(entry_key) % kSliceCount); }

namespace {

void put(const Occurrence& o, const Texts& texts, ByteWriter& out) {
  // Workflow types are interned: their name is written instead of the number.
  out.u64(std::min(o.type, kWorkflowTypes));
  if (o.type >= kWorkflowTypes) out.text(texts.text(o.type - kWorkflowTypes));
  out.i64(to_ms(o.time));
  out.text(o.event_id);
  out.text(o.item_id);
  out.text(o.link);
  for (const TextId id : {o.department, o.detail, o.source, o.party, o.facility}) out.text(texts.text(id));
  out.u64(o.content);
  out.u64(o.conditions);
  for (const std::int64_t amount : {o.amount, o.amount2, o.amount3}) out.i64(amount);
  out.u8(o.admitted);
  out.u8(o.flag);
}

} // namespace

void put(const Occurrences& records, const Texts& texts, ByteWriter& out) {
  thread_local std::string encoded; // only spares the allocation
  encoded.clear();
  ByteWriter one(&encoded);
  absl::InlinedVector<std::pair<std::size_t, std::size_t>, 32> places; // start, size
  for (const Occurrence& o : records) {
    const std::size_t start = encoded.size();
    put(o, texts, one);
    places.emplace_back(start, encoded.size() - start);
  }
  // Numbers of workflow types depend on the order of arrival, and so does the list's order by type.
  const auto bytes = [&](const auto& place) { return std::string_view(encoded).substr(place.first, place.second); };
  std::sort(places.begin(), places.end(), [&](const auto& a, const auto& b) { return bytes(a) < bytes(b); });
  out.u64(places.size());
  for (const auto& place : places) out.text(bytes(place));
}

namespace {

// What no record could have left behind: bytes that are not ours, and numbers that later code would use as an index.
bool is_possible(const Occurrence& o) {
  constexpr std::int64_t kFirstMs = -62'135'596'800'000, kLastMs = 253'402'300'799'999; // years 1 to 9999
  constexpr std::int64_t kFirstDay = -719'162, kLastDay = 2'932'896;
  if (to_ms(o.time) < kFirstMs || to_ms(o.time) > kLastMs || o.admitted > kAllSizes) return false;
  if (o.type >= kWorkflowTypes) return true;
  switch (static_cast<EventType>(o.type)) {
    case EventType::kPatientRegistered:
      return o.flag < static_cast<int>(Gender::kInvalid) && o.amount >= kFirstDay && o.amount <= kLastDay;
    case EventType::kCheckin: case EventType::kVisitCancelled: case EventType::kVisitNoShow:
      return o.flag < static_cast<int>(VisitType::kOther);
    case EventType::kBill: return o.flag < static_cast<int>(BillStatus::kOther);
    case EventType::kDischarge: return o.amount >= kFirstMs && o.amount <= kLastMs;
    default: return o.type < kEventTypeCount && o.flag <= static_cast<int>(Said::kYes);
  }
}

} // namespace

bool get(ByteReader& in, Texts& texts, ReadRecords* records) {
  records->clear();
  for (auto n = in.u64(); n > 0 && in.ok(); --n) {
    ByteReader one(in.text());
    Occurrence& o = records->emplace_back();
    o.type = static_cast<TypeCode>(one.u64());
    if (o.type >= kWorkflowTypes) o.type = kWorkflowTypes + texts.intern(one.text());
    o.time = from_ms(one.i64());
    o.event_id = one.text();
    o.item_id = one.text();
    o.link = one.text();
    for (TextId* id : {&o.department, &o.detail, &o.source, &o.party, &o.facility}) *id = texts.intern(one.text());
    o.content = static_cast<std::uint32_t>(one.u64());
    o.conditions = static_cast<std::uint32_t>(one.u64());
    for (std::int64_t* amount : {&o.amount, &o.amount2, &o.amount3}) *amount = one.i64();
    o.admitted = one.u8();
    o.flag = one.u8();
    if (!one.ok() || !one.at_end() || !is_possible(o)) return false;
  }
  if (!std::is_sorted(records->begin(), records->end(), Occurrences::before)) std::stable_sort(records->begin(), records->end(), Occurrences::before);
  return in.ok();
}

} // namespace wardpulse::aggregator
