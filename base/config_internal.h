// The parts of Config::parse; nobody else includes this.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config.h"

namespace wardpulse::config_internal {

using Problems = std::vector<std::string>; // one line each, naming the key
using NamedTexts = std::vector<std::pair<std::string, std::string>>;

// All keys of a program, each once, in the order of the tables. A program's own key replaces the common one of its name.
class KeyTable {
 public:
  explicit KeyTable(const ProgramSpec& spec); // our bugs (a name twice, a default that is refused) abort
  const ConfigKey* find(std::string_view name) const; // nullptr: unknown
  const std::vector<const ConfigKey*>& keys() const { return keys_; }
  // "; did you mean --tasks?", or nothing. `prefix` is what stands before a key in that place.
  std::string suggestion(std::string_view unknown, std::string_view prefix) const;

 private:
  std::vector<const ConfigKey*> keys_;
};

// Brings a value into its canonical form, or says what is wrong with it ("must be at least 1, not 0").
std::optional<std::string> refuse_value(const ConfigKey& key, std::string* value);

struct CommandLine {
  NamedTexts values; // key, canonical value
  NamedTexts client_settings;
  std::vector<std::string> words;
  bool help = false;
  bool version = false;
  bool print_config = false;
  bool print_reference = false;
};
CommandLine read_command_line(const KeyTable& table, int argc, const char* const* argv, Problems* problems);
NamedTexts read_environment(const KeyTable& table, Problems* problems);

struct FileContents {
  NamedTexts values;
  NamedTexts client_settings; // table [librdkafka]
};
FileContents read_file(const KeyTable& table, const std::string& path, Problems* problems);

// Of librdkafka's settings. What is one is refused on a command line; what may be one is not shown: a path too many does no harm.
bool is_client_secret(std::string_view name);
bool may_be_client_secret(std::string_view name);

std::string environment_name(std::string_view key); // "checkpoint-interval" -> "WARDPULSE_CHECKPOINT_INTERVAL"
std::string help_text(const ProgramSpec& spec, const KeyTable& table);
std::string reference_text(const ProgramSpec& spec, const KeyTable& table); // Markdown
std::string version_text(const ProgramSpec& spec);
std::string print_config_text(const ProgramSpec& spec, const KeyTable& table, const Config& config);

} // namespace wardpulse::config_internal
