#include "producer/mapping.h"

#include <algorithm>

#include <fmt/format.h>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "producer/field_value.h"

namespace wardpulse::producer {
namespace {

using Names = std::initializer_list<std::string_view>;

template <class List>
std::string joined(const List& names) {
  std::string text;
  for (const auto& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

// Reads the file's tree and collects every problem with its place.
class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  const std::string& problems() const { return problems_; }
  Mapping read(const toml::table& root);

 private:
  void problem(const toml::node& at, const std::string& what) {
    problems_ += fmt::format("{}{}:{}: {}", problems_.empty() ? "" : "\n", file_, at.source().begin.line, what);
  }
  void known_keys(const toml::table& table, Names known, const std::string& where) {
    for (const auto& [key, node] : table) {
      if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
      problem(node, fmt::format("{}: '{}' is not known here; known: {}", where, key.str(), joined(known)));
    }
  }
  std::optional<std::string> text(const toml::table& table, std::string_view key, const std::string& where);
  bool flag(const toml::table& table, std::string_view key, const std::string& where);
  char character(const toml::table& table, std::string_view key, char fallback, const std::string& where);
  std::optional<std::string> scalar(const toml::node& node);
  std::vector<std::string> texts(const toml::table& table, std::string_view key, const std::string& where);
  std::optional<TimeZone> zone(const toml::table& table, const std::string& where);
  std::vector<TimeFormat> formats(const toml::table& table, std::string_view key, const std::string& where);

  std::optional<EventRule> read_event(const toml::table& table);
  const EventTypeSpec* read_type(const toml::table& table, const toml::table& fields, const std::string& where);
  void read_fields(const toml::table& fields, EventRule* event, const std::string& where);
  void read_field(std::string_view name, const toml::node& node, EventRule* event, const std::string& where);
  void add_defaults(const toml::table& table, EventRule* event, const std::string& where);
  ValueRule read_value(const toml::node& node, const std::string& where);
  void read_origin(const toml::table& table, ValueRule* rule, const std::string& where);
  std::vector<TemplatePart> read_template(const toml::node& node, const std::string& text, const std::string& where);
  void read_values(const toml::table& table, ValueRule* rule, const std::string& where);
  void check_field(const toml::node& node, FieldRule* rule, const std::string& where);
  void check_constants(const toml::node& node, const FieldRule& rule, const std::string& where);
  void read_when(const toml::node& node, EventRule* event, const std::string& where);
  void read_condition(const toml::table& table, EventRule* event, const std::string& where);

  const std::string file_;
  std::string problems_;
  std::vector<TimeFormat> default_formats_;
  std::optional<TimeZone> default_zone_;
  std::optional<std::string> default_source_;
};

// --- small parts ----------------------------------------------------------------------------------------------------

std::optional<std::string> Reader::text(const toml::table& table, std::string_view key, const std::string& where) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::nullopt;
  if (auto value = node->value_exact<std::string>()) return value;
  problem(*node, fmt::format("{}: '{}' must be a text in quotes", where, key));
  return std::nullopt;
}

bool Reader::flag(const toml::table& table, std::string_view key, const std::string& where) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return false;
  if (const auto value = node->value_exact<bool>()) return *value;
  problem(*node, fmt::format("{}: '{}' must be true or false", where, key));
  return false;
}

char Reader::character(const toml::table& table, std::string_view key, char fallback, const std::string& where) {
  const auto value = text(table, key, where);
  if (!value) return fallback;
  if (value->size() == 1 && value->front() != '"' && value->front() != '\n' && value->front() != '\r') return value->front();
  problem(*table.get(key), fmt::format("{}: '{}' must be one character", where, key));
  return fallback;
}

// A text, or a whole number or true and false taken as texts.
std::optional<std::string> Reader::scalar(const toml::node& node) {
  if (auto value = node.value_exact<std::string>()) return value;
  if (const auto value = node.value_exact<std::int64_t>()) return std::to_string(*value);
  if (const auto value = node.value_exact<bool>()) return *value ? "true" : "false";
  return std::nullopt;
}

std::vector<std::string> Reader::texts(const toml::table& table, std::string_view key, const std::string& where) {
  std::vector<std::string> result;
  const toml::node* node = table.get(key);
  if (node == nullptr) return result;
  const auto add = [&](const toml::node& one) {
    if (auto value = scalar(one)) result.push_back(std::move(*value));
    else problem(one, fmt::format("{}: '{}' must be a text or a list of texts", where, key));
  };
  if (const toml::array* list = node->as_array()) {
    for (const toml::node& one : *list) add(one);
  } else {
    add(*node);
  }
  return result;
}

std::optional<TimeZone> Reader::zone(const toml::table& table, const std::string& where) {
  const auto name = text(table, "timezone", where);
  if (!name) return std::nullopt;
  auto zone = TimeZone::load(*name);
  if (zone) return *zone;
  problem(*table.get("timezone"), where + ": " + zone.error().text());
  return std::nullopt;
}

std::vector<TimeFormat> Reader::formats(const toml::table& table, std::string_view key, const std::string& where) {
  std::vector<TimeFormat> result;
  for (const std::string& one : texts(table, key, where)) {
    if (auto format = TimeFormat::parse(one)) result.push_back(std::move(*format));
    else problem(*table.get(key), where + ": " + format.error().text());
  }
  return result;
}

// --- values ---------------------------------------------------------------------------------------------------------

// "column", or a table.
ValueRule Reader::read_value(const toml::node& node, const std::string& where) {
  ValueRule rule;
  if (const auto column = node.value_exact<std::string>()) {
    rule.origin = ColumnRef{*column, false};
    return rule;
  }
  const toml::table* table = node.as_table();
  if (table == nullptr) {
    problem(node, where + ": must be a column's name in quotes, or a table with column, value or template");
    return rule;
  }
  known_keys(*table, {"column", "value", "template", "optional", "trim", "empty", "default", "map", "otherwise", "format",
                      "timezone", "decimal", "thousands"}, where);
  read_origin(*table, &rule, where);
  rule.trim = flag(*table, "trim", where);
  rule.empty = texts(*table, "empty", where);
  if (const toml::node* fallback = table->get("default")) {
    rule.fallback = scalar(*fallback);
    if (!rule.fallback) problem(*fallback, where + ": 'default' must be a text");
  }
  read_values(*table, &rule, where);
  rule.formats = formats(*table, "format", where);
  rule.zone = zone(*table, where);
  rule.decimal = character(*table, "decimal", '.', where);
  rule.thousands = character(*table, "thousands", 0, where);
  if (rule.decimal == rule.thousands) problem(*table, where + ": 'decimal' and 'thousands' must differ");
  return rule;
}

void Reader::read_origin(const toml::table& table, ValueRule* rule, const std::string& where) {
  const int given = (table.contains("column") ? 1 : 0) + (table.contains("value") ? 1 : 0) + (table.contains("template") ? 1 : 0);
  if (given != 1) {
    problem(table, where + ": needs exactly one of 'column', 'value', 'template'");
    return;
  }
  const bool optional = flag(table, "optional", where);
  if (optional && !table.contains("column")) problem(table, where + ": 'optional' goes with 'column'");
  if (const auto column = text(table, "column", where)) rule->origin = ColumnRef{*column, optional};
  if (const toml::node* value = table.get("value")) {
    const auto constant = scalar(*value);
    if (!constant) problem(*value, where + ": 'value' must be a text, a whole number, true or false; other numbers go in quotes");
    rule->origin = constant.value_or("");
  }
  if (const auto form = text(table, "template", where)) rule->origin = read_template(*table.get("template"), *form, where);
}

std::vector<TemplatePart> Reader::read_template(const toml::node& node, const std::string& form, const std::string& where) {
  std::vector<TemplatePart> parts;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) parts.push_back({TemplatePart::Kind::kText, std::exchange(literal, {})});
  };
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool doubled = i + 1 < form.size() && form[i + 1] == form[i];
    if ((form[i] == '{' || form[i] == '}') && doubled) {
      literal.push_back(form[i++]);
    } else if (form[i] == '{') {
      const std::size_t end = form.find('}', i);
      const std::string name = form.substr(i + 1, end == std::string::npos ? 0 : end - i - 1);
      if (name.empty()) {
        problem(node, where + ": template '" + form + "' has a { without a column's name and }; a brace itself is written {{");
        return parts;
      }
      flush();
      if (name == "@line") parts.push_back({TemplatePart::Kind::kLine, {}});
      else if (name == "@file") parts.push_back({TemplatePart::Kind::kFile, {}});
      else parts.push_back({TemplatePart::Kind::kColumn, name});
      i = end;
    } else if (form[i] == '}') {
      problem(node, where + ": template '" + form + "' has a } without {; a brace itself is written }}");
      return parts;
    } else {
      literal.push_back(form[i]);
    }
  }
  flush();
  return parts;
}

