// The mapping as a whole: events, their fields, when they are made. Values are read in mapping_values.cc.
#include "producer/mapping.h"

#include "producer/field_value.h"
#include "producer/mapping_reader.h"

namespace wardpulse::producer {

// --- fields ---------------------------------------------------------------------------------------------------------

void MappingReader::read_field(std::string_view name, const toml::node& node, EventRule* event, const std::string& where) {
  const auto& fields = event->spec->fields;
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const TypeField& field) { return field.field->name == name; });
  if (found == fields.end() || name == kEventTypeMember || name == kSchemaVersionMember || found->field->kind == FieldKind::kObject) {
    std::vector<std::string_view> known;
    for (const TypeField& field : fields) {
      const std::string_view one = field.field->name;
      if (one != kEventTypeMember && one != kSchemaVersionMember && field.field->kind != FieldKind::kObject) known.push_back(one);
    }
    problem(node, fmt::format("{}: there is no field '{}'; known: {}", where, name, joined(known)));
    return;
  }
  const std::string here = fmt::format("{}, {}", where, name);
  FieldRule rule{found->field, found->required, read_value(node, here), static_cast<int>(node.source().begin.line)};
  check_field(node, &rule, here);
  event->fields.push_back(std::move(rule));
}

void MappingReader::check_field(const toml::node& node, FieldRule* rule, const std::string& where) {
  ValueRule& value = rule->value;
  check_kind(node, *rule, where);
  if (value.is_age && !value.zone) value.zone = default_zone_;
  if (rule->field->kind == FieldKind::kTime) {
    if (value.formats.empty()) value.formats = default_formats_;
    if (!value.zone) value.zone = default_zone_;
    for (const TimeFormat& format : value.formats) {
      if (!format.may_be_local() || value.zone || format.text() == "iso") continue;
      problem(node, fmt::format("{}: '{}' has no offset, so a time zone is needed: timezone = \"Europe/Stockholm\"", where, format.text()));
    }
  }
  check_constants(node, *rule, where);
}

// A key that says nothing about this kind of field is a slip.
void MappingReader::check_kind(const toml::node& node, const FieldRule& rule, const std::string& where) {
  const FieldKind kind = rule.field->kind;
  const bool is_time = kind == FieldKind::kTime, is_date = kind == FieldKind::kDate;
  const bool is_number = kind == FieldKind::kMoney || kind == FieldKind::kInteger;
  const bool may_take_zone = is_time || (is_date && rule.value.is_age);
  const struct {
    std::string_view key;
    bool fits;
    std::string_view what;
  } kKeys[] = {{"format", is_time || is_date, "times and dates"},
               {"timezone", may_take_zone, "times"},
               {"plus", is_time, "times"},
               {"minus", is_time, "times"},
               {"decimal", is_number || (is_time && rule.value.move), "numbers"},
               {"thousands", is_number, "numbers"},
               {"round", is_number, "numbers"},
               {"sum", kind == FieldKind::kMoney, "amounts"},
               {"digest", kind == FieldKind::kText, "texts"}};
  const toml::table* table = node.as_table();
  for (const auto& [key, fits, what] : kKeys) {
    if (table != nullptr && table->contains(key) && !fits) problem(node, fmt::format("{}: '{}' is for {}", where, key, what));
  }
  if (rule.value.is_age && !is_date) problem(node, where + ": format 'age' is for dates");
}

// What stands in the mapping itself can be judged now.
void MappingReader::check_constants(const toml::node& node, const FieldRule& rule, const std::string& where) {
  const auto check = [&](const std::string& text) {
    if (text.empty()) return;
    if (const std::string reason = refuse_text(rule, text); !reason.empty()) problem(node, where + ": " + reason);
  };
  if (rule.value.is_age || !rule.value.strip.empty() || rule.value.digest) return; // judged as they come
  if (const auto* constant = std::get_if<std::string>(&rule.value.origin); constant != nullptr && rule.value.values.empty()) check(*constant);
  for (const auto& [from, to] : rule.value.values) check(to);
  if (rule.value.otherwise) check(*rule.value.otherwise);
  if (rule.value.fallback && rule.value.values.empty()) check(*rule.value.fallback);
}

