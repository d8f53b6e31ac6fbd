// The parts of a mapping that say where a value comes from and how it is written.
#include "producer/field_value.h"
#include "producer/mapping_reader.h"

namespace wardpulse::producer {

// --- small parts ----------------------------------------------------------------------------------------------------

std::optional<std::string> MappingReader::text(const toml::table& table, std::string_view key, const std::string& where) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::nullopt;
  if (auto value = node->value_exact<std::string>()) return value;
  problem(*node, fmt::format("{}: '{}' must be a text in quotes", where, key));
  return std::nullopt;
}

bool MappingReader::flag(const toml::table& table, std::string_view key, const std::string& where) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return false;
  if (const auto value = node->value_exact<bool>()) return *value;
  problem(*node, fmt::format("{}: '{}' must be true or false", where, key));
  return false;
}

char MappingReader::character(const toml::table& table, std::string_view key, char fallback, const std::string& where) {
  const auto value = text(table, key, where);
  if (!value) return fallback;
  if (value->size() == 1 && value->front() != '"' && value->front() != '\n' && value->front() != '\r') return value->front();
  problem(*table.get(key), fmt::format("{}: '{}' must be one character", where, key));
  return fallback;
}

// A text, or a whole number or true and false taken as texts.
std::optional<std::string> MappingReader::scalar(const toml::node& node) {
  if (auto value = node.value_exact<std::string>()) return value;
  if (const auto value = node.value_exact<std::int64_t>()) return std::to_string(*value);
  if (const auto value = node.value_exact<bool>()) return *value ? "true" : "false";
  return std::nullopt;
}

