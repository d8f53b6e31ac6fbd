// The table of keys itself: what values it takes, and what it looks like to a person.
#include <algorithm>
#include <charconv>
#include <numeric>

#include <fmt/format.h>

#include "base/check.h"
#include "base/config_internal.h"
#include "base/version.h"

namespace wardpulse {

std::optional<HostPort> parse_listen(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  else if (host.find_first_of(":[]") != std::string_view::npos) return std::nullopt;
  HostPort result{std::string(host), 0};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, result.port);
  if (host.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return result;
}

namespace config_internal {
namespace {

bool is_one_of(std::string_view choices, std::string_view value) {
  while (!choices.empty()) {
    const auto bar = choices.find('|');
    if (choices.substr(0, bar) == value) return true;
    choices = bar == std::string_view::npos ? std::string_view{} : choices.substr(bar + 1);
  }
  return false;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_duration_ms(std::string_view text) {
  const auto duration = parse_duration(text);
  return duration ? std::optional(duration->count()) : std::nullopt;
}

template <class Parse>
std::optional<std::string> refuse_number(const ConfigKey& key, std::string_view value, Parse parse, const char* form) {
  const auto number = parse(value);
  if (!number) return fmt::format("must be {}, not '{}'", form, value);
  if (!key.least.empty() && *number < parse(key.least).value()) {
    return fmt::format("must be at least {}, not {}", key.least, value);
  }
  if (!key.most.empty() && *number > parse(key.most).value()) {
    return fmt::format("must be at most {}, not {}", key.most, value);
  }
  return std::nullopt;
}

std::optional<std::string> refuse_list(std::string_view value) {
  const bool has_empty_item = value.starts_with(',') || value.ends_with(',') || value.find(",,") != value.npos;
  if (has_empty_item) return fmt::format("has an empty item: '{}'", value);
  return std::nullopt;
}

std::optional<std::string> make_switch(std::string* value) {
  if (is_one_of("true|on|yes|1", *value)) *value = "true";
  else if (is_one_of("false|off|no|0", *value)) *value = "false";
  else return fmt::format("must be true or false, not '{}'", *value);
  return std::nullopt;
}

// Edits that turn one word into the other (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j + 1] + 1, row[j] + 1, replaced});
    }
  }
  return row.back();
}

bool is_common(const ConfigKey* key) {
  const auto common = common_config_keys();
  return std::any_of(common.begin(), common.end(), [&](const ConfigKey& other) { return &other == key; });
}

std::string_view value_form(const ConfigKey& key) {
  switch (key.type) {
    case ConfigType::kInteger: return " N";
    case ConfigType::kDuration: return " DURATION";
    case ConfigType::kListen: return " HOST:PORT";
    case ConfigType::kList: return " A,B,...";
    case ConfigType::kText: return " TEXT";
    case ConfigType::kChoice:
    case ConfigType::kSwitch: break;
  }
  return "";
}

void append_key_help(const ConfigKey& key, std::string* out) {
  auto to = std::back_inserter(*out);
  if (key.secret) fmt::format_to(to, "  {} (no flag: it is a secret)\n", key.name);
  else if (key.type == ConfigType::kSwitch) fmt::format_to(to, "  --{0}, --no-{0}\n", key.name);
  else if (key.type == ConfigType::kChoice) fmt::format_to(to, "  --{} {}\n", key.name, key.choices);
  else if (key.choices.empty()) fmt::format_to(to, "  --{}{}\n", key.name, value_form(key));
  else fmt::format_to(to, "  --{}{}|{}\n", key.name, value_form(key), key.choices);
  fmt::format_to(to, "      {}", key.meaning);
  if (key.required) fmt::format_to(to, " Required.");
  if (!key.fallback.empty()) fmt::format_to(to, " Default: {}.", key.fallback);
  if (!key.least.empty() && !key.most.empty()) fmt::format_to(to, " From {} to {}.", key.least, key.most);
  else if (!key.least.empty()) fmt::format_to(to, " At least {}.", key.least);
  else if (!key.most.empty()) fmt::format_to(to, " At most {}.", key.most);
  fmt::format_to(to, "\n      Environment: {}.", environment_name(key.name));
  if (!key.example.empty()) fmt::format_to(to, " Example: {}", key.example);
  fmt::format_to(to, "\n");
}

// Lines of a block, indented where they are not yet.
void append_block(std::string_view title, std::string_view block, std::string* out) {
  if (block.empty()) return;
  fmt::format_to(std::back_inserter(*out), "\n{}:\n", title);
  while (!block.empty()) {
    const auto newline = block.find('\n');
    fmt::format_to(std::back_inserter(*out), "{}{}\n", block.starts_with(' ') ? "" : "  ", block.substr(0, newline));
    block = newline == std::string_view::npos ? std::string_view{} : block.substr(newline + 1);
  }
}

constexpr std::string_view kCommonHelp = R"(  -X KEY=VALUE
      Passes a librdkafka setting through; may be repeated. In the file: table [librdkafka].
  --print-config
      Shows each value and where it came from, and ends. Secrets are hidden.
  --print-reference
      Prints this program's part of docs/configuration.md.
  --help, --version

Values:
  Flags beat the environment, the environment beats the file of --config, the file beats the defaults.
  Durations are whole numbers with a unit: 250ms, 5s, 10m, 48h, 31d.

Exit codes: 0 done, 1 failed at run time, 2 bad configuration.
)";

