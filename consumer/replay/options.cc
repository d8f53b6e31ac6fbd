#include "consumer/replay/options.h"

#include <vector>

#include "consumer/consumer_config.h"
#include "consumer/replay/plan.h"

namespace wardpulse::consumer {
namespace {

constexpr ConfigKey kKeys[] = {
    {.name = "generation",
     .meaning = "Name of the generation: its topics are PREFIX.NAME.aggregates and PREFIX.NAME.checkpoints.",
     .example = "backfill-1"},
    {.name = "from",
     .fallback = "earliest",
     .meaning = "First window to rebuild: earliest, a time (event time), or a file of lines topic,partition,offset.",
     .example = "2026-03-01T00:00:00Z"},
    {.name = "to",
     .fallback = "latest",
     .meaning = "Windows that start before this are rebuilt: latest, a time (event time), or a file of offsets.",
     .example = "2026-04-01T00:00:00Z"},
    {.name = "by-duration",
     .meaning = "Instead of --from: so long before now, as 7d or as Kafka writes it, P7DT12H.",
     .example = "P7D"},
    {.name = "from-log-time",
     .type = ConfigType::kSwitch,
     .meaning = "Times in --from and --to are those of writing to the log, looked up in the broker's index."},
    {.name = "warm-up",
     .type = ConfigType::kDuration,
     .meaning = "Event time to read before --from, so that visits under way are known (default: 120d and the largest "
                "grace, which is what a visit is remembered for).",
     .example = "14d",
     .least = "0s"},
    {.name = "settle",
     .type = ConfigType::kDuration,
     .meaning = "Event time to read after --to, for what still changes its windows (default: the largest grace and "
                "90d, or the longest funnel).",
     .example = "31d",
     .least = "0s"},
    {.name = "tasks",
     .type = ConfigType::kInteger,
     .fallback = "1",
     .meaning = "Worker threads of this instance; several instances of run share a generation's partitions.",
     .example = "2",
     .least = "1",
     .most = "64"},
    {.name = "rate",
     .type = ConfigType::kInteger,
     .fallback = "0",
     .meaning = "Records a second at most, to leave room for live work; 0 is no limit.",
     .example = "50000",
     .least = "0",
     .most = "100000000"},
    {.name = "partial",
     .type = ConfigType::kSwitch,
     .meaning = "promote: a generation that begins in the middle of the log, too; cells of older windows are taken over from the one in force."},
    {.name = "dry-run", .type = ConfigType::kSwitch, .meaning = "run, promote, rollback, discard: say what would be done."},
    {.name = "yes", .type = ConfigType::kSwitch, .meaning = "Do not ask before promote, rollback and discard."},
    {.name = "against",
     .meaning = "diff: the generation to compare with (default: the one in force).",
     .example = "live"},
    {.name = "family", .meaning = "diff: only this family of cells.", .example = "funnel"},
    {.name = "format",
     .type = ConfigType::kChoice,
     .fallback = "table",
     .meaning = "diff and status: how to print.",
     .choices = "table|json|csv"},
    {.name = "limit",
     .type = ConfigType::kInteger,
     .fallback = "50",
     .meaning = "diff: cells to list in a table; 0 lists all.",
     .example = "0",
     .least = "0",
     .most = "100000000"},
    {.name = "metrics-listen",
     .type = ConfigType::kListen,
     .fallback = "127.0.0.1:9104",
     .meaning = "run: where /metrics is served for Prometheus; port 0 takes a free one, and so does a default that is taken.",
     .example = "0.0.0.0:9104"},
};

constexpr std::pair<std::string_view, ReplayCommand> kCommands[] = {
    {"plan", ReplayCommand::kPlan},       {"run", ReplayCommand::kRun},
    {"diff", ReplayCommand::kDiff},       {"promote", ReplayCommand::kPromote},
    {"rollback", ReplayCommand::kRollback}, {"status", ReplayCommand::kStatus},
    {"discard", ReplayCommand::kDiscard},
};

bool needs_generation(ReplayCommand command) {
  return command != ReplayCommand::kRollback && command != ReplayCommand::kStatus;
}

} // namespace

ProgramSpec replay_program() {
  return {
      .name = "wardpulse-replay",
      .summary = "Rebuilds numbers from the log beside the live ones, shows what differs, and switches over and back.",
      .usage = "wardpulse-replay plan --generation NAME [flags]      what run would read, and how much\n"
               "wardpulse-replay run --generation NAME [flags]       rebuild; again after an interruption: go on\n"
               "wardpulse-replay diff --generation NAME [flags]      compare cell by cell; 0 only when equal\n"
               "wardpulse-replay promote --generation NAME           the dashboard and the consumers take it over\n"
               "wardpulse-replay rollback                            back to the generation before\n"
               "wardpulse-replay status                              generations, which is in force, how far they are\n"
               "wardpulse-replay discard --generation NAME           remove its topics",
      .examples = "# Does last month's number still hold?\n"
                  "wardpulse-replay run --generation check-1 && wardpulse-replay diff --generation check-1\n"
                  "# A changed funnel, tried on March, beside live work:\n"
                  "wardpulse-replay run --generation wider --funnels funnels.toml --rate 20000 \\\n"
                  "    --from 2026-03-01T00:00:00Z --to 2026-04-01T00:00:00Z\n"
                  "wardpulse-replay diff --generation wider --family funnel --format csv > changes.csv\n"
                  "# Over and back, without a gap on the wall:\n"
                  "wardpulse-replay promote --generation wider-all --yes\n"
                  "wardpulse-replay rollback --yes\n"
                  "# Years of history stay as they are, and a fixed feed counts from September on:\n"
                  "wardpulse-replay run --generation fixed --from 2026-09-01T00:00:00Z\n"
                  "wardpulse-replay promote --generation fixed --partial --yes",
      .keys = {common_config_keys(), kKeys, definition_config_keys()},
  };
}

Result<ReplayOptions> replay_options(const Config& config, Time now) {
  ReplayOptions options;
  std::string problems;
  const auto problem = [&](const std::string& what) { problems.append(problems.empty() ? "" : "\n").append(what); };
  const auto& words = config.words();
  const auto* command = std::find_if(std::begin(kCommands), std::end(kCommands),
                                     [&](const auto& known) { return words.size() == 1 && known.first == words[0]; });
  if (command == std::end(kCommands)) {
    return fail(words.empty() ? "say what to do" : "there is no command '" + words.back() + "'",
                "plan, run, diff, promote, rollback, status or discard; --help explains them");
  }
  options.command = command->second;
  options.client = client_options(config, "wardpulse-replay");
  options.topic_prefix = config.text("topic-prefix");
  options.generation = config.text("generation");
  if (needs_generation(options.command)) {
    if (auto good = check_generation_name(options.generation); !good) problem(good.error().text());
  }
  const bool log_time = config.is_on("from-log-time");
  options.from_text = config.text("from");
  options.to_text = config.text("to");
  const auto given = [&](std::string_view key) {
    return config.is_set(key) && config.source(key) != ConfigSource::kDefault;
  };
  options.range_given = given("from") || given("to") || given("by-duration");
  if (const auto& duration = config.text("by-duration"); !duration.empty()) {
    const auto back = parse_by_duration(duration);
    if (!back) problem("by-duration: needs a duration such as 7d or P7D, not '" + duration + "'");
    if (given("from")) problem("by-duration: stands instead of --from, not beside it");
    if (back) options.from_text = format_rfc3339(now - *back);
  }
  for (const auto& [key, text, end] : {std::tuple("from", &options.from_text, &options.from),
                                       std::tuple("to", &options.to_text, &options.to)}) {
    if (auto parsed = parse_range_end(*text, log_time)) *end = std::move(*parsed);
    else problem(std::string(key) + ": " + parsed.error().text());
    if (log_time) text->append(" (log time)");
  }
  if (config.is_set("warm-up")) options.warm_up = config.duration("warm-up");
  if (config.is_set("settle")) options.settle = config.duration("settle");
  options.tasks = static_cast<int>(config.integer("tasks"));
  options.rate = config.integer("rate");
  options.partial = config.is_on("partial");
  options.dry_run = config.is_on("dry-run");
  options.yes = config.is_on("yes");
  options.against = config.text("against");
  options.family = config.text("family");
  if (!options.family.empty() && find_family(options.family) == nullptr)
    problem("family: there is no family '" + options.family + "'");
  const auto& format = config.text("format");
  options.format = format == "json" ? DiffFormat::kJson : format == "csv" ? DiffFormat::kCsv : DiffFormat::kTable;
  options.limit = static_cast<std::size_t>(config.integer("limit"));
  options.metrics_listen = config.text("metrics-listen");
  options.metrics_listen_chosen = given("metrics-listen");
  aggregator::Definition scratch;
  for (const auto& wrong : apply_definition(config, &scratch)) problem(wrong);
  if (const auto checked = kafka::check_settings(options.client.settings); !checked) problem(checked.error().text());
  if (!problems.empty()) return fail(problems);
  return options;
}

} // namespace wardpulse::consumer
