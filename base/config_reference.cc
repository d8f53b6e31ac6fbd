// The program's part of docs/configuration.md.
#include <iterator>

#include <fmt/format.h>

#include "base/config_internal.h"

namespace wardpulse::config_internal {
namespace {

std::string_view type_name(ConfigType type) {
  switch (type) {
    case ConfigType::kText: return "text";
    case ConfigType::kInteger: return "whole number";
    case ConfigType::kDuration: return "duration";
    case ConfigType::kSwitch: return "true or false";
    case ConfigType::kListen: return "HOST:PORT";
    case ConfigType::kChoice: return "";
    case ConfigType::kList: return "list, by commas";
  }
  return "";
}

std::string code(std::string_view text) { return text.empty() ? "" : fmt::format("`{}`", text); }

// "`off`, `now`"
std::string choices(std::string_view words) {
  std::string out;
  while (!words.empty()) {
    const auto word = words.substr(0, words.find('|'));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    out.append(out.empty() ? "" : ", ").append(code(word));
  }
  return out;
}

std::string values(const ConfigKey& key) {
  std::string out(type_name(key.type));
  if (!key.choices.empty()) out.append(out.empty() ? "" : ", or ").append(choices(key.choices));
  if (!key.least.empty() && !key.most.empty()) out.append(fmt::format(", {} to {}", key.least, key.most));
  else if (!key.least.empty()) out.append(fmt::format(", at least {}", key.least));
  else if (!key.most.empty()) out.append(fmt::format(", at most {}", key.most));
  return out;
}

// What stands in a cell of a table must not end it.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out.append(c == '|' ? "\\|" : std::string(1, c == '\n' ? ' ' : c));
  return out;
}

} // namespace

std::string reference_text(const ProgramSpec& spec, const KeyTable& table) {
  std::string out = fmt::format("## {}\n\n{}\n\n", spec.name, spec.summary);
  out.append("| key | meaning | default | takes | example |\n|---|---|---|---|---|\n");
  for (const ConfigKey* key : table.keys()) {
    std::string meaning = cell(key->meaning);
    if (key->required) meaning.append(" Required.");
    if (key->secret) meaning.append(" A secret: environment or file only.");
    const std::string_view fallback = key->type == ConfigType::kSwitch && key->fallback.empty() ? "false" : key->fallback;
    fmt::format_to(std::back_inserter(out), "| `{}` | {} | {} | {} | {} |\n", key->name, meaning, cell(code(fallback)),
                   cell(values(*key)), cell(code(key->example)));
  }
  return out;
}

} // namespace wardpulse::config_internal
