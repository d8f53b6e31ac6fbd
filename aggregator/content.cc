#include "aggregator/content.h"

#include <string>

#include <xxhash.h>

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

// One flat buffer, hashed once: text as (field, size, bytes), so that no two events share a form.
class Form {
 public:
  void text(char field, std::string_view value) {
    const auto size = static_cast<std::uint32_t>(value.size());
    bytes_.push_back(field);
    bytes_.append(reinterpret_cast<const char*>(&size), sizeof size);
    bytes_.append(value);
  }
  void number(char field, std::int64_t value) {
    bytes_.push_back(field);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  std::uint32_t digest() const { return static_cast<std::uint32_t>(XXH3_64bits(bytes_.data(), bytes_.size())); }
  void clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

} // namespace

std::uint32_t content_digest(const Event& event) {
  thread_local Form form; // only spares the allocation
  form.clear();
  char field = 1;
  for (const auto member : kTexts) {
    if ((event.*member).data() != nullptr && !(event.*member).empty()) form.text(field, event.*member);
    ++field;
  }
  form.number(field++, to_ms(event.event_time));
  for (const auto member : kNumbers) {
    if (event.*member != 0) form.number(field, event.*member);
    ++field;
  }
  for (const auto member : kTimes) {
    if (event.*member) form.number(field, to_ms(*(event.*member)));
    ++field;
  }
  for (const auto& value : {event.ventilated, event.observation}) {
    if (value) form.number(field, *value);
    ++field;
  }
  return form.digest();
}

} // namespace wardpulse::aggregator
