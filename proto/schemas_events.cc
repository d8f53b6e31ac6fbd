#include <fmt/format.h>

#include <algorithm>

#include "base/json_writer.h"
#include "proto/event_types.h"
#include "proto/rules.h"
#include "proto/schema_text.h"
#include "proto/schemas.h"

namespace wardpulse::schemas {
namespace {

const RuleBounds kBounds; // the defaults

std::string_view json_type(FieldKind kind) {
  switch (kind) {
    case FieldKind::kText:
    case FieldKind::kDate:
    case FieldKind::kTime: return "string";
    case FieldKind::kInteger: return "integer";
    case FieldKind::kMoney: return "number";
    case FieldKind::kSwitch: return "boolean";
    case FieldKind::kObject: return "object";
  }
  return "?";
}

void write_type(std::string_view type, bool or_null, JsonWriter* out) {
  out->key("type");
  if (or_null) out->begin_array().text(type).text("null").end_array();
  else out->text(type);
}

void write_texts(std::string_view key, std::span<const std::string_view> texts, bool or_null, JsonWriter* out) {
  out->key(key).begin_array();
  for (const std::string_view text : texts) out->text(text);
  if (or_null) out->null();
  out->end_array();
}

void write_event_type(const EventTypeSpec& spec, JsonWriter* out) {
  if (spec.name.empty()) out->key("pattern").text("^[A-Za-z0-9 ._/-]{1,64}$");
  else out->key("const").text(spec.name);
}

// What rules and limits ask of the value, as far as JSON Schema can say it.
void write_bounds(const EventTypeSpec& spec, const TypeField& field, JsonWriter* out) {
  const EventField& f = *field.field;
  switch (f.kind) {
    case FieldKind::kText:
      if (f.name == kEventTypeMember) return write_event_type(spec, out);
      if (!f.list.empty()) return write_texts("enum", f.list, !field.required, out);
      out->key("maxLength").integer(static_cast<std::int64_t>(f.max_length));
      if (field.required) out->key("pattern").text(kNotBlankPattern);
      if (!f.examples.empty()) write_texts("examples", f.examples, false, out);
      break;
    case FieldKind::kDate: out->key("format").text("date"); break;
    case FieldKind::kTime: out->key("format").text("date-time"); break;
    case FieldKind::kInteger:
      if (f.number == nullptr) {
        out->key("maximum").integer(kSchemaVersion);
      } else {
        out->key("minimum").integer(kBounds.acuity_min).key("maximum").integer(kBounds.acuity_max);
      }
      break;
    case FieldKind::kMoney:
      out->key("minimum").integer(f.least_zero ? 0 : -kBounds.amount_max_cents / 100);
      out->key("maximum").integer(kBounds.amount_max_cents / 100);
      out->key("multipleOf").raw("0.01");
      break;
    case FieldKind::kSwitch:
    case FieldKind::kObject: break;
  }
}

void write_property(const EventTypeSpec& spec, const TypeField& field, JsonWriter* out) {
  const EventField& f = *field.field;
  out->key(f.name).begin_object();
  if (!f.meaning.empty()) out->key("description").text(f.meaning);
  write_type(json_type(f.kind), !field.required, out);
  write_bounds(spec, field, out);
  out->end_object();
}

std::string rule_names(std::uint32_t rules) {
  std::string names;
  for (int rule = 0; rule < kRuleCount; ++rule) {
    if ((rules >> rule & 1) == 0) continue;
    if (!names.empty()) names += ", ";
    names += rule_name(static_cast<Rule>(rule));
  }
  return names;
}

std::string_view shown_name(const EventTypeSpec& spec) { return spec.name.empty() ? "workflow" : spec.name; }

std::string description(const EventTypeSpec& spec) {
  const std::string_view topic = spec.type == EventType::kHeartbeat ? "any" : topic_name(spec.topic);
  std::string text = fmt::format("{}. Topic: {}.", spec.meaning, topic);
  if (spec.rules != 0) text += fmt::format(" Rules: {}.", rule_names(spec.rules));
  return text;
}

std::string event_schema(const EventTypeSpec& spec) {
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  out.key("$schema").text("https://json-schema.org/draft/2020-12/schema");
  out.key("$id").text(fmt::format("urn:wardpulse:event:{}", shown_name(spec)));
  out.key("title").text(shown_name(spec));
  out.key("description").text(description(spec));
  out.key("type").text("object");
  out.key("required").begin_array();
  for (const TypeField& field : spec.fields) {
    if (field.required) out.text(field.field->name);
  }
  out.end_array();
  out.key("properties").begin_object();
  for (const TypeField& field : spec.fields) write_property(spec, field, &out);
  out.end_object();
  if ((spec.rules >> static_cast<unsigned>(Rule::kPaidHasTime) & 1) != 0) {
    out.key("if").raw(R"({"properties":{"status":{"const":"Paid"}}})");
    out.key("then").raw(R"({"properties":{"paid_at":{"type":"string"}},"required":["paid_at"]})");
  }
  out.end_object();
  return pretty_json(json);
}

std::string kind_phrase(const EventField& field) {
  switch (field.kind) {
    case FieldKind::kText:
      if (!field.list.empty()) return fmt::format("one of {}", fmt::join(field.list, ", "));
      if (!field.examples.empty()) return fmt::format("text, such as {}", fmt::join(field.examples, ", "));
      return field.name == kEventTypeMember ? "text" : fmt::format("text, at most {}", field.max_length);
    case FieldKind::kInteger: return "integer";
    case FieldKind::kMoney: return "money";
    case FieldKind::kDate: return "date";
    case FieldKind::kTime: return "time";
    case FieldKind::kSwitch: return "true or false";
    case FieldKind::kObject: return "object";
  }
  return "?";
}

// Envelope members are the same for all types, but for what is required.
bool is_of_envelope(const EventField& field) {
  for (const TypeField& common : event_type_spec(EventType::kWorkflow).fields) {
    if (common.field == &field) return true;
  }
  return false;
}

std::string own_fields(const EventTypeSpec& spec, bool required) {
  std::string names;
  for (const TypeField& field : spec.fields) {
    const EventField& f = *field.field;
    const bool of_all = f.name == "event_id" || f.name == kEventTypeMember || f.name == "event_time";
    if (field.required != required || of_all || (!required && is_of_envelope(f))) continue;
    if (!names.empty()) names += ", ";
    names += fmt::format("`{}`", f.name);
  }
  return names;
}

} // namespace

std::string event_file_name(std::string_view type_name) {
  return fmt::format("events/{}.schema.json", type_name.empty() ? "workflow" : type_name);
}

std::vector<GeneratedFile> event_files() {
  std::vector<GeneratedFile> files;
  for (const EventTypeSpec& spec : event_types())
    files.push_back({"schemas/" + event_file_name(spec.name), event_schema(spec)});
  return files;
}

std::string event_tables() {
  std::string out =
      "| event type | topic | required, besides event_id, event_type, event_time | optional, besides the envelope "
      "|\n|---|---|---|---|\n";
  for (const EventTypeSpec& spec : event_types()) {
    const std::string_view topic = spec.type == EventType::kHeartbeat ? "any" : topic_name(spec.topic);
    const std::string name = spec.name.empty() ? "any other name" : fmt::format("`{}`", spec.name);
    out += fmt::format("| {} | {} | {} | {} |\n", name, topic, own_fields(spec, true), own_fields(spec, false));
  }
  out += "\n| member | is | meaning |\n|---|---|---|\n";
  std::vector<const EventField*> shown;
  for (const EventTypeSpec& spec : event_types()) {
    for (const TypeField& field : spec.fields) {
      if (std::find(shown.begin(), shown.end(), field.field) != shown.end()) continue;
      shown.push_back(field.field);
      out += fmt::format("| `{}` | {} | {} |\n", field.field->name, kind_phrase(*field.field), field.field->meaning);
    }
  }
  return out;
}

} // namespace wardpulse::schemas
