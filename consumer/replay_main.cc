// wardpulse-replay: rebuilds numbers beside the live ones, compares them, switches over and back.
#include <chrono>
#include <cstdio>

#include "base/heap.h"
#include "base/log.h"
#include "base/stop_signal.h"
#include "consumer/replay/commands.h"

int main(int argc, char** argv) {
  using namespace wardpulse;
  set_up_heap();
  const auto bad_config = [](const Error& error) {
    std::fprintf(stderr, "%s\n", error.text().c_str());
    return kExitBadConfig;
  };
  const auto spec = consumer::replay_program();
  const auto parsed = Config::parse(spec, argc, argv);
  if (!parsed) return bad_config(parsed.error());
  if (parsed->exit_text) {
    std::fputs(parsed->exit_text->c_str(), stdout);
    return kExitDone;
  }
  const auto& config = parsed->config;
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  const auto options = consumer::replay_options(config, now);
  if (!options) return bad_config(options.error());
  install_stop_signals();
  log_setup(spec.name, config.text("log-format") == "json", log_level_from_name(config.text("log-level")));
  const auto code = consumer::run_replay_command(*options, config);
  if (code) return *code;
  log_error("failed", {{"why", code.error().text()}});
  return kExitFailed;
}
