#include <algorithm>

#include <fmt/format.h>

#include "consumer/consumer_config.h"
#include "consumer/definition_json.h"
#include "consumer/replay/commands.h"
#include "consumer/replay/log_lookup.h"
#include "consumer/replay/topic_reader.h"

namespace wardpulse::consumer {
namespace {

// What is in force, and on top of it what the flags say: a replay tries one change at a time.
Result<aggregator::Definition> definition_for(const GenerationState* active, const GenerationRef& ref,
                                              const Config& config) {
  aggregator::Definition definition;
  const auto json = !ref.definition_json.empty() ? ref.definition_json
                    : active != nullptr          ? active->definition_json()
                                                 : std::string();
  if (!json.empty()) {
    auto parsed = parse_definition(json);
    if (!parsed) return parsed;
    definition = std::move(*parsed);
  }
  (void)apply_definition(config, &definition); // its problems were told when the flags were read
  return definition;
}

Result<LogViews> look_at_logs(Site& site, const TopicNames& names, const aggregator::Definition& definition,
                              std::int32_t partitions) {
  LogViews logs(static_cast<std::size_t>(partitions));
  for (int t = 0; t < kTopicCount; ++t) {
    if (!definition.topics[t]) continue;
    if (!site.has_topic(names.inputs[t])) {
      return fail("there is no topic " + names.inputs[t], "--topics names those that are in use");
    }
    for (std::int32_t p = 0; p < partitions; ++p) {
      const auto range = site.admin.watermarks(names.inputs[t], p, kReplayTimeout);
      if (!range) return tl::unexpected(range.error());
      logs[static_cast<std::size_t>(p)][t] = {range->low, range->high};
    }
  }
  return logs;
}

// Of a generation that was begun before: that it still is what is asked for, and that it can be gone on with.
Result<void> check_begun(const Site& site, const GenerationState& state, const ReplayOptions& options,
                         const aggregator::Definition& asked, bool definition_given, std::int32_t partitions) {
  const auto& plan = *state.plan;
  const auto remedy = "take another --generation, or remove this one with wardpulse-replay discard";
  if (plan.cluster_id != site.cluster_id) {
    return fail("generation " + state.name + " belongs to Kafka cluster " + plan.cluster_id + ", this is " +
                    site.cluster_id,
                remedy);
  }
  if (plan.partitions() != partitions) {
    return fail("generation " + state.name + " was made of " + std::to_string(plan.partitions()) +
                    " partitions, the input topics have " + std::to_string(partitions),
                remedy);
  }
  if (options.range_given && (plan.from_text != options.from_text || plan.to_text != options.to_text)) {
    return fail("generation " + state.name + " was begun with --from " + plan.from_text + " --to " + plan.to_text,
                "leave the range out to go on with it; for another one, " + std::string(remedy));
  }
  if (definition_given && plan.definition_digest != asked.digest()) {
    return fail("generation " + state.name + " was begun with another definition (" + plan.definition_digest +
                    ", asked for " + asked.digest() + ")",
                "leave the settings out to go on with it; for another one, " + std::string(remedy));
  }
  return {};
}

bool is_definition_given(const Config& config) {
  const auto keys = definition_config_keys();
  return std::any_of(keys.begin(), keys.end(), [&](const ConfigKey& key) {
    return config.is_set(key.name) && config.source(key.name) != ConfigSource::kDefault;
  });
}

} // namespace

Result<PlanFound> find_plan(Site& site, const ReplayOptions& options, const Config& config) {
  if (site.active().name == options.generation) {
    return fail("generation " + options.generation + " is the one in force: consumers keep it up to date",
                "take another --generation");
  }
  const auto names = TopicNames::of(site.prefix, options.generation);
  const auto partitions = site.input_partitions();
  if (!partitions) return tl::unexpected(partitions.error());
  const auto active_topic = TopicNames::of(site.prefix, site.active().name).checkpoints;
  std::optional<GenerationState> active;
  if (site.has_topic(active_topic)) {
    auto state = read_generation(site, site.active().name);
    if (!state) return tl::unexpected(state.error());
    active = std::move(*state);
  }
  auto definition = definition_for(active ? &*active : nullptr, site.active(), config);
  if (!definition) return tl::unexpected(definition.error());
  if (site.has_topic(names.checkpoints)) {
    auto state = read_generation(site, options.generation);
    if (!state) return tl::unexpected(state.error());
    const bool empty = std::none_of(state->newest.begin(), state->newest.end(), [](const auto& m) { return !!m; });
    if (state->plan) {
      auto good = check_begun(site, *state, options, *definition, is_definition_given(config), *partitions);
      if (!good) return tl::unexpected(good.error());
      auto own = parse_definition(state->plan->definition_json);
      if (!own) return tl::unexpected(own.error());
      own->beds = definition->beds;
      return PlanFound{*state->plan, std::move(*own), true, state->is_finished(), state->progress()};
    }
    if (!empty) return fail("generation " + options.generation + " was not made by a replay", "take another name");
  }
  auto logs = look_at_logs(site, names, *definition, *partitions);
  if (!logs) return tl::unexpected(logs.error());
  const std::vector<std::optional<Manifest>> none;
  KafkaLookup lookup(site, names, *definition, *logs, active ? active->newest : none);
  const PlanRequest request{options.generation, *definition,  options.from_text, options.to_text,
                            options.from,       options.to, options.warm_up,   options.settle};
  auto plan = make_plan(request, *logs, names, lookup);
  if (!plan) return tl::unexpected(plan.error());
  plan->cluster_id = site.cluster_id;
  plan->made_at = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  return PlanFound{std::move(*plan), std::move(*definition), false, false, 0};
}

std::string describe_plan(const PlanFound& found, const ReplayOptions& options) {
  const auto& plan = found.plan;
  const auto names = TopicNames::of(options.topic_prefix, plan.generation);
  std::string out = fmt::format("generation  {}{}\n", plan.generation,
                                !found.is_begun     ? " (new)"
                                : found.is_finished ? " (complete)"
                                                    : fmt::format(" (begun, {:.1f} % done)", found.progress * 100));
  out += fmt::format("definition  {}\n", plan.definition_digest);
  out += fmt::format("windows     from {} to {}\n", plan.from ? format_rfc3339(*plan.from) : "the log's start",
                     plan.to ? format_rfc3339(*plan.to) : "the log's end");
  if (plan.from) {
    out += fmt::format("warm-up     reads from {} on, so that visits under way are known\n",
                       format_rfc3339(*plan.from - options.warm_up.value_or(default_warm_up(found.definition))));
  }
  if (!plan.whole) out += "            begins in the middle of the log: compared without what sums up a whole history, promoted with --partial\n";
  out += fmt::format("\n{:<32}{:>10}{:>14}{:>14}{:>14}\n", "topic", "partition", "from", "to", "records");
  for (int t = 0; t < kTopicCount; ++t) {
    if (!found.definition.topics[t]) continue;
    for (std::size_t p = 0; p < plan.end.size(); ++p) {
      out += fmt::format("{:<32}{:>10}{:>14}{:>14}{:>14}\n", names.inputs[t], p, plan.begin[p][t], plan.end[p][t],
                         plan.end[p][t] - plan.begin[p][t]);
    }
  }
  return out + fmt::format("\n{} records into {} and {}\n", plan.records(), names.aggregates, names.checkpoints);
}

} // namespace wardpulse::consumer
