#include "producer/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

namespace wardpulse::producer {
namespace {

constexpr ConfigKey kBothKeys[] = {
    {.name = "metrics-listen", .type = ConfigType::kListen, .fallback = "127.0.0.1:9101",
     .meaning = "Where /metrics is served for Prometheus; port 0 takes a free one, and so does a default that is taken.", .example = "0.0.0.0:9101"},
    {.name = "partitions", .type = ConfigType::kInteger, .fallback = "8",
     .meaning = "Partitions of topics that have to be made; also what the ground truth reckons with.", .least = "1", .most = "1000"},
    {.name = "input-retention", .type = ConfigType::kDuration, .fallback = "forever",
     .meaning = "How long input topics that have to be made keep their records.", .example = "30d", .least = "1h",
     .choices = "forever"},
    {.name = "speed", .meaning = "Seconds of event time per second of the clock, or max. Default: 1 for simulate, max for import.",
     .example = "60"},
    {.name = "dry-run", .type = ConfigType::kSwitch,
     .meaning = "Sends nothing. simulate prints the events as JSON lines; import prints how many of each type there would be."},
};
constexpr ConfigKey kSimulateKeys[] = {
    {.name = "rate", .fallback = "2", .meaning = "simulate: events a second of event time, on average over a day; 0.01 to 1000.",
     .example = "0.5"},
    {.name = "houses", .type = ConfigType::kInteger, .fallback = "1",
     .meaning = "simulate: so many houses share the patients; each has seven departments, named Emergency, Emergency 2 and so on.",
     .least = "1", .most = "1000"},
    {.name = "events", .type = ConfigType::kInteger, .meaning = "simulate: stop after exactly this many records. Default: go on.",
     .example = "100000", .least = "1"},
    {.name = "seed", .type = ConfigType::kInteger,
     .meaning = "simulate: same seed, same flags and --start: same bytes. Part of every id. Default: from the clock.", .example = "7",
     .least = "0"},
    {.name = "start", .meaning = "simulate: event time of the live part's beginning. Default: now.",
     .example = "2026-11-21T00:00:00Z"},
    {.name = "history", .type = ConfigType::kDuration, .fallback = "0s",
     .meaning = "simulate: this much event time before --start is sent first, as fast as --history-rate lets it; then a heartbeat in "
                "each partition, so that the numbers are live at once.", .example = "24h",
     .least = "0s", .most = "400d"},
    {.name = "history-rate", .type = ConfigType::kInteger, .fallback = "20000",
     .meaning = "simulate: most records a second while catching up. The embedded broker keeps only about 5 MiB a partition: "
                "stay below what the consumers read.",
     .least = "1", .most = "1000000"},
    {.name = "duplicate-share", .fallback = "0", .meaning = "simulate: share of events sent twice, 0 to 1.", .example = "0.01"},
    {.name = "out-of-order-share", .fallback = "0",
     .meaning = "simulate: share of events sent up to --out-of-order-by after they happened, 0 to 1.", .example = "0.05"},
    {.name = "out-of-order-by", .type = ConfigType::kDuration, .fallback = "3m", .meaning = "simulate: see --out-of-order-share.",
     .least = "1ms", .most = "6h"},
    {.name = "late-share", .fallback = "0", .meaning = "simulate: share of events sent --late-by after they happened, 0 to 1.",
     .example = "0.001"},
    {.name = "late-by", .type = ConfigType::kDuration, .fallback = "50h",
     .meaning = "simulate: see --late-share. 50h is past the grace of hour windows, 7h past that of minutes.", .least = "1m",
     .most = "6d"},
    {.name = "faults", .meaning = "simulate: make mistakes at these rates, KIND=RATE,... or all=RATE; docs/simulator.md lists the kinds.",
     .example = "gender=0.01,future=0.002"},
    {.name = "faults-truth", .meaning = "simulate: write here a line of JSON for each mistake that was sent.", .example = "faults.jsonl"},
    {.name = "truth", .meaning = "simulate: write here, as JSON, what a correct consumer must end with.", .example = "truth.json"},
};
constexpr ConfigKey kImportKeys[] = {
    {.name = "mapping", .meaning = "import csv: TOML file that says what the columns mean (docs/import.md).", .example = "visits.toml"},
    {.name = "rejects", .meaning = "import: where records that cannot be sent go, with line and reason. Default: the first "
                                   "file's name and .rejects.csv, in this folder.",
     .example = "bad.csv"},
    {.name = "rebase", .type = ConfigType::kChoice, .fallback = "off",
     .meaning = "import: now shifts all times so that the last event is now.", .choices = "off|now"},
    {.name = "print", .type = ConfigType::kSwitch, .meaning = "import: with --dry-run, also print the events as JSON lines."},
    {.name = "timezone", .fallback = "UTC", .meaning = "import jsonl: zone of check_in_time without offset.",
     .example = "Europe/Stockholm"},
};

constexpr std::string_view kUsage = R"(wardpulse-producer simulate [options]
wardpulse-producer import csv [FILE|FOLDER...] --mapping FILE.toml [options]
wardpulse-producer import jsonl FILE|- [options]
wardpulse-producer import synthea FOLDER [options]
wardpulse-producer topics [options])";
constexpr std::string_view kExamples = R"(wardpulse-producer simulate --history 24h --rate 5
wardpulse-producer simulate --seed 7 --start 2026-11-21T00:00:00Z --events 1000000 --speed max --truth truth.json
wardpulse-producer import csv visits.csv --mapping visits.toml --dry-run
wardpulse-producer import jsonl - < events.jsonl
wardpulse-producer import synthea output/csv --rebase now
wardpulse-producer topics --brokers kafka1:9092 --partitions 16)";

