#include "producer/simulate.h"

#include <cstdio>

#include "base/log.h"
#include "base/stop_signal.h"
#include "producer/ahead_feed.h"

namespace wardpulse::producer {
namespace {

void announce(const SimulateOptions& options) {
  log_info("simulating", {{"seed", std::to_string(options.simulator.hospital.seed)},
                          {"from", format_rfc3339(options.simulator.hospital.start)},
                          {"live_from", format_rfc3339(options.pace.live_from)}});
}

Result<void> print_events(Simulator* simulator) {
  while (auto outgoing = simulator->next()) {
    outgoing->message.value.push_back('\n');
    const std::string& line = outgoing->message.value;
    if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) return fail("standard output does not take more");
    if (stop_requested()) simulator->stop();
  }
  if (std::fflush(stdout) != 0) return fail("standard output does not take more");
  return {};
}

Result<SenderCounts> send_all(Simulator* simulator, const SimulateOptions& options) {
  std::optional<AheadFeed> ahead;
  if (!options.pace.speed) ahead.emplace(simulator);
  return publish(ahead ? static_cast<Feed*>(&*ahead) : simulator, options.target, options.pace, "simulate");
}

int fail_with(const Error& error) {
  log_error(error.text());
  return kExitFailed;
}

} // namespace

int run_simulate(const SimulateOptions& options) {
  announce(options);
  Simulator simulator(options.simulator);
  if (options.dry_run) {
    if (auto printed = print_events(&simulator); !printed) return fail_with(printed.error());
  } else {
    const auto counts = send_all(&simulator, options);
    if (!counts) return fail_with(counts.error());
    if (counts->failed > 0) return kExitFailed;
  }
  if (!options.faults_truth_path.empty()) {
    if (auto written = write_file(options.faults_truth_path, simulator.faults()); !written) return fail_with(written.error());
  }
  if (options.truth_path.empty()) return kExitDone;
  if (auto written = write_file(options.truth_path, simulator.truth().json()); !written) return fail_with(written.error());
  return kExitDone;
}

} // namespace wardpulse::producer
