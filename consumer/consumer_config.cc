#include "consumer/consumer_config.h"

#include <charconv>
#include <fstream>
#include <sstream>
#include <vector>

namespace wardpulse::consumer {
namespace {

// What the numbers mean.
constexpr ConfigKey kDefinitionKeys[] = {
    {.name = "timezone",
     .fallback = "UTC",
     .meaning = "IANA time zone of local days and months.",
     .example = "Europe/Stockholm"},
    {.name = "grace",
     .meaning = "How long after its end a window of a size still takes records: SIZE=DURATION|none, ... "
                "(default: 10s=10m,1m=6h,1h=48h,1d=31d,month=31d).",
     .example = "1h=72h,1d=none"},
    {.name = "max-future",
     .fallback = "5m",
     .meaning = "A record whose event time is further ahead of its log time is refused; off takes all.",
     .example = "off"},
    {.name = "funnels",
     .meaning = "TOML file with funnel definitions; without it the shipped ones.",
     .example = "funnels.toml"},
    {.name = "beds",
     .meaning = "TOML file with the numbers of beds and their dates; without it the crowding score is not known.",
     .example = "beds.toml"},
    {.name = "topics",
     .type = ConfigType::kList,
     .fallback = "checkins,encounters,billing,workflow",
     .meaning = "Input topics in use, without prefix.",
     .example = "checkins,encounters"},
    {.name = "bounds",
     .type = ConfigType::kList,
     .meaning = "Bounds of the rule `range`: acuity=1..5, age=0..130 and amount=10000000 (default: these).",
     .example = "acuity=1..5,amount=500000"},
};

constexpr ConfigKey kKeys[] = {
    {.name = "group",
     .meaning = "Consumer group; instances of one group share the partitions (default: TOPIC-PREFIX-consumer).",
     .example = "wardpulse-consumer"},
    {.name = "instance-id",
     .meaning = "Makes group membership static: a restart under the same name keeps its partitions. Two processes must "
                "not share one.",
     .example = "consumer-1"},
    {.name = "tasks",
     .type = ConfigType::kInteger,
     .fallback = "1",
     .meaning = "Worker threads; each is a member of the group.",
     .example = "2",
     .least = "1",
     .most = "64"},
    {.name = "checkpoint-interval",
     .type = ConfigType::kDuration,
     .fallback = "5s",
     .meaning = "Longest time between checkpoints of a partition; 10,000 changed entries of its state bring one earlier, and more when there is a backlog.",
     .example = "10s",
     .least = "100ms",
     .most = "10m"},
    {.name = "publish-interval",
     .type = ConfigType::kDuration,
     .fallback = "100ms",
     .meaning = "Time between publications of changed cells.",
     .example = "1s",
     .least = "10ms",
     .most = "1m"},
    {.name = "until-end",
     .type = ConfigType::kSwitch,
     .meaning = "Work up to the ends that the log has at the start, publish, checkpoint and exit."},
    {.name = "accept-data-loss",
     .type = ConfigType::kSwitch,
     .meaning = "Go on when the log no longer holds what the checkpoint needs, instead of refusing. Says loudly what "
                "is missing."},
    {.name = "metrics-listen",
     .type = ConfigType::kListen,
     .fallback = "127.0.0.1:9102",
     .meaning = "Where /metrics is served for Prometheus; port 0 takes a free one, and so does a default that is taken.",
     .example = "0.0.0.0:9102"},
};

// Puts onto a definition what was given; what was not stays as it is.
class DefinitionReader {
 public:
  DefinitionReader(const Config& config, aggregator::Definition* definition)
      : config_(config), definition_(*definition) {}

  std::vector<std::string> read() {
    if (is_given("timezone")) read_zone();
    if (is_given("grace")) {
      if (const auto wrong = apply_grace(config_.text("grace"), &definition_.grace)) problem("grace", *wrong);
    }
    if (is_given("max-future")) read_max_future();
    if (is_given("topics")) read_topics();
    if (is_given("funnels")) read_funnels();
    if (is_given("beds")) read_beds();
    for (const auto& bound : config_.list("bounds")) read_bound(bound);
    return std::move(problems_);
  }

 private:
  bool is_given(std::string_view key) const {
    return config_.is_set(key) && config_.source(key) != ConfigSource::kDefault && !config_.text(key).empty();
  }

  void read_zone() {
    if (auto zone = TimeZone::load(config_.text("timezone"))) {
      definition_.zone = std::move(*zone);
    } else {
      problem("timezone", zone.error().text());
    }
  }

  void read_max_future() {
    const auto& text = config_.text("max-future");
    if (text == "off") {
      definition_.max_future = std::nullopt;
    } else if (const auto duration = parse_duration(text)) {
      definition_.max_future = *duration;
    } else {
      problem("max-future", "needs a duration such as 5m, or off, not '" + text + "'");
    }
  }

  void read_topics() {
    auto& topics = definition_.topics;
    topics.fill(false);
    for (const auto& name : config_.list("topics")) {
      if (const auto topic = topic_from_name(name)) {
        topics[static_cast<int>(*topic)] = true;
      } else {
        problem("topics", "knows checkins, encounters, billing and workflow, not '" + name + "'");
      }
    }
    if (topics == std::array<bool, kTopicCount>{}) problem("topics", "needs at least one topic");
  }

