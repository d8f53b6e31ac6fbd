#include "proto/schema_text.h"

#include <simdjson.h>

#include "base/check.h"
#include "base/json_writer.h"

namespace wardpulse::schemas {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

bool is_scalar(element value) { return !value.is_object() && !value.is_array(); }

bool holds_scalars_only(array list) {
  for (const element item : list) {
    if (!is_scalar(item)) return false;
  }
  return true;
}

bool is_empty(element value) {
  return (value.is_object() && object(value).size() == 0) || (value.is_array() && array(value).size() == 0);
}

void append_scalar(element value, std::string* out) {
  if (value.is_string()) append_json_text(std::string_view(value), out);
  else *out += simdjson::to_string(value);
}

std::string one_line(array list) {
  std::string line = "[";
  for (const element item : list) {
    if (line.size() > 1) line += ", ";
    append_scalar(item, &line);
  }
  return line + "]";
}

void append_indent(int depth, std::string* out) { out->append(static_cast<std::size_t>(2 * depth), ' '); }

void append_json(element value, int depth, std::string* out);

void append_json_object(object members, int depth, std::string* out) {
  *out += '{';
  const char* separator = "\n";
  for (const auto [name, value] : members) {
    *out += separator;
    separator = ",\n";
    append_indent(depth + 1, out);
    append_json_text(name, out);
    *out += ": ";
    append_json(value, depth + 1, out);
  }
  *out += '\n';
  append_indent(depth, out);
  *out += '}';
}

void append_json_list(array list, int depth, std::string* out) {
  *out += '[';
  const char* separator = "\n";
  for (const element item : list) {
    *out += separator;
    separator = ",\n";
    append_indent(depth + 1, out);
    append_json(item, depth + 1, out);
  }
  *out += '\n';
  append_indent(depth, out);
  *out += ']';
}

void append_json(element value, int depth, std::string* out) {
  if (is_empty(value)) *out += value.is_object() ? "{}" : "[]";
  else if (value.is_object()) append_json_object(value, depth, out);
  else if (value.is_array() && holds_scalars_only(value)) *out += one_line(value);
  else if (value.is_array()) append_json_list(value, depth, out);
  else append_scalar(value, out);
}

// A plain YAML key needs no quotes; "$ref" and "/ws" do not either, but quotes are never wrong.
void append_yaml_key(std::string_view name, std::string* out) {
  const bool plain =
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string_view::npos;
  if (plain && !name.empty()) *out += name;
  else append_json_text(name, out);
  *out += ':';
}

// `value` behind "key:" or "-", the key standing at `depth`.
void append_yaml(element value, int depth, std::string* out) {
  if (is_empty(value)) {
    *out += value.is_object() ? " {}\n" : " []\n";
  } else if (value.is_object()) {
    *out += '\n';
    for (const auto [name, member] : object(value)) {
      append_indent(depth + 1, out);
      append_yaml_key(name, out);
      append_yaml(member, depth + 1, out);
    }
  } else if (value.is_array() && !holds_scalars_only(value)) {
    *out += '\n';
    for (const element item : array(value)) {
      append_indent(depth + 1, out);
      *out += '-';
      append_yaml(item, depth + 1, out);
    }
  } else {
    *out += ' ';
    if (value.is_array()) *out += one_line(value);
    else append_scalar(value, out);
    *out += '\n';
  }
}

} // namespace

std::string pretty_json(std::string_view compact) {
  simdjson::dom::parser parser;
  element root;
  WP_CHECK(parser.parse(compact.data(), compact.size()).get(root) == simdjson::SUCCESS);
  std::string out;
  append_json(root, 0, &out);
  return out + "\n";
}

std::string block_yaml(std::string_view compact) {
  simdjson::dom::parser parser;
  element root;
  WP_CHECK(parser.parse(compact.data(), compact.size()).get(root) == simdjson::SUCCESS);
  std::string out;
  append_yaml(root, -1, &out);
  return out.substr(1); // the line end behind the key that the root does not have
}

} // namespace wardpulse::schemas
