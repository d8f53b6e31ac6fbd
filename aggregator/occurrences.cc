#include "aggregator/occurrences.h"

#include <cstdlib>
#include <tuple>

#include "base/check.h"

namespace wardpulse::aggregator {
namespace {

// Layout of one record: this head, then those extras whose bit is set, in the order of Extra, then event_id and item_id.
struct Head {
  std::int64_t time_ms;
  std::uint32_t type;
  TextId department;
  std::uint32_t content;
  std::uint16_t event_id_size;
  std::uint16_t item_id_size;
  std::uint16_t extras;
  SizeMask admitted;
  std::uint8_t flag;
};
static_assert(sizeof(Head) == 32);
constexpr std::size_t kHeadBytes = 8 + 3 * 4 + 3 * 2 + 2; // packed: no trailing padding is stored

enum Extra : std::uint16_t {
  kDetail = 1, kSource = 2, kParty = 4, kFacility = 8, kConditions = 16, kAmount = 32, kAmount2 = 64, kAmount3 = 128, kLink = 256,
};

// Calls f(bit, field) for each extra of fixed size: one list for sizes, writing and reading.
template <class O, class F>
void each_extra(O& o, F&& f) {
  f(kDetail, o.detail);
  f(kSource, o.source);
  f(kParty, o.party);
  f(kFacility, o.facility);
  f(kConditions, o.conditions);
  f(kAmount, o.amount);
  f(kAmount2, o.amount2);
  f(kAmount3, o.amount3);
}

std::size_t packed_size(const Occurrence& o) {
  std::size_t size = kHeadBytes + o.event_id.size() + o.item_id.size();
  each_extra(o, [&](Extra, const auto& field) { size += field != 0 ? sizeof field : 0; });
  return o.link.empty() ? size : size + sizeof(std::uint16_t) + o.link.size();
}

char* put_bytes(char* to, const void* from, std::size_t size) {
  if (size != 0) std::memcpy(to, from, size);
  return to + size;
}

void write(const Occurrence& o, char* to) {
  WP_CHECK(o.event_id.size() <= UINT16_MAX && o.item_id.size() <= UINT16_MAX && o.link.size() <= UINT16_MAX);
  Head head{to_ms(o.time), o.type, o.department, o.content, static_cast<std::uint16_t>(o.event_id.size()),
            static_cast<std::uint16_t>(o.item_id.size()), 0, o.admitted, o.flag};
  each_extra(o, [&](Extra bit, const auto& field) { head.extras |= field != 0 ? bit : 0; });
  if (!o.link.empty()) head.extras |= kLink;
  to = put_bytes(to, &head, kHeadBytes);
  each_extra(o, [&](Extra, const auto& field) {
    if (field != 0) to = put_bytes(to, &field, sizeof field);
  });
  if (!o.link.empty()) {
    const auto size = static_cast<std::uint16_t>(o.link.size());
    to = put_bytes(to, &size, sizeof size);
    to = put_bytes(to, o.link.data(), size);
  }
  to = put_bytes(to, o.event_id.data(), o.event_id.size());
  put_bytes(to, o.item_id.data(), o.item_id.size());
}

} // namespace

const char* Occurrences::unpack(const char* at, Occurrence* to) {
  Head head;
  std::memcpy(&head, at, kHeadBytes);
  const char* p = at + kHeadBytes;
  *to = Occurrence();
  to->type = head.type;
  to->time = from_ms(head.time_ms);
  to->department = head.department;
  to->content = head.content;
  to->admitted = head.admitted;
  to->flag = head.flag;
  if (head.extras != 0) {
    each_extra(*to, [&](Extra bit, auto& field) {
      if ((head.extras & bit) == 0) return;
      std::memcpy(&field, p, sizeof field);
      p += sizeof field;
    });
    if ((head.extras & kLink) != 0) {
      std::uint16_t size;
      std::memcpy(&size, p, sizeof size);
      to->link = {p + sizeof size, size};
      p += sizeof size + size;
    }
  }
  to->event_id = {p, head.event_id_size};
  to->item_id = {p + head.event_id_size, head.item_id_size};
  return to->item_id.data() + head.item_id_size;
}

bool Occurrences::before(const Occurrence& a, const Occurrence& b) {
  return std::tie(a.type, a.time, a.event_id) < std::tie(b.type, b.time, b.event_id);
}

void Occurrences::assign(std::span<const Occurrence> sorted) {
  WP_CHECK(bytes_ == nullptr);
  std::size_t size = 0;
  for (const Occurrence& o : sorted) size += packed_size(o);
  reserve(size);
  for (const Occurrence& o : sorted) put(size_.used, o);
}

void Occurrences::insert_at(std::size_t place, const Occurrence& occurrence) {
  auto it = begin();
  for (; place > 0; --place) ++it;
  put(it == end() ? size_.used : static_cast<std::size_t>(it.position() - bytes_), occurrence);
}

void Occurrences::put(std::size_t at, const Occurrence& occurrence) {
  const std::size_t size = packed_size(occurrence);
  if (size_.used + size > memory()) reserve(size_.used + size + size_.used / 4);
  std::memmove(bytes_ + at + size, bytes_ + at, size_.used - at);
  write(occurrence, bytes_ + at);
  size_.used += static_cast<std::uint32_t>(size);
  size_.admitted_by_all &= occurrence.admitted;
}

void Occurrences::reserve(std::size_t size) {
  if (size == 0) return;
  size_.units = static_cast<std::uint32_t>((size + kUnit - 1) / kUnit);
  bytes_ = static_cast<char*>(std::realloc(bytes_, memory()));
  WP_CHECK(bytes_ != nullptr && size <= memory());
}

void Occurrences::erase_at(std::size_t place) {
  auto it = begin();
  for (; place > 0; --place) ++it;
  const auto size = static_cast<std::uint32_t>(it.next_position() - it.position());
  std::memmove(bytes_ + (it.position() - bytes_), it.next_position(), static_cast<std::size_t>(bytes_ + size_.used - it.next_position()));
  size_.used -= size;
  size_.admitted_by_all = kAllSizes;
  for (const Occurrence& o : *this) size_.admitted_by_all &= o.admitted;
}

} // namespace wardpulse::aggregator