std::optional<double> parse_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// Reads values that the table cannot describe; collects what is wrong.
class Reader {
 public:
  explicit Reader(const Config& config) : config_(config) {}

  void problem(std::string_view key, const std::string& what) {
    problems_ += (problems_.empty() ? "" : "\n") + std::string(key) + ": " + what;
  }
  const std::string& problems() const { return problems_; }
  const Config& config() const { return config_; }

  double number(std::string_view key, double least, double most, const std::string& form) {
    const auto value = parse_number(config_.text(key));
    if (value && *value >= least && *value <= most) return *value;
    problem(key, "must be " + form + ", not '" + config_.text(key) + "'");
    return least;
  }
  std::int64_t per_million(std::string_view key) {
    return std::llround(number(key, 0, 1, "a share from 0 to 1") * 1'000'000);
  }
  // nullopt: max
  std::optional<double> speed(std::optional<double> fallback) {
    const std::string& text = config_.text("speed");
    if (text.empty()) return fallback;
    if (text == "max") return std::nullopt;
    return number("speed", 1e-6, 1e9, "a number above 0, or max");
  }
  Time time(std::string_view key, Time fallback) {
    if (!config_.is_set(key)) return fallback;
    if (const auto value = parse_rfc3339(config_.text(key))) return *value;
    problem(key, "must be a time with offset such as 2026-11-21T00:00:00Z, not '" + config_.text(key) + "'");
    return fallback;
  }
  // Flags of another sub-command are slips; in the environment or a file they are shared settings.
  void refuse_flags(std::span<const ConfigKey> keys, std::string_view command) {
    for (const ConfigKey& key : keys) {
      if (config_.source(key.name) == ConfigSource::kFlag) problem(key.name, "is no option of " + std::string(command));
    }
  }

 private:
  const Config& config_;
  std::string problems_;
};

TargetOptions target_of(const Config& config) {
  TargetOptions target;
  target.client = {config.text("brokers"), "wardpulse-producer", config.client_settings()};
  target.topic_prefix = config.text("topic-prefix");
  target.partitions = static_cast<std::int32_t>(config.integer("partitions"));
  if (config.text("input-retention") != "forever") target.input_retention = config.duration("input-retention");
  target.metrics_listen = config.text("metrics-listen");
  target.metrics_listen_chosen = config.source("metrics-listen") != ConfigSource::kDefault;
  return target;
}

SimulateOptions simulate_options(Reader& reader, Time now) {
  const Config& config = reader.config();
  reader.refuse_flags(kImportKeys, "simulate");
  if (config.words().size() > 1) reader.problem("simulate", "takes no '" + config.words()[1] + "'");
  SimulateOptions options;
  const Time live_from = reader.time("start", now);
  options.simulator.hospital.seed =
      config.is_set("seed") ? static_cast<std::uint64_t>(config.integer("seed")) : static_cast<std::uint64_t>(to_ms(now));
  options.simulator.hospital.start = live_from - config.duration("history");
  options.simulator.hospital.events_per_1000s = std::llround(reader.number("rate", 0.01, 1000, "events a second from 0.01 to 1000") * 1000);
  options.simulator.hospital.houses = static_cast<int>(config.integer("houses"));
  if (config.duration("history") > Duration{0}) options.simulator.heartbeats_at = live_from;
  if (config.is_set("events")) options.simulator.events = config.integer("events");
  options.simulator.partitions = static_cast<std::int32_t>(config.integer("partitions"));
  Disturbance& disturbance = options.simulator.disturbance;
  disturbance.duplicates_per_million = reader.per_million("duplicate-share");
  disturbance.out_of_order_per_million = reader.per_million("out-of-order-share");
  disturbance.late_per_million = reader.per_million("late-share");
  disturbance.out_of_order_by = config.duration("out-of-order-by");
  disturbance.late_by = config.duration("late-by");
  if (disturbance.out_of_order_per_million + disturbance.late_per_million > 1'000'000) {
    reader.problem("late-share", "and out-of-order-share are more than 1 together");
  }
  options.pace = {now, live_from, reader.speed(1.0), config.integer("history-rate")};
  options.target = target_of(config);
  options.truth_path = config.text("truth");
  options.faults_truth_path = config.text("faults-truth");
  if (auto faults = parse_faults(config.text("faults"))) options.simulator.faults = *faults;
  else reader.problem("faults", faults.error().message);
  if (!options.faults_truth_path.empty() && !options.simulator.faults.any()) reader.problem("faults-truth", "goes with --faults");
  options.dry_run = config.is_on("dry-run");
  return options;
}

