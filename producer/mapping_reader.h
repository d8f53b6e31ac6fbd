// Reads a mapping's TOML; mapping.cc and mapping_values.cc are its parts.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/toml.h"
#include "producer/mapping.h"

namespace wardpulse::producer {

using Names = std::initializer_list<std::string_view>;

template <class List>
std::string joined(const List& names) {
  std::string text;
  for (const auto& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

// Reads the file's tree and collects every problem with its place.
class MappingReader {
 public:
  explicit MappingReader(std::string file) : file_(std::move(file)) {}

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

  void read_file_form(const toml::table& root, Mapping* mapping, const std::string& where);
  std::optional<EventRule> read_event(const toml::table& table);
  const EventTypeSpec* read_type(const toml::table& table, const toml::table& fields, const std::string& where);
  void read_fields(const toml::table& fields, EventRule* event, const std::string& where);
  void read_field(std::string_view name, const toml::node& node, EventRule* event, const std::string& where);
  void add_defaults(const toml::table& table, EventRule* event, const std::string& where);
  ValueRule read_value(const toml::node& node, const std::string& where);
  void read_origin(const toml::table& table, ValueRule* rule, const std::string& where);
  std::vector<TemplatePart> read_template(const toml::node& node, const std::string& text, const std::string& where);
  std::vector<SumPart> read_sum(const toml::node& node, bool optional, const std::string& where);
  void read_move(const toml::table& table, ValueRule* rule, const std::string& where);
  void read_formats(const toml::table& table, ValueRule* rule, const std::string& where);
  void read_values(const toml::table& table, ValueRule* rule, const std::string& where);
  void check_field(const toml::node& node, FieldRule* rule, const std::string& where);
  void check_kind(const toml::node& node, const FieldRule& rule, const std::string& where);
  void check_constants(const toml::node& node, const FieldRule& rule, const std::string& where);
  void read_when(const toml::node& node, EventRule* event, const std::string& where);
  void read_condition(const toml::table& table, EventRule* event, const std::string& where);

  const std::string file_;
  std::string problems_;
  std::vector<TimeFormat> default_formats_;
  std::optional<TimeZone> default_zone_;
  std::optional<std::string> default_source_;
};

} // namespace wardpulse::producer