void MappingReader::read_fields(const toml::table& fields, EventRule* event, const std::string& where) {
  for (const auto& [name, node] : fields) read_field(name.str(), node, event, where);
  for (const TypeField& field : event->spec->fields) {
    const std::string_view name = field.field->name;
    if (!field.required || name == kEventTypeMember || name == "event_id" || fields.contains(name)) continue;
    if (name == "source" && default_source_) continue;
    problem(fields, fmt::format("{}: field '{}' is missing", where, name));
  }
  // An age needs the event's time.
  std::stable_partition(event->fields.begin(), event->fields.end(), [](const FieldRule& one) { return one.field->moment != nullptr; });
}

// event_type, and the file's source where the event has none of its own.
void MappingReader::add_defaults(const toml::table& table, EventRule* event, const std::string& where) {
  const auto field = [&](std::string_view name) {
    return std::find_if(event->spec->fields.begin(), event->spec->fields.end(),
                        [&](const TypeField& one) { return one.field->name == name; });
  };
  const toml::node& type = *table.get("type");
  FieldRule rule{field(kEventTypeMember)->field, true, {}, static_cast<int>(type.source().begin.line)};
  if (const auto constant = type.value_exact<std::string>()) rule.value.origin = *constant;
  else rule.value = read_value(type, where + ", type");
  check_kind(type, rule, where + ", type");
  if (event->spec->type == EventType::kWorkflow) check_constants(type, rule, where + ", type");
  event->fields.push_back(std::move(rule));
  const bool has_source = std::any_of(event->fields.begin(), event->fields.end(),
                                      [](const FieldRule& one) { return one.field->name == "source"; });
  if (has_source || !default_source_) return;
  FieldRule source{field("source")->field, false, {}, 0};
  source.value.origin = *default_source_;
  event->fields.push_back(std::move(source));
}

// --- events ---------------------------------------------------------------------------------------------------------

// An event with an entity_id belongs to topic workflow, where any type goes; else the type is one of the declared ones.
const EventTypeSpec* MappingReader::read_type(const toml::table& table, const toml::table& fields, const std::string& where) {
  const toml::node* type = table.get("type");
  if (type == nullptr) {
    problem(table, where + ": needs 'type', such as type = \"checkin\"");
    return nullptr;
  }
  if (fields.contains("entity_id")) return &event_type_spec(EventType::kWorkflow);
  const auto name = type->value_exact<std::string>();
  if (!name) {
    problem(*type, where + ": a type that comes from a column needs the field entity_id (topic workflow)");
    return nullptr;
  }
  std::vector<std::string_view> known;
  for (const EventTypeSpec& spec : event_types()) {
    if (spec.name == *name && spec.type != EventType::kHeartbeat) return &spec;
    if (!spec.name.empty() && spec.type != EventType::kHeartbeat) known.push_back(spec.name);
  }
  problem(*type, fmt::format("'{}' is no event type; known: {}; any other needs the field entity_id (topic workflow)", *name, joined(known)));
  return nullptr;
}

std::optional<EventRule> MappingReader::read_event(const toml::table& table) {
  EventRule event;
  event.line = static_cast<int>(table.source().begin.line);
  const toml::node* type = table.get("type");
  event.name = type != nullptr && type->is_string() ? *type->value<std::string>() : fmt::format("of line {}", event.line);
  const std::string where = "event " + event.name;
  known_keys(table, {"type", "files", "when", "fields"}, where);
  const toml::table* fields = table.get_as<toml::table>("fields");
  if (fields == nullptr) {
    problem(table, where + ": needs a table 'fields' ([event.fields])");
    return std::nullopt;
  }
  if (auto files = text(table, "files", where)) event.files = std::move(*files);
  if (const toml::node* when = table.get("when")) read_when(*when, &event, where);
  event.spec = read_type(table, *fields, where);
  if (event.spec == nullptr) return std::nullopt;
  read_fields(*fields, &event, where);
  add_defaults(table, &event, where);
  return event;
}