  // The text of the file that the key names; nullopt when it names none, or none that can be read.
  std::optional<std::string> file_of(const std::string& key) {
    const auto& path = config_.text(key);
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    if (file) return std::move(text).str();
    problem(key, "cannot read " + path);
    return std::nullopt;
  }

  void read_funnels() {
    const auto text = file_of("funnels");
    if (!text) return;
    if (auto funnels = aggregator::parse_funnels(*text, config_.text("funnels"))) {
      definition_.funnels = std::move(*funnels);
    } else {
      problem("funnels", funnels.error().text());
    }
  }

  void read_beds() {
    const auto text = file_of("beds");
    if (!text) return;
    if (auto beds = aggregator::parse_beds(*text, config_.text("beds"), definition_.zone)) {
      definition_.beds = std::move(*beds);
    } else {
      problem("beds", beds.error().text());
    }
  }

  void read_bound(const std::string& text) {
    const auto equals = std::min(text.find('='), text.size());
    const auto name = text.substr(0, equals);
    const auto value = text.substr(std::min(text.size(), equals + 1));
    const auto dots = value.find("..");
    std::int64_t least = 0, most = 0;
    const bool one = dots == value.npos && read_number(value, &most);
    const bool both = dots != value.npos && read_number(value.substr(0, dots), &least) &&
                      read_number(value.substr(dots + 2), &most) && least <= most;
    auto& bounds = definition_.bounds;
    if (name == "amount" && one) {
      bounds.amount_max_cents = most * 100;
    } else if ((name == "acuity" || name == "age") && both) {
      (name == "age" ? bounds.age_min : bounds.acuity_min) = least;
      (name == "age" ? bounds.age_max : bounds.acuity_max) = most;
    } else {
      problem("bounds", "knows acuity=LEAST..MOST, age=LEAST..MOST and amount=MOST, not '" + text + "'");
    }
  }

  static bool read_number(const std::string& text, std::int64_t* number) {
    constexpr std::int64_t kMost = 1'000'000'000'000;
    const auto end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, *number);
    return error == std::errc() && at == end && *number >= 0 && *number <= kMost;
  }

  void problem(const std::string& key, const std::string& what) { problems_.push_back(key + ": " + what); }

  const Config& config_;
  aggregator::Definition& definition_;
  std::vector<std::string> problems_;
};

class OptionsReader {
 public:
  explicit OptionsReader(const Config& config) : config_(config) {}

  Result<ConsumerOptions> read() {
    read_plain();
    problems_ = apply_definition(config_, &options_.definition);
    if (problems_.empty()) return std::move(options_);
    std::string all;
    for (const auto& problem : problems_) all.append(all.empty() ? "" : "\n").append(problem);
    return fail(all);
  }

 private:
  void read_plain() {
    options_.topic_prefix = config_.text("topic-prefix");
    options_.client = client_options(config_, "wardpulse-consumer");
    options_.group = config_.text("group");
    if (options_.group.empty()) options_.group = options_.topic_prefix + "-consumer";
    options_.instance_id = config_.text("instance-id");
    options_.tasks = static_cast<int>(config_.integer("tasks"));
    options_.checkpoint_interval = config_.duration("checkpoint-interval");
    options_.publish_interval = config_.duration("publish-interval");
    options_.until_end = config_.is_on("until-end");
    options_.accept_data_loss = config_.is_on("accept-data-loss");
    options_.metrics_listen = config_.text("metrics-listen");
    options_.metrics_listen_chosen = config_.source("metrics-listen") != ConfigSource::kDefault;
    if (options_.until_end) options_.instance_id.clear(); // the member is to leave the group on exit
  }

  const Config& config_;
  ConsumerOptions options_;
  std::vector<std::string> problems_;
};

} // namespace

std::span<const ConfigKey> consumer_config_keys() { return kKeys; }

std::span<const ConfigKey> definition_config_keys() { return kDefinitionKeys; }

std::vector<std::string> apply_definition(const Config& config, aggregator::Definition* definition) {
  return DefinitionReader(config, definition).read();
}

kafka::ClientOptions client_options(const Config& config, std::string client_id) {
  std::string brokers;
  for (const auto& broker : config.list("brokers")) brokers.append(brokers.empty() ? "" : ",").append(broker);
  return {brokers, std::move(client_id), config.client_settings()};
}

Result<ConsumerOptions> consumer_options(const Config& config) { return OptionsReader(config).read(); }

std::optional<std::string> apply_grace(std::string_view text, std::array<Duration, kWindowSizeCount>* grace) {
  while (!text.empty()) {
    const auto item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const auto equals = item.find('=');
    const auto size = window_size_from_name(item.substr(0, equals));
    if (equals == std::string_view::npos || !size) {
      return "needs SIZE=DURATION with a size of 10s, 1m, 1h, 1d or month, not '" + std::string(item) + "'";
    }
    const auto value = item.substr(equals + 1);
    const auto duration = value == "none" ? aggregator::kNoGrace : parse_duration(value);
    if (!duration) return "needs a duration such as 48h, or none, not '" + std::string(value) + "'";
    (*grace)[static_cast<int>(*size)] = *duration;
  }
  return std::nullopt;
}

} // namespace wardpulse::consumer