std::vector<std::string> MappingReader::texts(const toml::table& table, std::string_view key, const std::string& where) {
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

std::optional<TimeZone> MappingReader::zone(const toml::table& table, const std::string& where) {
  const auto name = text(table, "timezone", where);
  if (!name) return std::nullopt;
  auto zone = TimeZone::load(*name);
  if (zone) return *zone;
  problem(*table.get("timezone"), where + ": " + zone.error().text());
  return std::nullopt;
}

std::vector<TimeFormat> MappingReader::formats(const toml::table& table, std::string_view key, const std::string& where) {
  std::vector<TimeFormat> result;
  for (const std::string& one : texts(table, key, where)) {
    if (auto format = TimeFormat::parse(one)) result.push_back(std::move(*format));
    else problem(*table.get(key), where + ": " + format.error().text());
  }
  return result;
}

// --- values ---------------------------------------------------------------------------------------------------------

// "column", or a table.
ValueRule MappingReader::read_value(const toml::node& node, const std::string& where) {
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
  known_keys(*table, {"column", "value", "template", "sum", "optional", "trim", "strip", "empty", "default", "map", "otherwise", "format",
                      "timezone", "plus", "minus", "decimal", "thousands", "round", "digest"}, where);
  read_origin(*table, &rule, where);
  rule.trim = flag(*table, "trim", where);
  rule.strip = texts(*table, "strip", where);
  rule.digest = flag(*table, "digest", where);
  rule.round = flag(*table, "round", where);
  std::erase(rule.strip, ""); // would be found everywhere
  rule.empty = texts(*table, "empty", where);
  if (const toml::node* fallback = table->get("default")) {
    rule.fallback = scalar(*fallback);
    if (!rule.fallback) problem(*fallback, where + ": 'default' must be a text");
  }
  read_values(*table, &rule, where);
  read_formats(*table, &rule, where);
  read_move(*table, &rule, where);
  rule.zone = zone(*table, where);
  rule.decimal = character(*table, "decimal", '.', where);
  rule.thousands = character(*table, "thousands", 0, where);
  if (rule.decimal == rule.thousands) problem(*table, where + ": 'decimal' and 'thousands' must differ");
  return rule;
}

void MappingReader::read_origin(const toml::table& table, ValueRule* rule, const std::string& where) {
  constexpr std::string_view kOrigins[] = {"column", "value", "template", "sum"};
  if (std::count_if(std::begin(kOrigins), std::end(kOrigins), [&](auto one) { return table.contains(one); }) != 1) {
    problem(table, where + ": needs exactly one of 'column', 'value', 'template', 'sum'");
    return;
  }
  const bool optional = flag(table, "optional", where);
  if (optional && !table.contains("column") && !table.contains("sum")) problem(table, where + ": 'optional' goes with 'column' or 'sum'");
  if (const auto column = text(table, "column", where)) rule->origin = ColumnRef{*column, optional};
  if (const toml::node* value = table.get("value")) {
    const auto constant = scalar(*value);
    if (!constant) problem(*value, where + ": 'value' must be a text, a whole number, true or false; other numbers go in quotes");
    rule->origin = constant.value_or("");
  }
  if (const auto form = text(table, "template", where)) rule->origin = read_template(*table.get("template"), *form, where);
  if (const toml::node* sum = table.get("sum")) rule->origin = read_sum(*sum, optional, where);
}

// ["total", "-insurance"]: a column whose name stands after a minus is taken off.
std::vector<SumPart> MappingReader::read_sum(const toml::node& node, bool optional, const std::string& where) {
  std::vector<SumPart> parts;
  if (const toml::array* list = node.as_array()) {
    for (const toml::node& one : *list) {
      const auto name = one.value_exact<std::string>();
      if (!name || name->empty()) continue;
      const bool taken_off = name->front() == '-';
      parts.push_back({{taken_off ? name->substr(1) : *name, optional}, taken_off});
    }
  }
  const bool all_read = node.is_array() && node.as_array()->size() == parts.size() && !parts.empty();
  if (!all_read) problem(node, where + ": 'sum' must be a list of columns such as [\"total\", \"-insurance\"]");
  return parts;
}

// plus = { column = "wait", unit = "minutes" }
void MappingReader::read_move(const toml::table& table, ValueRule* rule, const std::string& where) {
  using namespace std::chrono;
  static constexpr std::pair<std::string_view, Duration> kUnits[] = {
      {"milliseconds", milliseconds{1}}, {"seconds", seconds{1}}, {"minutes", minutes{1}}, {"hours", hours{1}}, {"days", days{1}}};
  const bool back = table.contains("minus");
  if (back && table.contains("plus")) problem(table, where + ": 'plus' and 'minus' exclude each other");
  const std::string_view key = back ? "minus" : "plus";
  const toml::node* node = table.get(key);
  if (node == nullptr) return;
  const std::string here = fmt::format("{}, {}", where, key);
  const toml::table* move = node->as_table();
  if (move == nullptr || move->contains("column") == move->contains("value")) {
    return problem(*node, here + ": must be a table such as { column = \"wait\", unit = \"minutes\" }, or with value instead of column");
  }
  known_keys(*move, {"column", "value", "unit", "optional"}, here);
  TimeMove result;
  if (const auto column = text(*move, "column", here)) result.amount = ColumnRef{*column, flag(*move, "optional", here)};
  if (const toml::node* value = move->get("value")) {
    const auto amount = scalar(*value);
    if (!amount || !read_number(*amount, '.', 0)) problem(*value, here + ": 'value' must be a number; one with decimals goes in quotes");
    result.amount = amount.value_or("0");
  }
  const std::string unit = text(*move, "unit", here).value_or("");
  for (const auto& [name, size] : kUnits) {
    if (name == unit) result.unit = back ? -size : size;
  }
  if (result.unit == Duration{0}) problem(*move, here + ": 'unit' must be milliseconds, seconds, minutes, hours or days");
  rule->move = std::move(result);
}

void MappingReader::read_formats(const toml::table& table, ValueRule* rule, const std::string& where) {
  const toml::node* node = table.get("format");
  rule->is_age = node != nullptr && node->value<std::string_view>() == "age";
  if (!rule->is_age) rule->formats = formats(table, "format", where);
}

std::vector<TemplatePart> MappingReader::read_template(const toml::node& node, const std::string& form, const std::string& where) {
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

void MappingReader::read_values(const toml::table& table, ValueRule* rule, const std::string& where) {
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

} // namespace wardpulse::producer