std::string toml_text(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    else out.push_back(c);
  }
  return out + "\"";
}

std::string source_text(const ConfigKey& key, const Config& config) {
  switch (config.source(key.name)) {
    case ConfigSource::kDefault: return config.text(key.name).empty() ? "not set" : "default";
    case ConfigSource::kFile: return "file " + config.text("config");
    case ConfigSource::kEnvironment: return "environment " + environment_name(key.name);
    case ConfigSource::kFlag: return "flag --" + std::string(key.name);
  }
  return {};
}

} // namespace

KeyTable::KeyTable(const ProgramSpec& spec) {
  for (const auto& keys : spec.keys) {
    for (const ConfigKey& key : keys) {
      std::string fallback(key.fallback);
      WP_CHECK(fallback.empty() || !refuse_value(key, &fallback));
      const auto same = std::find_if(keys_.begin(), keys_.end(), [&](auto* other) { return other->name == key.name; });
      if (same == keys_.end()) {
        keys_.push_back(&key);
      } else if (is_common(*same)) {
        *same = &key;
      } else {
        WP_CHECK(is_common(&key));
      }
    }
  }
}

const ConfigKey* KeyTable::find(std::string_view name) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const ConfigKey* key) { return key->name == name; });
  return found == keys_.end() ? nullptr : *found;
}

std::string KeyTable::suggestion(std::string_view unknown, std::string_view prefix) const {
  const ConfigKey* nearest = nullptr;
  std::size_t least = std::max<std::size_t>(2, unknown.size() / 3) + 1;
  for (const ConfigKey* key : keys_) {
    if (const std::size_t edits = distance(unknown, key->name); edits < least) {
      least = edits;
      nearest = key;
    }
  }
  return nearest == nullptr ? "" : fmt::format("; did you mean {}{}?", prefix, nearest->name);
}

std::optional<std::string> refuse_value(const ConfigKey& key, std::string* value) {
  if (key.type != ConfigType::kChoice && is_one_of(key.choices, *value)) return std::nullopt;
  switch (key.type) {
    case ConfigType::kText: return std::nullopt;
    case ConfigType::kInteger: return refuse_number(key, *value, parse_integer, "a whole number");
    case ConfigType::kDuration:
      return refuse_number(key, *value, parse_duration_ms, "a whole number with a unit (250ms, 5s, 10m, 48h, 31d)");
    case ConfigType::kSwitch: return make_switch(value);
    case ConfigType::kList: return refuse_list(*value);
    case ConfigType::kListen:
      if (parse_listen(*value)) return std::nullopt;
      return fmt::format("must be HOST:PORT, not '{}'", *value);
    case ConfigType::kChoice:
      if (is_one_of(key.choices, *value)) return std::nullopt;
      return fmt::format("must be one of {}, not '{}'", key.choices, *value);
  }
  return std::nullopt;
}

std::string environment_name(std::string_view key) {
  std::string name = "WARDPULSE_";
  for (const char c : key) name.push_back(c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c));
  return name;
}

std::string help_text(const ProgramSpec& spec, const KeyTable& table) {
  std::string out = version_text(spec);
  fmt::format_to(std::back_inserter(out), "{}\n", spec.summary);
  append_block("Usage", spec.usage, &out);
  out.append("\nOptions:\n");
  for (const ConfigKey* key : table.keys()) append_key_help(*key, &out);
  out.append(kCommonHelp);
  append_block("Examples", spec.examples, &out);
  return out;
}

std::string version_text(const ProgramSpec& spec) { return fmt::format("{} {}\n", spec.name, version()); }

std::string print_config_text(const ProgramSpec& spec, const KeyTable& table, const Config& config) {
  std::string out = "# " + version_text(spec);
  auto to = std::back_inserter(out);
  for (const ConfigKey* key : table.keys()) {
    const bool hide = key->secret && config.is_set(key->name);
    // What cannot stand in a file again is shown as a comment.
    const bool comment = hide || !config.is_set(key->name) || key->name == "config";
    fmt::format_to(to, "{}{} = {}  # {}\n", comment ? "# " : "", key->name,
                   toml_text(hide ? "(hidden)" : config.text(key->name)), source_text(*key, config));
  }
  if (config.client_settings().empty()) return out;
  out.append("\n[librdkafka]\n");
  for (const auto& [name, value] : config.client_settings()) {
    const bool hide = may_be_client_secret(name);
    fmt::format_to(to, "{}{} = {}\n", hide ? "# " : "", toml_text(name), toml_text(hide ? "(hidden)" : value));
  }
  return out;
}

} // namespace config_internal
} // namespace wardpulse
