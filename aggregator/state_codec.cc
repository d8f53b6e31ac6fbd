#include "aggregator/state_codec.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aggregator/partition_state.h"

namespace wardpulse::aggregator {

int slice_of(std::string_view entry_key) {
  return static_cast<int>(XXH3_64bits(entry_key.data(), entry_key.size()) % kSliceCount);
}

namespace {

// Writes what ByteWriter would, into room that was made before.
class RoomWriter {
 public:
  explicit RoomWriter(char* to) : to_(to) {}
  void u64(std::uint64_t v) {
    for (; v >= 0x80; v >>= 7) *to_++ = static_cast<char>(v | 0x80);
    *to_++ = static_cast<char>(v);
  }
  void i64(std::int64_t v) { u64((static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63)); }
  void u8(std::uint8_t v) { *to_++ = static_cast<char>(v); }
  void text(std::string_view v) {
    u64(v.size());
    if (!v.empty()) std::memcpy(to_, v.data(), v.size()); // the data of an empty text may be null
    to_ += v.size();
  }
  const char* end() const { return to_; }

 private:
  char* to_;
};

constexpr std::size_t kVarintBytes = 10;

std::array<TextId, 5> texts_of(const Occurrence& o) { return {o.department, o.detail, o.source, o.party, o.facility}; }

// At least as many bytes as put() writes.
std::size_t room_for(const Occurrence& o, const Texts& texts) {
  std::size_t room = 18 * kVarintBytes + o.event_id.size() + o.item_id.size() + o.link.size();
  if (o.type >= kWorkflowTypes) room += texts.text(o.type - kWorkflowTypes).size();
  for (const TextId id : texts_of(o)) room += texts.text(id).size();
  return room;
}

void put(const Occurrence& o, const Texts& texts, RoomWriter& out) {
  // Workflow types are interned: their name is written instead of the number.
  out.u64(std::min(o.type, kWorkflowTypes));
  if (o.type >= kWorkflowTypes) out.text(texts.text(o.type - kWorkflowTypes));
  out.i64(to_ms(o.time));
  out.text(o.event_id);
  out.text(o.item_id);
  out.text(o.link);
  for (const TextId id : texts_of(o)) out.text(texts.text(id));
  out.u64(o.content);
  out.u64(o.conditions);
  for (const std::int64_t amount : {o.amount, o.amount2, o.amount3}) out.i64(amount);
  out.u8(o.admitted);
  out.u8(o.flag);
}

} // namespace

void put(const Occurrences& records, const Texts& texts, ByteWriter& out) {
  thread_local std::vector<char> room; // only spares the allocation
  absl::InlinedVector<std::pair<std::size_t, std::size_t>, 32> places; // start, size
  std::size_t used = 0;
  for (const Occurrence& o : records) {
    const std::size_t most = used + room_for(o, texts);
    if (room.size() < most) room.resize(2 * most);
    RoomWriter one(room.data() + used);
    put(o, texts, one);
    const auto size = static_cast<std::size_t>(one.end() - room.data()) - used;
    places.emplace_back(used, size);
    used += size;
  }
  // Numbers of workflow types depend on the order of arrival, and so does the list's order by type.
  const auto bytes = [&](const auto& place) { return std::string_view(room.data() + place.first, place.second); };
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

bool get(ByteReader& in, Texts& texts, Occurrences* records) {
  for (auto n = in.u64(); n > 0 && in.ok(); --n) {
    ByteReader one(in.text());
    Occurrence o;
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
    records->insert(o);
  }
  return in.ok();
}

} // namespace wardpulse::aggregator
