#include "base/config.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/check.h"
#include "base/config_internal.h"

namespace wardpulse {

using config_internal::CommandLine;
using config_internal::FileContents;
using config_internal::KeyTable;
using config_internal::NamedTexts;
using config_internal::Problems;

namespace {

constexpr ConfigKey kCommonKeys[] = {
    {.name = "brokers", .type = ConfigType::kList, .fallback = "127.0.0.1:9092",
     .meaning = "Kafka brokers to start from.", .example = "kafka1:9092,kafka2:9092"},
    {.name = "topic-prefix", .fallback = "wardpulse", .meaning = "First part of every topic's name.",
     .example = "hospital-test"},
    {.name = "metrics-listen", .type = ConfigType::kListen, .fallback = "127.0.0.1:0",
     .meaning = "Where /metrics is served for Prometheus; port 0 takes a free one.", .example = "0.0.0.0:9102"},
    {.name = "log-format", .type = ConfigType::kChoice, .fallback = "text",
     .meaning = "Form of the log lines on stderr.", .choices = "text|json"},
    {.name = "log-level", .type = ConfigType::kChoice, .fallback = "info", .meaning = "Least level that is logged.",
     .choices = "debug|info|warning|error"},
    {.name = "config", .meaning = "TOML file with any of these keys; flags and environment beat it.",
     .example = "/etc/wardpulse/consumer.toml"},
};

std::string joined(const Problems& problems) {
  std::string text;
  for (const std::string& problem : problems) text.append(text.empty() ? "" : "\n").append(problem);
  return text;
}

} // namespace

std::span<const ConfigKey> common_config_keys() { return kCommonKeys; }

std::span<const ConfigKey> common_config_key(std::string_view name) {
  const auto* found = std::find_if(std::begin(kCommonKeys), std::end(kCommonKeys),
                                   [&](const ConfigKey& key) { return key.name == name; });
  WP_CHECK(found != std::end(kCommonKeys));
  return {found, 1};
}

// Fills in a Config, source after source, the stronger one last.
struct ConfigAccess {
  Config config;

  void set_defaults(const KeyTable& table) {
    for (const ConfigKey* key : table.keys()) {
      std::string value(key->fallback);
      if (key->type == ConfigType::kSwitch && value.empty()) value = "false";
      config.values_[std::string(key->name)] = {std::move(value), ConfigSource::kDefault};
    }
  }
  void set(NamedTexts values, ConfigSource source) {
    for (auto& [name, value] : values) config.values_[name] = {std::move(value), source};
  }
  void add_client_settings(NamedTexts settings) {
    for (auto& setting : settings) config.client_settings_.push_back(std::move(setting));
  }
  void set_words(std::vector<std::string> words) { config.words_ = std::move(words); }
};

Result<Config::Parsed> Config::parse(const ProgramSpec& spec, int argc, const char* const* argv) {
  const KeyTable table(spec);
  Problems problems;
  CommandLine line = config_internal::read_command_line(table, argc, argv, &problems);
  if (line.help) return Parsed{{}, config_internal::help_text(spec, table)};
  if (line.version) return Parsed{{}, config_internal::version_text(spec)};
  if (line.print_reference) return Parsed{{}, config_internal::reference_text(spec, table)};

  ConfigAccess access;
  Config& config = access.config;
  access.set_defaults(table);
  access.set(config_internal::read_environment(table, &problems), ConfigSource::kEnvironment);
  access.set(line.values, ConfigSource::kFlag);
  if (table.find("config") != nullptr && config.is_set("config")) {
    FileContents file = config_internal::read_file(table, config.text("config"), &problems);
    std::erase_if(file.values, [&](const auto& value) { return config.source(value.first) != ConfigSource::kDefault; });
    access.set(std::move(file.values), ConfigSource::kFile);
    access.add_client_settings(std::move(file.client_settings));
  }
  access.add_client_settings(std::move(line.client_settings));
  access.set_words(std::move(line.words));

  for (const ConfigKey* key : table.keys()) {
    if (!key->required || !config.text(key->name).empty()) continue;
    problems.push_back(std::string(key->name) + ": is required: give " +
                       (key->secret ? "" : "--" + std::string(key->name) + " or ") +
                       config_internal::environment_name(key->name));
  }
  if (!problems.empty()) return fail(joined(problems), "see " + std::string(spec.name) + " --help");
  std::optional<std::string> exit_text;
  if (line.print_config) exit_text = config_internal::print_config_text(spec, table, config);
  return Parsed{std::move(config), std::move(exit_text)};
}

const std::string& Config::text(std::string_view key) const {
  const auto found = values_.find(key);
  WP_CHECK(found != values_.end());
  return found->second.first;
}

std::int64_t Config::integer(std::string_view key) const {
  const std::string& value = text(key);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  WP_CHECK(error == std::errc{} && end == value.data() + value.size());
  return number;
}

Duration Config::duration(std::string_view key) const {
  const auto value = parse_duration(text(key));
  WP_CHECK(value.has_value());
  return *value;
}

bool Config::is_on(std::string_view key) const {
  const std::string& value = text(key);
  WP_CHECK(value == "true" || value == "false");
  return value == "true";
}

std::vector<std::string> Config::list(std::string_view key) const {
  std::vector<std::string> items;
  std::string_view rest = text(key);
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    items.emplace_back(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
  }
  return items;
}

bool Config::is_set(std::string_view key) const { return source(key) != ConfigSource::kDefault || !text(key).empty(); }

ConfigSource Config::source(std::string_view key) const {
  const auto found = values_.find(key);
  WP_CHECK(found != values_.end());
  return found->second.second;
}

const std::vector<std::string>& Config::words() const { return words_; }

const std::vector<std::pair<std::string, std::string>>& Config::client_settings() const { return client_settings_; }

} // namespace wardpulse
