// wardpulse-consumer: reads the input topics, keeps the numbers, publishes them.
#include <cstdio>

#include "base/heap.h"
#include "base/log.h"
#include "base/stop_signal.h"
#include "consumer/consumer_config.h"
#include "consumer/runner.h"

int main(int argc, char** argv) {
  using namespace wardpulse;
  set_up_heap();
  const ProgramSpec spec = {
      .name = "wardpulse-consumer",
      .summary =
          "Keeps live numbers of a hospital from its events in Kafka. Instances of one group share the partitions.",
      .usage = "  wardpulse-consumer [flags]",
      .examples =
          "  wardpulse-consumer --brokers kafka:9092 --timezone Europe/Stockholm\n"
          "  wardpulse-consumer --instance-id ward-a --tasks 2\n"
          "  wardpulse-consumer --until-end --max-future off",
      .keys = {common_config_keys(), consumer::consumer_config_keys(), consumer::definition_config_keys()},
  };
  const auto parsed = Config::parse(spec, argc, argv);
  if (!parsed) {
    std::fprintf(stderr, "%s\n", parsed.error().text().c_str());
    return kExitBadConfig;
  }
  if (parsed->exit_text) {
    std::fputs(parsed->exit_text->c_str(), stdout);
    return kExitDone;
  }
  const auto options = consumer::consumer_options(parsed->config);
  if (!options) {
    std::fprintf(stderr, "%s\n", options.error().text().c_str());
    return kExitBadConfig;
  }
  if (const auto checked = kafka::check_settings(options->client.settings); !checked) {
    std::fprintf(stderr, "%s\n", checked.error().text().c_str());
    return kExitBadConfig;
  }
  install_stop_signals();
  log_setup(spec.name, parsed->config.text("log-format") == "json", log_level_from_name(parsed->config.text("log-level")));
  const auto done = consumer::run_consumer(*options);
  if (done) return kExitDone;
  log_error("failed", {{"why", done.error().text()}});
  return kExitFailed;
}
