#include "base/check.h"
#include "base/json_writer.h"
#include "proto/codec.h"
#include "proto/event_types.h"

namespace wardpulse {
namespace {

// A listed text may be left out by a caller that has set the value.
std::string_view text_of(const Event& event, const EventField& field) {
  const std::string_view text = event.*field.text;
  if (text.data() != nullptr) return text;
  if (field.text == &Event::gender_text) return gender_name(event.gender);
  if (field.text == &Event::visit_type_text) return visit_type_name(event.visit_type);
  if (field.text == &Event::status_text && event.type == EventType::kBill) return bill_status_name(event.bill_status);
  if (field.text == &Event::type_name) return event_type_spec(event.type).name;
  return text;
}

// False: the event does not have the field.
bool write_field(const Event& event, const EventField& field, JsonWriter* out) {
  switch (field.kind) {
    case FieldKind::kText: {
      const std::string_view text = text_of(event, field);
      if (text.data() == nullptr) return false;
      out->key(field.name).text(text);
      return true;
    }
    case FieldKind::kInteger:
      if (field.number == nullptr) return false;
      out->key(field.name).integer(event.*field.number);
      return true;
    case FieldKind::kMoney: out->key(field.name).cents(event.*field.number); return true;
    case FieldKind::kDate:
      if ((event.*field.text).data() != nullptr) {
        out->key(field.name).text(event.*field.text);
      } else if (event.*field.date) {
        out->key(field.name).text(format_date(*(event.*field.date)));
      } else {
        return false;
      }
      return true;
    case FieldKind::kTime:
      if (field.moment == nullptr && !(event.*field.time)) return false;
      out->key(field.name).time(field.moment != nullptr ? event.*field.moment : *(event.*field.time));
      return true;
    case FieldKind::kSwitch:
      if (!(event.*field.flag)) return false;
      out->key(field.name).boolean(*(event.*field.flag));
      return true;
    case FieldKind::kObject: return false;
  }
  return false;
}

} // namespace

void encode_event(const Event& event, std::string* out) {
  JsonWriter writer(out);
  writer.begin_object();
  for (const TypeField& field : event_type_spec(event.type).fields) {
    const bool written = write_field(event, *field.field, &writer);
    WP_CHECK(written || !field.required);
  }
  writer.end_object();
}

std::string_view event_key(const Event& event) {
  return event_topic(event.type) == Topic::kWorkflow ? event.entity_id : event.patient_id;
}

Topic event_topic(EventType type) { return event_type_spec(type).topic; }

} // namespace wardpulse
