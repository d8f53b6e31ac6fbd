#include "base/config.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace wardpulse {
namespace {

constexpr ConfigKey kKeys[] = {
    {.name = "tasks", .type = ConfigType::kInteger, .fallback = "2", .meaning = "Threads that own tasks.",
     .example = "4", .least = "1", .most = "64"},
    {.name = "checkpoint-interval", .type = ConfigType::kDuration, .fallback = "5s", .meaning = "Between checkpoints.",
     .least = "100ms", .most = "1h"},
    {.name = "max-future", .type = ConfigType::kDuration, .fallback = "5m", .meaning = "Refused beyond.",
     .choices = "off"},
    {.name = "until-end", .type = ConfigType::kSwitch, .meaning = "Stops at the end."},
    {.name = "format", .type = ConfigType::kChoice, .fallback = "csv", .meaning = "Form.", .choices = "csv|jsonl"},
    {.name = "feeds", .type = ConfigType::kList, .meaning = "Feeds to read."},
    {.name = "token", .meaning = "Proof.", .secret = true},
    {.name = "metrics-listen", .type = ConfigType::kListen, .fallback = "127.0.0.1:9102", .meaning = "Own default."},
};

ProgramSpec spec_of(std::span<const ConfigKey> keys) {
  return {.name = "wardpulse-test", .summary = "Tests.", .usage = "wardpulse-test [options]",
          .examples = "wardpulse-test --tasks 4", .keys = {common_config_keys(), keys}};
}

Result<Config::Parsed> parse(std::vector<const char*> args, std::span<const ConfigKey> keys = kKeys) {
  args.insert(args.begin(), "wardpulse-test");
  return Config::parse(spec_of(keys), static_cast<int>(args.size()), args.data());
}

Config config_of(std::vector<const char*> args) {
  auto parsed = parse(std::move(args));
  EXPECT_TRUE(parsed.has_value()) << parsed.error().text();
  return parsed ? std::move(parsed->config) : Config{};
}

class EnvironmentValue {
 public:
  EnvironmentValue(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~EnvironmentValue() { ::unsetenv(name_); }
  EnvironmentValue(const EnvironmentValue&) = delete;
  EnvironmentValue& operator=(const EnvironmentValue&) = delete;

 private:
  const char* name_;
};

class TomlFile {
 public:
  explicit TomlFile(std::string_view text) {
    std::string pattern = (std::filesystem::temp_directory_path() / "wardpulse-config-XXXXXX").string();
    ::close(::mkstemp(pattern.data()));
    path_ = pattern;
    std::ofstream(path_) << text;
  }
  ~TomlFile() { std::filesystem::remove(path_); }
  TomlFile(const TomlFile&) = delete;
  TomlFile& operator=(const TomlFile&) = delete;
  const char* path() const { return path_.c_str(); }