std::string default_rejects_path(const std::vector<std::string>& paths, const std::string& mapping) {
  std::string first = !paths.empty() ? paths.front() : mapping;
  if (first == "-") first = "stdin";
  while (first.size() > 1 && first.ends_with('/')) first.pop_back();
  return std::filesystem::path(first).filename().string() + ".rejects.csv";
}

ImportOptions import_options(Reader& reader) {
  const Config& config = reader.config();
  reader.refuse_flags(kSimulateKeys, "import");
  ImportOptions options;
  const auto& words = config.words();
  const std::string format = words.size() > 1 ? words[1] : "";
  if (format != "csv" && format != "jsonl" && format != "synthea") reader.problem("import", "needs what to import: csv, jsonl or synthea");
  options.format = format == "jsonl" ? ImportFormat::kJsonLines : format == "synthea" ? ImportFormat::kSynthea : ImportFormat::kCsv;
  if (words.size() > 2) options.paths.assign(words.begin() + 2, words.end());
  options.mapping_path = config.text("mapping");
  if (format == "csv" && options.mapping_path.empty()) reader.problem("mapping", "is required by import csv: give --mapping FILE.toml");
  if (format != "csv" && !options.mapping_path.empty()) reader.problem("mapping", "is for import csv");
  if (format == "jsonl" && options.paths.empty()) reader.problem("import jsonl", "needs a file, or - for standard input");
  if (format == "synthea" && options.paths.size() != 1) reader.problem("import synthea", "needs one folder: what Synthea's CSV exporter wrote");
  options.rejects_path = config.is_set("rejects") ? config.text("rejects") : default_rejects_path(options.paths, options.mapping_path);
  if (auto zone = TimeZone::load(config.text("timezone"))) options.zone = *zone;
  else reader.problem("timezone", zone.error().text());
  options.rebase_to_now = config.text("rebase") == "now";
  options.dry_run = config.is_on("dry-run");
  options.print = config.is_on("print");
  if (options.print && !options.dry_run) reader.problem("print", "goes with --dry-run");
  options.speed = reader.speed(std::nullopt);
  options.catch_up_rate = 1'000'000;
  options.target = target_of(config);
  return options;
}

TopicsOptions topics_options(Reader& reader) {
  const Config& config = reader.config();
  reader.refuse_flags(kSimulateKeys, "topics");
  reader.refuse_flags(kImportKeys, "topics");
  if (config.words().size() > 1) reader.problem("topics", "takes no '" + config.words()[1] + "'");
  return {target_of(config)};
}

} // namespace

const ProgramSpec& producer_program() {
  static const ProgramSpec spec{
      .name = "wardpulse-producer",
      .summary = "Sends hospital events to Kafka: simulated ones, or those in files. Never drops one: waits when Kafka is slow.",
      .usage = kUsage,
      .examples = kExamples,
      .keys = {kBothKeys, kSimulateKeys, kImportKeys, common_config_keys()}};
  return spec;
}

Result<Options> make_options(const Config& config, Time now) {
  Reader reader(config);
  const std::string command = config.words().empty() ? "" : config.words().front();
  Options options;
  if (command == "simulate") options = simulate_options(reader, now);
  else if (command == "import") options = import_options(reader);
  else if (command == "topics") options = topics_options(reader);
  else reader.problem("command", (command.empty() ? "is missing" : "'" + command + "' is none") + ": simulate, import or topics");
  if (!reader.problems().empty()) return fail(reader.problems(), "see wardpulse-producer --help");
  return options;
}

} // namespace wardpulse::producer
