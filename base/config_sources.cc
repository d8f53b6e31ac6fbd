// Command line, environment and file: from each, canonical values by key, or problems that name the key.
#include <algorithm>
#include <cstdlib>

#include "base/config_internal.h"
#include "base/toml.h"

namespace wardpulse::config_internal {
namespace {

constexpr std::string_view kClientTable = "librdkafka";

// `where` is how the user wrote the key: "--tasks", "WARDPULSE_TASKS", "x.toml line 3: tasks".
void take(const ConfigKey& key, const std::string& where, std::string value, NamedTexts* values, Problems* problems) {
  if (const auto problem = refuse_value(key, &value)) {
    problems->push_back(where + ": " + *problem);
  } else {
    values->emplace_back(key.name, std::move(value));
  }
}

class CommandLineReader {
 public:
  CommandLineReader(const KeyTable& table, int argc, const char* const* argv, Problems* problems)
      : table_(table), problems_(problems), args_(argv + (argc > 0 ? 1 : 0), argv + argc) {}

  CommandLine read() {
    while (at_ < args_.size()) {
      const std::string_view arg = args_[at_++];
      if (arg == "--") {
        line_.words.insert(line_.words.end(), args_.begin() + static_cast<std::ptrdiff_t>(at_), args_.end());
        break;
      }
      if (arg.starts_with("--")) read_flag(arg.substr(2));
      else if (arg.starts_with("-X")) read_client_setting(arg.substr(2));
      else if (arg == "-h") line_.help = true;
      else if (arg.size() > 1 && arg.front() == '-') problems_->push_back(std::string(arg) + ": unknown flag");
      else line_.words.emplace_back(arg);
    }
    return std::move(line_);
  }

 private:
  void read_flag(std::string_view flag) {
    if (flag == "help") { line_.help = true; return; }
    if (flag == "version") { line_.version = true; return; }
    if (flag == "print-config") { line_.print_config = true; return; }
    if (flag == "print-reference") { line_.print_reference = true; return; }
    const auto equals = flag.find('=');
    const std::string name(flag.substr(0, equals));
    std::optional<std::string> value;
    if (equals != std::string_view::npos) value = flag.substr(equals + 1);
    if (const ConfigKey* key = table_.find(name)) {
      read_value(*key, std::move(value));
    } else if (const ConfigKey* negated = negated_switch(name); negated != nullptr && !value) {
      line_.values.emplace_back(negated->name, "false");
    } else {
      problems_->push_back("--" + name + ": unknown flag" + table_.suggestion(name, "--"));
    }
  }

  const ConfigKey* negated_switch(std::string_view name) const {
    if (!name.starts_with("no-")) return nullptr;
    const ConfigKey* key = table_.find(name.substr(3));
    return key != nullptr && key->type == ConfigType::kSwitch ? key : nullptr;
  }

  void read_value(const ConfigKey& key, std::optional<std::string> value) {
    const std::string flag = "--" + std::string(key.name);
    if (!value && key.type == ConfigType::kSwitch) value = "true";
    if (!value && at_ < args_.size() && !args_[at_].starts_with("--")) value = args_[at_++];
    if (key.secret) {
      problems_->push_back(flag + ": is a secret, and flags can be seen by every user of the machine; give " +
                           environment_name(key.name) + " or a file by --config");
    } else if (!value) {
      problems_->push_back(flag + ": needs a value");
    } else {
      take(key, flag, std::move(*value), &line_.values, problems_);
    }
  }

  void read_client_setting(std::string_view setting) {
    if (setting.empty() && at_ < args_.size()) setting = args_[at_++];
    const auto equals = setting.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      problems_->push_back("-X: needs key=value, not '" + std::string(setting) + "'");
      return;
    }
    const auto name = setting.substr(0, equals);
    if (is_client_secret(name)) {
      problems_->push_back("-X " + std::string(name) + ": is a secret, and flags can be seen by every user of the machine; put it into " +
                           "table [librdkafka] of a file that --config names");
      return;
    }
    line_.client_settings.emplace_back(name, setting.substr(equals + 1));
  }

  const KeyTable& table_;
  Problems* problems_;
  std::vector<std::string_view> args_;
  std::size_t at_ = 0;
  CommandLine line_;
};

// A scalar as it would be written on the command line; nullopt for what no key can be.
std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return std::to_string(integer->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  return std::nullopt;
}

std::optional<std::string> list_text(const toml::array& array) {
  std::string list;
  for (const toml::node& node : array) {
    const auto item = scalar_text(node);
    if (!item || item->find(',') != std::string::npos) return std::nullopt;
    list.append(list.empty() ? "" : ",").append(*item);
  }
  return list;
}

std::string position(const std::string& path, const toml::source_region& source) {
  return path + " line " + std::to_string(source.begin.line) + ": ";
}

} // namespace

bool is_client_secret(std::string_view name) {
  return name.ends_with("password") || name.ends_with("secret") || name == "ssl.key.pem" || name == "sasl.oauthbearer.config";
}

bool may_be_client_secret(std::string_view name) {
  constexpr std::string_view kSigns[] = {"password", "secret", "key", "oauth"};
  return std::any_of(std::begin(kSigns), std::end(kSigns),
                     [&](std::string_view sign) { return name.find(sign) != std::string_view::npos; });
}

CommandLine read_command_line(const KeyTable& table, int argc, const char* const* argv, Problems* problems) {
  return CommandLineReader(table, argc, argv, problems).read();
}

NamedTexts read_environment(const KeyTable& table, Problems* problems) {
  NamedTexts values;
  for (const ConfigKey* key : table.keys()) {
    const std::string name = environment_name(key->name);
    const char* value = std::getenv(name.c_str());
    if (value != nullptr && *value != '\0') take(*key, name, value, &values, problems);
  }
  return values;
}

FileContents read_file(const KeyTable& table, const std::string& path, Problems* problems) {
  FileContents contents;
  const toml::parse_result parsed = toml::parse_file(path);
  if (!parsed) {
    problems->push_back(position(path, parsed.error().source()) + std::string(parsed.error().description()));
    return contents;
  }
  for (const auto& [toml_key, node] : parsed.table()) {
    const std::string name(toml_key.str());
    const std::string where = position(path, node.source()) + name;
    const ConfigKey* key = name == "config" ? nullptr : table.find(name);
    if (name == kClientTable && node.is_table()) {
      for (const auto& [setting, value] : *node.as_table()) {
        const auto text = scalar_text(value);
        if (text) contents.client_settings.emplace_back(setting.str(), *text);
        else problems->push_back(where + "." + std::string(setting.str()) + ": quote the setting's name and value");
      }
    } else if (key == nullptr) {
      problems->push_back(where + ": unknown key" + table.suggestion(name, ""));
    } else {
      const bool is_list = key->type == ConfigType::kList && node.is_array();
      const auto text = is_list ? list_text(*node.as_array()) : scalar_text(node);
      if (text) take(*key, where, *text, &contents.values, problems);
      else problems->push_back(where + ": must be a text, a whole number, true or false" +
                               (key->type == ConfigType::kList ? ", or an array of texts without commas" : ""));
    }
  }
  return contents;
}

} // namespace wardpulse::config_internal
