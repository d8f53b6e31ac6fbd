// Configuration, declared once: the table of keys makes the loader, --help, --print-config and the reference page.
// Precedence: flag > environment (WARDPULSE_<KEY>) > TOML file (--config) > default.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace wardpulse {

enum class ConfigType : std::uint8_t { kText, kInteger, kDuration, kSwitch, kListen, kChoice, kList };

struct ConfigKey {
  std::string_view name;     // "checkpoint-interval": flag --checkpoint-interval, TOML key checkpoint-interval,
                             // environment WARDPULSE_CHECKPOINT_INTERVAL
  ConfigType type = ConfigType::kText;
  std::string_view fallback; // default, as it would be written; empty: none
  std::string_view meaning;  // one sentence, with the unit
  std::string_view example;
  std::string_view least;    // bounds for kInteger and kDuration, as they would be written; empty: none
  std::string_view most;
  std::string_view choices;  // kChoice: "text|json"; other types: words taken besides ("off"), to be read by text()
  bool secret = false;       // shown as "(hidden)"; refused as a flag: environment or file only
  bool required = false;
};

// A positional word or sub-command list is the program's own business: `words` below.
// Where one name stands in common_config_keys() and in a table of the program, the program's wins.
struct ProgramSpec {
  std::string_view name;      // "wardpulse-consumer"
  std::string_view summary;   // a sentence or two for --help
  std::string_view usage;     // lines under "Usage:"
  std::string_view examples;  // lines under "Examples:"
  std::vector<std::span<const ConfigKey>> keys;
};

enum class ConfigSource : std::uint8_t { kDefault, kFile, kEnvironment, kFlag };

class Config {
 public:
  struct Parsed; // see below
  // Never throws. All problems are reported together in the error's message, one a line, each naming its key.
  // Handles --help, --version, --print-config and --print-reference itself: then the program prints `exit_text` and ends with 0.
  // An environment variable that is empty counts as not given; WARDPULSE_ variables that are no key are not looked at.
  static Result<Parsed> parse(const ProgramSpec& spec, int argc, const char* const* argv);

  // REQUIRES: `key` is in the table, is set and of that type; checked.
  const std::string& text(std::string_view key) const; // any type, as written; empty when not set
  std::int64_t integer(std::string_view key) const;
  Duration duration(std::string_view key) const;
  bool is_on(std::string_view key) const;
  std::vector<std::string> list(std::string_view key) const; // comma separated
  bool is_set(std::string_view key) const; // given somewhere, or has a default
  ConfigSource source(std::string_view key) const;

  const std::vector<std::string>& words() const;                                  // positional arguments
  // The file's table [librdkafka], then every -X key=value, in order: later ones win.
  const std::vector<std::pair<std::string, std::string>>& client_settings() const;

 private:
  friend struct ConfigAccess;
  std::map<std::string, std::pair<std::string, ConfigSource>, std::less<>> values_;
  std::vector<std::string> words_;
  std::vector<std::pair<std::string, std::string>> client_settings_;
};

struct Config::Parsed {
  Config config;
  std::optional<std::string> exit_text;
};

struct HostPort {
  std::string host; // IPv6 without its brackets
  std::uint16_t port = 0;
};
// What a kListen value says: "127.0.0.1:8080", "[::1]:8080", "localhost:0".
std::optional<HostPort> parse_listen(std::string_view text);

// Shared by every program: brokers, topic-prefix, metrics-listen, log-format, log-level, config.
std::span<const ConfigKey> common_config_keys();
// One of them alone, for a program that does not use them all. REQUIRES: there is one of that name.
std::span<const ConfigKey> common_config_key(std::string_view name);

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitBadConfig = 2;

} // namespace wardpulse
