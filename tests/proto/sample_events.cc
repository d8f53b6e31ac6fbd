#include "tests/proto/sample_events.h"

#include <algorithm>

namespace wardpulse::test {
namespace {

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string sample_value(const EventTypeSpec& spec, const EventField& field) {
  switch (field.kind) {
    case FieldKind::kText:
      if (field.name == kEventTypeMember) return quoted(spec.name.empty() ? "data.uploaded" : spec.name);
      if (!field.list.empty()) return quoted(field.list.back());
      return quoted("some " + std::string(field.name));
    case FieldKind::kInteger: return "1";
    case FieldKind::kMoney: return "120.50";
    case FieldKind::kDate: return field.name == "birth_date" ? quoted("1980-02-29") : quoted("2026-11-20");
    case FieldKind::kTime:
      return field.moment != nullptr ? quoted("2026-11-21T13:41:07.25Z") : quoted("2026-11-21T12:00:00+01:00");
    case FieldKind::kSwitch: return "true";
    case FieldKind::kObject: return R"({"event_id":[1,{"a":null}]})";
  }
  return "null";
}

} // namespace

Members sample_members(const EventTypeSpec& spec, Fields fields) {
  Members members;
  for (const TypeField& field : spec.fields) {
    if (fields == Fields::kRequired && !field.required) continue;
    members.emplace_back(field.field->name, sample_value(spec, *field.field));
  }
  return members;
}

Members with(Members members, std::string_view name, std::string json) {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const auto& member) { return member.first == name; });
  if (found == members.end()) members.emplace_back(name, std::move(json));
  else found->second = std::move(json);
  return members;
}

Members without(Members members, std::string_view name) {
  std::erase_if(members, [&](const auto& member) { return member.first == name; });
  return members;
}

std::string to_json(const Members& members) {
  std::string json = "{";
  for (const auto& [name, value] : members) {
    if (json.size() > 1) json += ',';
    json += quoted(name) + ":" + value;
  }
  return json + "}";
}

std::string sample_json(EventType type, Fields fields) {
  return to_json(sample_members(event_type_spec(type), fields));
}

} // namespace wardpulse::test
