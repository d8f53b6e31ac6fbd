#include "consumer/replay/commands.h"

#include <cstdio>
#include <functional>
#include <iostream>

#include <fmt/format.h>
#include <unistd.h>

#include "base/json_writer.h"
#include "base/log.h"
#include "base/stop_signal.h"
#include "consumer/definition_json.h"
#include "consumer/replay/take_over.h"
#include "consumer/replay/topic_reader.h"

namespace wardpulse::consumer {
namespace {

Time wall_now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

// Whether to go on: --yes, or a person who says so.
Result<bool> confirmed(const ReplayOptions& options, const std::string& what) {
  print(what);
  if (options.dry_run) return false;
  if (options.yes) return true;
  if (::isatty(STDIN_FILENO) != 1) return fail("nobody is here to be asked", "--yes goes on without asking");
  print("Go on? [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

Result<int> plan(Site& site, const ReplayOptions& options, const Config& config) {
  const auto found = find_plan(site, options, config);
  if (!found) return tl::unexpected(found.error());
  print(describe_plan(*found, options));
  return kExitDone;
}

Result<int> run(Site& site, const ReplayOptions& options, const Config& config) {
  auto found = find_plan(site, options, config);
  if (!found) return tl::unexpected(found.error());
  if (!found->is_begun && !options.dry_run) {
    if (auto begun = begin_generation(site, found->plan); !begun) return tl::unexpected(begun.error());
    found = find_plan(site, options, config); // another instance may have begun it at the same moment: there is one plan
    if (!found) return tl::unexpected(found.error());
  }
  print(describe_plan(*found, options));
  if (options.dry_run) return kExitDone;
  const auto hash = run_replay(site, *found, options);
  if (!hash) return tl::unexpected(hash.error());
  if (*hash) {
    print(fmt::format("complete    {}\nhash        {}\n", options.generation, **hash));
    return kExitDone;
  }
  if (stop_requested()) {
    print("stopped     run again to go on from here\n");
    return kExitDone;
  }
  print("done here   other instances have partitions left, or ended early: run again, or see status\n");
  return kExitDone;
}

// As of its checkpoints; empty when a partition has none.
std::vector<TopicOffsets> next_offsets(const GenerationState& state) {
  std::vector<TopicOffsets> offsets;
  for (const auto& manifest : state.newest) {
    if (!manifest) return {};
    offsets.push_back(manifest->next_offsets);
  }
  return offsets;
}

Result<int> diff(Site& site, const ReplayOptions& options) {
  const auto old_name = options.against.empty() ? site.active().name : options.against;
  const auto old_state = read_generation(site, old_name);
  if (!old_state) return tl::unexpected(old_state.error());
  const auto new_state = read_generation(site, options.generation);
  if (!new_state) return tl::unexpected(new_state.error());
  if (new_state->plan && !new_state->is_finished()) {
    return fail(fmt::format("generation {} is not complete ({:.1f} %)", options.generation, new_state->progress() * 100),
                "wardpulse-replay run --generation " + options.generation + " goes on with it");
  }
  const auto old_cells = read_cells(site, old_name);
  if (!old_cells) return tl::unexpected(old_cells.error());
  const auto new_cells = read_cells(site, options.generation);
  if (!new_cells) return tl::unexpected(new_cells.error());
  DiffScope scope;
  scope.family = options.family;
  if (const auto& made_of = new_state->plan) {
    scope.from = made_of->from;
    scope.to = made_of->to;
    scope.whole = made_of->whole;
  }
  if (old_state->plan) scope.whole = scope.whole && old_state->plan->whole;
  const auto result = diff_cells({old_name, &*old_cells, old_state->definition_json(), next_offsets(*old_state)},
                                 {options.generation, &*new_cells, new_state->definition_json(), next_offsets(*new_state)}, scope);
  print(render_diff(result, options.format, options.limit));
  return result.summary.is_equal() ? kExitDone : kExitFailed;
}

// Why consumers and web could not go on with it; nothing when they can.
Result<void> check_complete(const Site& site, const GenerationState& state, bool may_be_partial) {
  const auto remedy = "wardpulse-replay run --generation " + state.name + " completes it";
  const auto inputs = site.input_partitions();
  if (!inputs) return tl::unexpected(inputs.error());
  if (static_cast<std::int32_t>(state.newest.size()) != *inputs) {
    return fail(fmt::format("generation {} has {} partitions, the input topics have {}", state.name,
                            state.newest.size(), *inputs),
                "make a new generation");
  }
  if (state.name == kLiveGeneration) return {};
  if (!state.plan) return fail("generation " + state.name + " was not made by a replay");
  std::string missing;
  for (std::size_t p = 0; p < state.finished.size(); ++p) {
    if (!state.finished[p]) missing += (missing.empty() ? "" : ", ") + std::to_string(p);
  }
  if (!missing.empty()) return fail("generation " + state.name + " is not complete in partition " + missing, remedy);
  if (!state.plan->whole && !may_be_partial) {
    return fail("generation " + state.name + " does not begin at the log's start: what was before would be missing",
                "replay with --from earliest, or take older cells over from the generation in force with --partial");
  }
  return {};
}

// `before`: what has to be done first, once it is agreed to.
Result<int> switch_to(Site& site, const GenerationRef& target, const ReplayOptions& options, const std::string& note = {},
                      const std::function<Result<void>()>& before = {}) {
  const auto active = read_generation(site, site.active().name);
  if (!active) return tl::unexpected(active.error());
  ControlRecord record;
  record.active = target;
  record.previous = site.active();
  if (record.previous->definition_json.empty()) record.previous->definition_json = active->definition_json();
  record.number = site.control ? site.control->number + 1 : 1;
  record.at = wall_now();
  const auto go_on = confirmed(options, fmt::format("in force    {}\nswitch to   {}\n{}", site.active().name, target.name, note));
  if (!go_on) return tl::unexpected(go_on.error());
  if (!*go_on) return kExitDone;
  if (before) {
    if (auto done = before(); !done) return tl::unexpected(done.error());
  }
  if (auto written = write_control(site, record); !written) return tl::unexpected(written.error());
  print(fmt::format("now in force: {}; rollback goes back to {}\n", target.name, record.previous->name));
  return kExitDone;
}

Result<int> promote(Site& site, const ReplayOptions& options) {
  if (site.active().name == options.generation) return fail("generation " + options.generation + " is in force already");
  const auto state = read_generation(site, options.generation);
  if (!state) return tl::unexpected(state.error());
  if (auto complete = check_complete(site, *state, options.partial); !complete) return tl::unexpected(complete.error());
  const GenerationRef target{options.generation, state->plan->definition_json, state->plan->first_window()};
  if (state->plan->whole) return switch_to(site, target, options);
  if (!target.first_window) {
    return fail("generation " + options.generation + " began at what was left of the log: which windows are its own is not said",
                "replay with --from TIME, and the windows from then on are");
  }
  const auto giver = site.active().name;
  const OwnWindows own{target.first_window};
  const auto older = look_at_older_cells(site, giver, own);
  if (!older) return tl::unexpected(older.error());
  auto note = fmt::format("partial     windows that start before {} are taken over from {}: {} cells\n", format_rfc3339(*own.first), giver,
                          older->records);
  if (older->not_final > 0) {
    note += fmt::format("            {} of them are not final: they stay as they are now, whatever comes for them\n", older->not_final);
  }
  note += "            cells without a window, new and returning patients and the marts' rows by patient count from where the replay began "
          "to read\n";
  return switch_to(site, target, options, note, [&] { return take_over_older_cells(site, giver, target.name, own); });
}

Result<int> rollback(Site& site, const ReplayOptions& options) {
  if (!site.control || !site.control->previous) {
    return fail("nothing was promoted, so there is nothing to go back to");
  }
  const auto target = *site.control->previous;
  const auto state = read_generation(site, target.name);
  if (!state) return tl::unexpected(state.error());
  if (auto complete = check_complete(site, *state, true); !complete) return tl::unexpected(complete.error());
  return switch_to(site, target, options);
}

Result<int> discard(Site& site, const ReplayOptions& options) {
  const auto& name = options.generation;
  if (site.active().name == name) {
    return fail("generation " + name + " is in force", "wardpulse-replay rollback first");
  }
  const auto names = TopicNames::of(site.prefix, name);
  std::vector<std::string> topics;
  for (const auto& topic : {names.aggregates, names.checkpoints}) {
    if (site.has_topic(topic)) topics.push_back(topic);
  }
  if (topics.empty()) return fail("there is no generation '" + name + "'", "wardpulse-replay status lists them");
  std::string what = "to be removed for good:\n";
  for (const auto& topic : topics) what += "  " + topic + "\n";
  if (site.control && site.control->previous && site.control->previous->name == name)
    what += "it is what rollback would go back to\n";
  const auto go_on = confirmed(options, what);
  if (!go_on) return tl::unexpected(go_on.error());
  if (!*go_on) return kExitDone;
  if (auto removed = site.admin.delete_topics(topics, kReplayTimeout); !removed) return tl::unexpected(removed.error());
  print("removed\n");
  return kExitDone;
}

struct StatusRow {
  std::string name, state, definition;
  double progress = 0;
  std::int64_t records = 0;
  bool in_force = false;
};

Result<int> status(Site& site, const ReplayOptions& options) {
  std::vector<StatusRow> rows;
  for (const auto& name : site.generations()) {
    auto state = read_generation(site, name);
    StatusRow row{.name = name, .in_force = name == site.active().name};
    if (!state) {
      row.state = "unreadable: " + state.error().message;
    } else {
      const auto definition = parse_definition(state->definition_json());
      row.definition = definition ? definition->digest() : "";
      row.progress = state->progress();
      row.records = state->plan ? state->plan->records() : 0;
      row.state = !state->plan ? "kept by consumers" : state->is_finished() ? "complete" : "incomplete";
    }
    rows.push_back(std::move(row));
  }
  std::string out;
  if (options.format == DiffFormat::kJson) {
    JsonWriter json(&out);
    json.begin_array();
    for (const auto& row : rows) {
      json.begin_object().key("generation").text(row.name).key("in_force").boolean(row.in_force);
      json.key("state").text(row.state).key("progress").decimal(row.progress, 4).key("records").integer(row.records);
      json.key("definition").text(row.definition).end_object();
    }
    json.end_array();
    out += "\n";
  } else {
    const bool csv = options.format == DiffFormat::kCsv;
    const auto line = [&](auto... cells) {
      out += csv ? fmt::format("{},{},{},{},{},{}\n", cells...)
                 : fmt::format("{:<24}{:<10}{:<20}{:>10}{:>14}  {}\n", cells...);
    };
    line("generation", "in force", "state", "progress", "records", "definition");
    for (const auto& row : rows) {
      line(row.name, row.in_force ? "yes" : "", row.state, fmt::format("{:.1f}{}", row.progress * 100, csv ? "" : " %"),
           row.records, row.definition);
    }
  }
  print(out);
  return kExitDone;
}

} // namespace

Result<int> run_replay_command(const ReplayOptions& options, const Config& config) {
  auto site = Site::connect(options.client, options.topic_prefix);
  if (!site) return tl::unexpected(site.error());
  switch (options.command) {
    case ReplayCommand::kPlan: return plan(*site, options, config);
    case ReplayCommand::kRun: return run(*site, options, config);
    case ReplayCommand::kDiff: return diff(*site, options);
    case ReplayCommand::kPromote: return promote(*site, options);
    case ReplayCommand::kRollback: return rollback(*site, options);
    case ReplayCommand::kStatus: return status(*site, options);
    case ReplayCommand::kDiscard: return discard(*site, options);
  }
  return kExitFailed;
}

} // namespace wardpulse::consumer
