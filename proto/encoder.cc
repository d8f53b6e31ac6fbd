#include <array>
#include <string>
#include <vector>

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

// The names of a type's fields as they are written, with what is around them: `,"name":`.
const std::vector<std::string>& written_names(EventType type) {
  static const auto all = [] {
    std::array<std::vector<std::string>, kEventTypeCount> names;
    for (const EventTypeSpec& spec : event_types()) {
      for (const TypeField& field : spec.fields) names[static_cast<std::size_t>(spec.type)].push_back(",\"" + std::string(field.field->name) + "\":");
    }
    return names;
  }();
  return all[static_cast<std::size_t>(type)];
}

// An object's members, one after the other.
class MemberWriter {
 public:
  explicit MemberWriter(std::string* out) : out_(out) { out_->push_back('{'); }
  void end() { out_->push_back('}'); }

  // False: the event does not have the field.
  bool write(const Event& event, const EventField& field, std::string_view name) {
    switch (field.kind) {
      case FieldKind::kText: return write_text(name, text_of(event, field));
      case FieldKind::kInteger:
        if (field.number == nullptr) return false;
        value(name).integer(event.*field.number);
        return true;
      case FieldKind::kMoney: value(name).cents(event.*field.number); return true;
      case FieldKind::kDate:
        if (write_text(name, event.*field.text)) return true;
        return event.*field.date && write_text(name, format_date(*(event.*field.date)));
      case FieldKind::kTime:
        if (field.moment == nullptr && !(event.*field.time)) return false;
        value(name).time(field.moment != nullptr ? event.*field.moment : *(event.*field.time));
        return true;
      case FieldKind::kSwitch:
        if (!(event.*field.flag)) return false;
        value(name).boolean(*(event.*field.flag));
        return true;
      case FieldKind::kObject: return false;
    }
    return false;
  }

 private:
  // What comes after the member's name.
  JsonWriter value(std::string_view name) {
    out_->append(name.substr(is_first_ ? 1 : 0));
    is_first_ = false;
    return JsonWriter(out_);
  }
  bool write_text(std::string_view name, std::string_view text) {
    if (text.data() == nullptr) return false;
    value(name).text(text);
    return true;
  }

  std::string* const out_;
  bool is_first_ = true;
};

} // namespace

void encode_event(const Event& event, std::string* out) {
  const auto& fields = event_type_spec(event.type).fields;
  const auto& names = written_names(event.type);
  MemberWriter writer(out);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool written = writer.write(event, *fields[i].field, names[i]);
    WP_CHECK(written || !fields[i].required);
  }
  writer.end();
}

std::string_view event_key(const Event& event) {
  return event_topic(event.type) == Topic::kWorkflow ? event.entity_id : event.patient_id;
}

Topic event_topic(EventType type) { return event_type_spec(type).topic; }

} // namespace wardpulse
