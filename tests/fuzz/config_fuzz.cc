// Any bytes as a program's configuration file: refused with line and key, or taken, and then every value is of its key's type
// and reads again as it is shown.
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "base/config.h"

using namespace wardpulse;

namespace {

constexpr ConfigKey kKeys[] = {
    {.name = "tasks", .type = ConfigType::kInteger, .fallback = "1", .least = "1", .most = "64"},
    {.name = "interval", .type = ConfigType::kDuration, .fallback = "5s", .least = "100ms", .most = "1h", .choices = "off"},
    {.name = "until-end", .type = ConfigType::kSwitch},
    {.name = "listen", .type = ConfigType::kListen, .fallback = "127.0.0.1:0"},
    {.name = "format", .type = ConfigType::kChoice, .fallback = "text", .choices = "text|json"},
    {.name = "topics", .type = ConfigType::kList, .fallback = "checkins"},
    {.name = "password", .secret = true},
};

// The path of a file in memory.
class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* data, std::size_t size) : descriptor_(memfd_create("config", MFD_CLOEXEC)) {
    WP_CHECK(descriptor_ >= 0 && write(descriptor_, data, size) == static_cast<ssize_t>(size));
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

Result<Config::Parsed> parse(const std::vector<std::string>& words) {
  static const ProgramSpec spec{"wardpulse-test", "", "", "", {common_config_keys(), kKeys}};
  std::vector<const char*> argv{"wardpulse-test"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return Config::parse(spec, static_cast<int>(argv.size()), argv.data());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file(data, size);
  const auto parsed = parse({"--config", file.path(), "--print-config"});
  if (!parsed) {
    WP_CHECK(parsed.error().message.starts_with(file.path() + " line "));
    return 0;
  }
  const Config& config = parsed->config;
  WP_CHECK(config.integer("tasks") >= 1 && config.integer("tasks") <= 64);
  WP_CHECK(config.text("interval") == "off" || config.duration("interval") >= std::chrono::milliseconds(100));
  WP_CHECK(parse_listen(config.text("listen")).has_value());
  WP_CHECK(config.text("format") == "text" || config.text("format") == "json");
  (void)config.is_on("until-end");
  WP_CHECK(config.text("password").empty() || parsed->exit_text->find("(hidden)") != std::string::npos);
  std::vector<std::string> flags;
  for (const std::string key : {"tasks", "interval", "listen", "format", "topics", "brokers"}) flags.push_back("--" + key + "=" + config.text(key));
  const auto again = parse(flags);
  WP_CHECK(again.has_value() || config.text("topics").find('\0') != std::string::npos || config.text("brokers").find('\0') != std::string::npos);
  if (!again) return 0;
  for (const char* key : {"tasks", "interval", "listen", "format"}) WP_CHECK(again->config.text(key) == config.text(key));
  return 0;
}