void MappingReader::read_when(const toml::node& node, EventRule* event, const std::string& where) {
  const std::string here = where + ", when";
  if (const toml::table* table = node.as_table()) return read_condition(*table, event, here);
  const toml::array* list = node.as_array();
  if (list == nullptr) return problem(node, here + ": must be a table such as { column = \"left\", is = \"yes\" }, or a list of them");
  for (const toml::node& one : *list) {
    if (const toml::table* table = one.as_table()) read_condition(*table, event, here);
    else problem(one, here + ": must hold tables such as { column = \"left\", is = \"yes\" }");
  }
}

void MappingReader::read_condition(const toml::table& table, EventRule* event, const std::string& where) {
  known_keys(table, {"column", "is", "not", "optional", "trim"}, where);
  Condition condition;
  const auto column = text(table, "column", where);
  if (!column) {
    if (!table.contains("column")) problem(table, where + ": needs 'column'");
    return;
  }
  condition.column = {*column, flag(table, "optional", where)};
  condition.trim = flag(table, "trim", where);
  condition.wanted = table.contains("is");
  if (condition.wanted == table.contains("not")) problem(table, where + ": needs exactly one of 'is' and 'not'");
  condition.texts = texts(table, condition.wanted ? "is" : "not", where);
  event->when.push_back(std::move(condition));
}

void MappingReader::read_file_form(const toml::table& root, Mapping* mapping, const std::string& where) {
  static constexpr std::pair<std::string_view, Encoding> kEncodings[] = {
      {"utf-8", Encoding::kUtf8}, {"latin1", Encoding::kLatin1}, {"windows-1252", Encoding::kWindows1252}};
  mapping->delimiter = character(root, "delimiter", ',', where);
  if (const auto name = text(root, "encoding", where)) {
    const auto found = std::find_if(std::begin(kEncodings), std::end(kEncodings), [&](const auto& one) { return one.first == *name; });
    if (found != std::end(kEncodings)) mapping->encoding = found->second;
    else problem(*root.get("encoding"), "'encoding' is utf-8, latin1 or windows-1252, not '" + *name + "'");
  }
  mapping->header = texts(root, "header", where);
  if (const toml::node* lines = root.get("skip_lines")) {
    const auto count = lines->value_exact<std::int64_t>();
    if (count && *count >= 0 && *count <= 1000) mapping->skip_lines = static_cast<int>(*count);
    else problem(*lines, where + ": 'skip_lines' must be a whole number from 0 to 1000");
  }
}

Mapping MappingReader::read(const toml::table& root) {
  const std::string where = "the mapping";
  known_keys(root, {"delimiter", "encoding", "skip_lines", "header", "time_format", "timezone", "source", "event"}, where);
  Mapping mapping;
  read_file_form(root, &mapping, where);
  default_formats_ = formats(root, "time_format", where);
  if (default_formats_.empty()) default_formats_.push_back(*TimeFormat::parse("iso"));
  default_zone_ = zone(root, where);
  default_source_ = text(root, "source", where);

  const toml::node* events = root.get("event");
  const toml::array* list = events != nullptr ? events->as_array() : nullptr;
  if (list == nullptr || list->empty()) {
    problem(events != nullptr ? *events : static_cast<const toml::node&>(root), "there is no event: begin one with [[event]]");
    return mapping;
  }
  for (const toml::node& one : *list) {
    const toml::table* table = one.as_table();
    if (table == nullptr) problem(one, "an event must be a table: [[event]]");
    else if (auto event = read_event(*table)) mapping.events.push_back(std::move(*event));
  }
  return mapping;
}

Result<Mapping> parse_mapping(const std::string& toml, const std::string& file_name) {
  const toml::parse_result parsed = toml::parse(toml, file_name);
  if (!parsed) {
    return fail(fmt::format("{}:{}: {}", file_name, parsed.error().source().begin.line, parsed.error().description()), "this is no TOML");
  }
  MappingReader reader(file_name);
  Mapping mapping = reader.read(parsed.table());
  if (!reader.problems().empty()) return fail(reader.problems(), "docs/import.md describes mappings");
  return mapping;
}

} // namespace wardpulse::producer