 private:
  std::string path_;
};

TEST(Config, GivesDefaults) {
  const Config config = config_of({});
  EXPECT_EQ(config.integer("tasks"), 2);
  EXPECT_EQ(config.duration("checkpoint-interval"), std::chrono::seconds{5});
  EXPECT_FALSE(config.is_on("until-end"));
  EXPECT_EQ(config.text("brokers"), "127.0.0.1:9092");
  EXPECT_EQ(config.text("topic-prefix"), "wardpulse");
  EXPECT_EQ(config.text("metrics-listen"), "127.0.0.1:9102"); // the program's own, not the common one
  EXPECT_TRUE(config.list("feeds").empty());
  EXPECT_FALSE(config.is_set("feeds"));
  EXPECT_TRUE(config.is_set("tasks"));
}

TEST(Config, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  const TomlFile file("tasks = 3\nformat = \"jsonl\"\ntopic-prefix = \"file\"\nuntil-end = true\n");
  const EnvironmentValue tasks("WARDPULSE_TASKS", "4");
  const EnvironmentValue format("WARDPULSE_FORMAT", "csv");
  const Config config = config_of({"--config", file.path(), "--tasks=5"});
  EXPECT_EQ(config.integer("tasks"), 5);
  EXPECT_EQ(config.source("tasks"), ConfigSource::kFlag);
  EXPECT_EQ(config.text("format"), "csv");
  EXPECT_EQ(config.source("format"), ConfigSource::kEnvironment);
  EXPECT_EQ(config.text("topic-prefix"), "file");
  EXPECT_EQ(config.source("topic-prefix"), ConfigSource::kFile);
  EXPECT_TRUE(config.is_on("until-end"));
  EXPECT_EQ(config.source("checkpoint-interval"), ConfigSource::kDefault);
}

TEST(Config, TheFileMayBeNamedInTheEnvironment) {
  const TomlFile file("tasks = 3\n");
  const EnvironmentValue name("WARDPULSE_CONFIG", file.path());
  EXPECT_EQ(config_of({}).integer("tasks"), 3);
}

TEST(Config, EmptyAndForeignEnvironmentIsNotLookedAt) {
  const EnvironmentValue empty("WARDPULSE_TASKS", "");
  const EnvironmentValue foreign("WARDPULSE_NO_SUCH_KEY", "1");
  EXPECT_EQ(config_of({}).integer("tasks"), 2);
}

TEST(Config, TakesEveryFormOfAFlag) {
  const Config config = config_of({"run", "--until-end", "--feeds", "a,b", "-X", "linger.ms=1", "-Xfetch.min.bytes=2",
                                   "--max-future=off", "-", "--no-until-end", "--", "--tasks"});
  EXPECT_FALSE(config.is_on("until-end"));
  EXPECT_EQ(config.list("feeds"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(config.text("max-future"), "off");
  EXPECT_EQ(config.words(), (std::vector<std::string>{"run", "-", "--tasks"}));
  const std::vector<std::pair<std::string, std::string>> settings = {{"linger.ms", "1"}, {"fetch.min.bytes", "2"}};
  EXPECT_EQ(config.client_settings(), settings);
  EXPECT_EQ(config_of({"--tasks", "3", "--tasks", "4"}).integer("tasks"), 4);
}

TEST(Config, FileTakesListsAndClientSettings) {
  const TomlFile file("feeds = [\"a\", \"b\"]\n[librdkafka]\n\"linger.ms\" = 7\n\"sasl.password\" = \"p\"\n");
  const Config config = config_of({"--config", file.path(), "-X", "linger.ms=9"});
  EXPECT_EQ(config.list("feeds"), (std::vector<std::string>{"a", "b"}));
  const std::vector<std::pair<std::string, std::string>> settings = {
      {"linger.ms", "7"}, {"sasl.password", "p"}, {"linger.ms", "9"}};
  EXPECT_EQ(config.client_settings(), settings);
}

TEST(Config, RefusesEachBadValueByName) {
  struct Case {
    std::vector<const char*> args;
    const char* problem;
  };
  const Case cases[] = {
      {{"--tasks", "0"}, "--tasks: must be at least 1, not 0"},
      {{"--tasks", "65"}, "--tasks: must be at most 64, not 65"},
      {{"--tasks", "two"}, "--tasks: must be a whole number, not 'two'"},
      {{"--tasks", "2.0"}, "--tasks: must be a whole number, not '2.0'"},
      {{"--tasks", "99999999999999999999"}, "--tasks: must be a whole number, not '99999999999999999999'"},
      {{"--tasks"}, "--tasks: needs a value"},
      {{"--tasks", "--until-end"}, "--tasks: needs a value"},
      {{"--checkpoint-interval", "5"}, "--checkpoint-interval: must be a whole number with a unit"},
      {{"--checkpoint-interval", "1ms"}, "--checkpoint-interval: must be at least 100ms, not 1ms"},
      {{"--checkpoint-interval", "2h"}, "--checkpoint-interval: must be at most 1h, not 2h"},
      {{"--max-future", "on"}, "--max-future: must be a whole number with a unit"},
      {{"--until-end=maybe"}, "--until-end: must be true or false, not 'maybe'"},
      {{"--format", "xml"}, "--format: must be one of csv|jsonl, not 'xml'"},
      {{"--feeds", "a,,b"}, "--feeds: has an empty item: 'a,,b'"},
      {{"--metrics-listen", "9102"}, "--metrics-listen: must be HOST:PORT, not '9102'"},
      {{"--metrics-listen", "h:65536"}, "--metrics-listen: must be HOST:PORT, not 'h:65536'"},
      {{"--token", "t"}, "--token: is a secret"},
      {{"--task", "2"}, "--task: unknown flag; did you mean --tasks?"},
      {{"--no-tasks"}, "--no-tasks: unknown flag"},
      {{"-q"}, "-q: unknown flag"},
      {{"-X", "linger.ms"}, "-X: needs key=value, not 'linger.ms'"},
      {{"-X", "sasl.password=hush"}, "-X sasl.password: is a secret, and flags can be seen by every user of the machine"},
      {{"-Xssl.key.password=hush"}, "-X ssl.key.password: is a secret"},
      {{"-X"}, "-X: needs key=value, not ''"},
  };
  for (const Case& bad : cases) {
    const auto parsed = parse(bad.args);
    ASSERT_FALSE(parsed.has_value()) << bad.problem;
    EXPECT_EQ(parsed.error().message.rfind(bad.problem, 0), 0U) << parsed.error().message;
    EXPECT_EQ(parsed.error().hint, "see wardpulse-test --help");
  }
}

TEST(Config, RefusesBadFilesByNameAndLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"\ntask = 3\n", " line 2: task: unknown key; did you mean tasks?"},
      {"tasks = 0\n", " line 1: tasks: must be at least 1, not 0"},
      {"tasks = 1.5\n", " line 1: tasks: must be a text, a whole number, true or false"},
      {"feeds = [[1]]\n", " line 1: feeds: must be a text"},
      {"config = \"x\"\n", " line 1: config: unknown key"},
      {"[tasks]\na = 1\n", "tasks: must be a text"},
      {"[librdkafka]\nlinger.ms = 5\n", "librdkafka.linger: quote the setting's name and value"},
      {"tasks = \n", " line 1: "},
  };
  for (const auto& [text, problem] : cases) {
    const TomlFile file(text);
    const auto parsed = parse({"--config", file.path()});
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_NE(parsed.error().message.find(problem), std::string::npos) << parsed.error().message;
  }
  const auto missing = parse({"--config", "/no/such/file.toml"});
  ASSERT_FALSE(missing.has_value());
  EXPECT_NE(missing.error().message.find("/no/such/file.toml"), std::string::npos) << missing.error().message;
}

TEST(Config, TellsAllProblemsAtOnce) {
  const EnvironmentValue format("WARDPULSE_FORMAT", "xml");
  const TomlFile file("feeds = \",\"\n");
  const auto parsed = parse({"--tasks", "0", "--colour", "red", "--config", file.path()});
  ASSERT_FALSE(parsed.has_value());
  const std::string& message = parsed.error().message;
  for (const char* part : {"--tasks: ", "--colour: ", "WARDPULSE_FORMAT: ", "line 1: feeds: "}) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }
}

TEST(Config, AsksForRequiredKeys) {
  constexpr ConfigKey kRequired[] = {{.name = "keys", .meaning = "File.", .required = true},
                                     {.name = "token", .meaning = "Proof.", .secret = true, .required = true}};
  const auto parsed = parse({}, kRequired);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().message,
            "keys: is required: give --keys or WARDPULSE_KEYS\ntoken: is required: give WARDPULSE_TOKEN");
  EXPECT_TRUE(parse({"--help"}, kRequired).has_value());
}

