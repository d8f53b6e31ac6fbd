#include "aggregator/occurrences.h"

#include <cstdlib>
#include <tuple>

#include "base/check.h"

namespace wardpulse::aggregator {
namespace {

// Layout of one record: this head, [amount 8 bytes when kHasAmount], event_id, item_id.
struct Head {
  std::int64_t time_ms;
  std::uint32_t type;
  TextId department;
  TextId detail;
  std::uint32_t content;
  std::uint32_t conditions;
  std::uint16_t event_id_size;
  std::uint16_t item_id_size;
  SizeMask admitted;
  std::uint8_t flag;
  std::uint8_t has_amount;
};
constexpr std::size_t kHeadBytes = 8 + 5 * 4 + 2 * 2 + 3; // packed: no trailing padding is stored
static_assert(kHeadBytes <= sizeof(Head));

std::size_t packed_size(const Occurrence& o) {
  return kHeadBytes + (o.amount != 0 ? sizeof o.amount : 0) + o.event_id.size() + o.item_id.size();
}

void write(const Occurrence& o, char* to) {
  WP_CHECK(o.event_id.size() <= UINT16_MAX && o.item_id.size() <= UINT16_MAX);
  const Head head{to_ms(o.time), o.type, o.department, o.detail, o.content, o.conditions,
                  static_cast<std::uint16_t>(o.event_id.size()), static_cast<std::uint16_t>(o.item_id.size()),
                  o.admitted, o.flag, static_cast<std::uint8_t>(o.amount != 0)};
  std::memcpy(to, &head, kHeadBytes);
  to += kHeadBytes;
  if (head.has_amount) {
    std::memcpy(to, &o.amount, sizeof o.amount);
    to += sizeof o.amount;
  }
  if (!o.event_id.empty()) std::memcpy(to, o.event_id.data(), o.event_id.size());
  if (!o.item_id.empty()) std::memcpy(to + o.event_id.size(), o.item_id.data(), o.item_id.size());
}

bool before(const Occurrence& a, const Occurrence& b) {
  return std::tie(a.type, a.time, a.event_id) < std::tie(b.type, b.time, b.event_id);
}

} // namespace

void Occurrences::Iterator::read() {
  Head head;
  std::memcpy(&head, at_, kHeadBytes);
  const char* p = at_ + kHeadBytes;
  current_.type = head.type;
  current_.time = from_ms(head.time_ms);
  current_.department = head.department;
  current_.detail = head.detail;
  current_.content = head.content;
  current_.conditions = head.conditions;
  current_.admitted = head.admitted;
  current_.flag = head.flag;
  current_.amount = 0;
  if (head.has_amount) {
    std::memcpy(&current_.amount, p, sizeof current_.amount);
    p += sizeof current_.amount;
  }
  current_.event_id = {p, head.event_id_size};
  current_.item_id = {p + head.event_id_size, head.item_id_size};
  next_ = p + head.event_id_size + head.item_id_size;
}

void Occurrences::insert(const Occurrence& occurrence) {
  const std::size_t size = packed_size(occurrence);
  std::size_t at = used_;
  for (auto it = begin(); it != end(); ++it) {
    if (before(occurrence, *it)) {
      at = static_cast<std::size_t>(it.position() - bytes_);
      break;
    }
  }
  if (used_ + size > capacity_) {
    capacity_ = static_cast<std::uint32_t>((used_ + size + used_ / 4 + 15) / 16 * 16);
    bytes_ = static_cast<char*>(std::realloc(bytes_, capacity_));
    WP_CHECK(bytes_ != nullptr);
  }
  std::memmove(bytes_ + at + size, bytes_ + at, used_ - at);
  write(occurrence, bytes_ + at);
  used_ += static_cast<std::uint32_t>(size);
  admitted_by_all_ &= occurrence.admitted;
}

void Occurrences::erase(const Iterator& it) {
  const auto size = static_cast<std::uint32_t>(it.next_position() - it.position());
  std::memmove(bytes_ + (it.position() - bytes_), it.next_position(),
               static_cast<std::size_t>(bytes_ + used_ - it.next_position()));
  used_ -= size;
  admitted_by_all_ = kAllSizes;
  for (const Occurrence& o : *this) admitted_by_all_ &= o.admitted;
}

} // namespace wardpulse::aggregator
