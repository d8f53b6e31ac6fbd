#include "aggregator/content.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "proto/event_types.h"

namespace wardpulse::aggregator {
namespace {

constexpr std::string_view Event::* kTexts[] = {
    &Event::type_name,   &Event::patient_id,      &Event::visit_id,        &Event::entity_id,         &Event::department,
    &Event::facility,    &Event::source,          &Event::actor_role,      &Event::gender_text,       &Event::city,
    &Event::birth_date_text, &Event::registered_on_text, &Event::visit_type_text, &Event::arrival_mode, &Event::treatment_code,
    &Event::description, &Event::treatment_id,    &Event::admission_id,    &Event::room_type,         &Event::disposition,
    &Event::status_text, &Event::reason,          &Event::bill_id,         &Event::payment_id,        &Event::claim_id,
    &Event::payer,       &Event::organization,
};
constexpr std::int64_t Event::* kNumbers[] = {
    &Event::acuity, &Event::cost_cents, &Event::total_cents, &Event::insurance_cents, &Event::patient_cents, &Event::amount_cents, &Event::covered_cents,
};
constexpr std::optional<Time> Event::* kTimes[] = {&Event::admitted_at, &Event::started_at, &Event::paid_at};

// The members that an event of one type can have; the others are skipped unread. A member's number is part of the digest.
struct Members {
  std::vector<std::pair<char, std::string_view Event::*>> texts;
  std::vector<std::pair<char, std::int64_t Event::*>> numbers;
  std::vector<std::pair<char, std::optional<Time> Event::*>> times;

  explicit Members(const EventTypeSpec& spec) {
    const auto has = [&](auto member, auto EventField::*of_field) {
      return std::any_of(spec.fields.begin(), spec.fields.end(), [&](const TypeField& field) { return field.field->*of_field == member; });
    };
    char number = 1;
    for (const auto member : kTexts) {
      const bool is_derived = member == &Event::type_name || member == &Event::source; // the decoder fills them in
      if (is_derived || has(member, &EventField::text)) texts.emplace_back(number, member);
      ++number;
    }
    ++number; // event_time
    for (const auto member : kNumbers) {
      if (has(member, &EventField::number)) numbers.emplace_back(number, member);
      ++number;
    }
    for (const auto member : kTimes) {
      if (has(member, &EventField::time)) times.emplace_back(number, member);
      ++number;
    }
  }
};
constexpr char kEventTime = 1 + std::size(kTexts), kFlags = kEventTime + 1 + std::size(kNumbers) + std::size(kTimes);

const Members& members_of(EventType type) {
  static const std::vector<Members> all(event_types().begin(), event_types().end());
  return all[static_cast<std::size_t>(type)];
}

// One flat buffer, hashed once: text as (field, size, bytes), so that no two events share a form.
class Form {
 public:
  void text(char field, std::string_view value) {
    reserve(value.size());
    const auto size = static_cast<std::uint32_t>(value.size());
    bytes_[used_++] = field;
    std::memcpy(&bytes_[used_], &size, sizeof size);
    if (!value.empty()) std::memcpy(&bytes_[used_ + sizeof size], value.data(), value.size());
    used_ += sizeof size + value.size();
  }
  void number(char field, std::int64_t value) {
    reserve(0);
    bytes_[used_++] = field;
    std::memcpy(&bytes_[used_], &value, sizeof value);
    used_ += sizeof value;
  }
  std::uint32_t digest() const { return static_cast<std::uint32_t>(XXH3_64bits(bytes_.data(), used_)); }
  void clear() { used_ = 0; }

 private:
  // For a text of this size, or a number.
  void reserve(std::size_t size) {
    constexpr std::size_t kOverhead = 16;
    if (bytes_.size() - used_ < size + kOverhead) bytes_.resize(2 * (used_ + size + kOverhead));
  }
  std::vector<char> bytes_ = std::vector<char>(1024);
  std::size_t used_ = 0;
};

} // namespace

std::uint32_t content_digest(const Event& event) {
  thread_local Form form; // only spares the allocation
  form.clear();
  const Members& members = members_of(event.type);
  for (const auto& [field, member] : members.texts) {
    if (!(event.*member).empty()) form.text(field, event.*member);
  }
  form.number(kEventTime, to_ms(event.event_time));
  for (const auto& [field, member] : members.numbers) {
    if (event.*member != 0) form.number(field, event.*member);
  }
  for (const auto& [field, member] : members.times) {
    if (event.*member) form.number(field, to_ms(*(event.*member)));
  }
  if (event.ventilated) form.number(kFlags, *event.ventilated);
  if (event.observation) form.number(kFlags + 1, *event.observation);
  return form.digest();
}

} // namespace wardpulse::aggregator