TEST(Config, HelpNamesEveryKeyWithItsMeaning) {
  const auto parsed = parse({"--tasks", "bad", "--help"});
  ASSERT_TRUE(parsed.has_value());
  const std::string help = parsed->exit_text.value();
  for (const ConfigKey& key : kKeys) {
    EXPECT_NE(help.find(key.name), std::string::npos) << key.name;
    EXPECT_NE(help.find(key.meaning), std::string::npos) << key.name;
  }
  EXPECT_NE(help.find("--tasks N\n      Threads that own tasks. Default: 2. From 1 to 64.\n"
                      "      Environment: WARDPULSE_TASKS. Example: 4\n"),
            std::string::npos)
      << help;
  EXPECT_NE(help.find("--until-end, --no-until-end\n"), std::string::npos);
  EXPECT_NE(help.find("\nUsage:\n  wardpulse-test [options]\n"), std::string::npos);
}

TEST(Config, PrintConfigShowsSourcesAndHidesSecrets) {
  const EnvironmentValue token("WARDPULSE_TOKEN", "hush");
  const TomlFile file("[librdkafka]\n\"sasl.password\" = \"hush\"\n");
  const auto parsed = parse({"--print-config", "--config", file.path(), "--tasks", "7", "-X", "linger.ms=3"});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
  const std::string text = parsed->exit_text.value();
  EXPECT_EQ(text.find("hush"), std::string::npos) << text;
  for (const char* line : {"tasks = \"7\"  # flag --tasks\n", "# token = \"(hidden)\"  # environment WARDPULSE_TOKEN\n",
                           "format = \"csv\"  # default\n", "# feeds = \"\"  # not set\n",
                           "[librdkafka]\n# \"sasl.password\" = \"(hidden)\"\n\"linger.ms\" = \"3\"\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << text;
  }
  const TomlFile again(text); // what was shown can be used
  EXPECT_EQ(config_of({"--config", again.path()}).integer("tasks"), 7);
}

TEST(Config, VersionIsOneLine) {
  const auto parsed = parse({"--version"});
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->exit_text->rfind("wardpulse-test ", 0), 0U);
  EXPECT_EQ(parsed->exit_text->find('\n'), parsed->exit_text->size() - 1);
}

TEST(ParseListen, SplitsHostAndPort) {
  EXPECT_EQ(parse_listen("127.0.0.1:8080")->host, "127.0.0.1");
  EXPECT_EQ(parse_listen("127.0.0.1:8080")->port, 8080);
  EXPECT_EQ(parse_listen("[::1]:0")->host, "::1");
  for (const char* text : {"", ":80", "host", "host:", "host:-1", "host:70000", "::1:80", "[]:80", "host:80x", "[:80"}) {
    EXPECT_FALSE(parse_listen(text).has_value()) << text;
  }
}

} // namespace
} // namespace wardpulse
