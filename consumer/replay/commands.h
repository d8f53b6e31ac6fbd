// What each word of wardpulse-replay does. Text for people and programs goes to stdout, what happens to the log.
#pragma once

#include "base/config.h"
#include "base/result.h"
#include "consumer/replay/options.h"
#include "consumer/replay/site.h"

namespace wardpulse::consumer {

// The exit code, or why it failed.
Result<int> run_replay_command(const ReplayOptions& options, const Config& config);

// The plan of the generation: as it was begun, else as it would be begun now. Error when it was begun otherwise than
// asked for now, and for everything that is missing.
struct PlanFound {
  ReplayPlan plan;
  aggregator::Definition definition;
  bool is_begun = false;
  bool is_finished = false;
  double progress = 0;
};
Result<PlanFound> find_plan(Site& site, const ReplayOptions& options, const Config& config);
std::string describe_plan(const PlanFound& found, const ReplayOptions& options);

// Makes its topics and keeps the plan there. When several do so at once, the first one's plan counts.
Result<void> begin_generation(Site& site, const ReplayPlan& plan);
// Goes on with a generation that is begun. The hash of its cells; nullopt: stopped before the end, or other instances
// have work left.
Result<std::optional<std::string>> run_replay(Site& site, const PlanFound& found, const ReplayOptions& options);

Result<CellSet> read_cells(Site& site, const std::string& generation);

} // namespace wardpulse::consumer