void Reader::read_values(const toml::table& table, ValueRule* rule, const std::string& where) {
  if (const toml::node* otherwise = table.get("otherwise")) {
    rule->otherwise = scalar(*otherwise);
    if (!rule->otherwise) problem(*otherwise, where + ": 'otherwise' must be a text");
    if (!table.contains("map")) problem(*otherwise, where + ": 'otherwise' goes with 'map'");
  }
  const toml::node* node = table.get("map");
  if (node == nullptr) return;
  const toml::table* map = node->as_table();
  if (map == nullptr || map->empty()) {
    problem(*node, where + ": 'map' must be a table such as { F = \"F\", \"0\" = \"M\" }");
    return;
  }
  for (const auto& [from, to] : *map) {
    if (auto value = scalar(to)) rule->values.emplace(from.str(), std::move(*value));
    else problem(to, fmt::format("{}: what '{}' becomes must be a text", where, from.str()));
  }
}

// --- fields ---------------------------------------------------------------------------------------------------------

void Reader::read_field(std::string_view name, const toml::node& node, EventRule* event, const std::string& where) {
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

void Reader::check_field(const toml::node& node, FieldRule* rule, const std::string& where) {
  const FieldKind kind = rule->field->kind;
  ValueRule& value = rule->value;
  const toml::table* table = node.as_table();
  const auto given = [&](std::string_view key) { return table != nullptr && table->contains(key); };
  if (kind != FieldKind::kTime && kind != FieldKind::kDate && given("format")) problem(node, where + ": 'format' is for times and dates");
  if (kind != FieldKind::kTime && given("timezone")) problem(node, where + ": 'timezone' is for times");
  if (kind != FieldKind::kMoney && kind != FieldKind::kInteger && (given("decimal") || given("thousands"))) {
    problem(node, where + ": 'decimal' and 'thousands' are for numbers");
  }
  if (kind == FieldKind::kTime) {
    if (value.formats.empty()) value.formats = default_formats_;
    if (!value.zone) value.zone = default_zone_;
    for (const TimeFormat& format : value.formats) {
      if (!format.may_be_local() || value.zone || format.text() == "iso") continue;
      problem(node, fmt::format("{}: '{}' has no offset, so a time zone is needed: timezone = \"Europe/Stockholm\"", where, format.text()));
    }
  }
  check_constants(node, *rule, where);
}

// What stands in the mapping itself can be judged now.
void Reader::check_constants(const toml::node& node, const FieldRule& rule, const std::string& where) {
  const auto check = [&](const std::string& text) {
    if (text.empty()) return;
    if (const std::string reason = refuse_text(rule, text); !reason.empty()) problem(node, where + ": " + reason);
  };
  if (const auto* constant = std::get_if<std::string>(&rule.value.origin); constant != nullptr && rule.value.values.empty()) check(*constant);
  for (const auto& [from, to] : rule.value.values) check(to);
  if (rule.value.otherwise) check(*rule.value.otherwise);
  if (rule.value.fallback && rule.value.values.empty()) check(*rule.value.fallback);
}

void Reader::read_fields(const toml::table& fields, EventRule* event, const std::string& where) {
  for (const auto& [name, node] : fields) read_field(name.str(), node, event, where);
  for (const TypeField& field : event->spec->fields) {
    const std::string_view name = field.field->name;
    if (!field.required || name == kEventTypeMember || name == "event_id" || fields.contains(name)) continue;
    if (name == "source" && default_source_) continue;
    problem(fields, fmt::format("{}: field '{}' is missing", where, name));
  }
}

// event_type, and the file's source where the event has none of its own.
void Reader::add_defaults(const toml::table& table, EventRule* event, const std::string& where) {
  const auto field = [&](std::string_view name) {
    return std::find_if(event->spec->fields.begin(), event->spec->fields.end(),
                        [&](const TypeField& one) { return one.field->name == name; });
  };
  const toml::node& type = *table.get("type");
  FieldRule rule{field(kEventTypeMember)->field, true, {}, static_cast<int>(type.source().begin.line)};
  if (const auto constant = type.value_exact<std::string>()) rule.value.origin = *constant;
  else rule.value = read_value(type, where + ", type");
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
const EventTypeSpec* Reader::read_type(const toml::table& table, const toml::table& fields, const std::string& where) {
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

std::optional<EventRule> Reader::read_event(const toml::table& table) {
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

void Reader::read_when(const toml::node& node, EventRule* event, const std::string& where) {
  const std::string here = where + ", when";
  if (const toml::table* table = node.as_table()) return read_condition(*table, event, here);
  const toml::array* list = node.as_array();
  if (list == nullptr) return problem(node, here + ": must be a table such as { column = \"left\", is = \"yes\" }, or a list of them");
  for (const toml::node& one : *list) {
    if (const toml::table* table = one.as_table()) read_condition(*table, event, here);
    else problem(one, here + ": must hold tables such as { column = \"left\", is = \"yes\" }");
  }
}

void Reader::read_condition(const toml::table& table, EventRule* event, const std::string& where) {
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

Mapping Reader::read(const toml::table& root) {
  const std::string where = "the mapping";
  known_keys(root, {"delimiter", "encoding", "time_format", "timezone", "source", "event"}, where);
  Mapping mapping;
  mapping.delimiter = character(root, "delimiter", ',', where);
  if (const auto encoding = text(root, "encoding", where)) {
    mapping.latin1 = *encoding == "latin1";
    if (*encoding != "utf-8" && *encoding != "latin1") problem(*root.get("encoding"), "'encoding' is utf-8 or latin1, not '" + *encoding + "'");
  }
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

} // namespace

Result<Mapping> parse_mapping(const std::string& toml, const std::string& file_name) {
  const toml::parse_result parsed = toml::parse(toml, file_name);
  if (!parsed) {
    return fail(fmt::format("{}:{}: {}", file_name, parsed.error().source().begin.line, parsed.error().description()), "this is no TOML");
  }
  Reader reader(file_name);
  Mapping mapping = reader.read(parsed.table());
  if (!reader.problems().empty()) return fail(reader.problems(), "docs/import.md describes mappings");
  return mapping;
}

} // namespace wardpulse::producer
