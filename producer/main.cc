#include <cstdio>

#include "base/config.h"
#include "base/log.h"
#include "base/stop_signal.h"
#include "kafka/client.h"
#include "producer/import.h"
#include "producer/options.h"
#include "producer/publish.h"
#include "producer/simulate.h"

using namespace wardpulse;

namespace {

int bad_config(const Error& error) {
  std::fprintf(stderr, "%s\n", error.text().c_str());
  return kExitBadConfig;
}

int run_topics(const producer::TargetOptions& target) {
  if (const auto made = producer::make_topics(target); !made) {
    log_error(made.error().text());
    return kExitFailed;
  }
  log_info("all topics exist", {{"prefix", target.topic_prefix}});
  return kExitDone;
}

} // namespace

int main(int argc, char** argv) {
  auto parsed = Config::parse(producer::producer_program(), argc, argv);
  if (!parsed) return bad_config(parsed.error());
  if (parsed->exit_text) {
    std::fputs(parsed->exit_text->c_str(), stdout);
    return kExitDone;
  }
  const Config& config = parsed->config;
  if (const auto checked = kafka::check_settings(config.client_settings()); !checked) return bad_config(checked.error());
  const auto options = producer::make_options(config, producer::wall_now());
  if (!options) return bad_config(options.error());
  log_setup("wardpulse-producer", config.text("log-format") == "json", log_level_from_name(config.text("log-level")));
  install_stop_signals();
  if (const auto* simulate = std::get_if<producer::SimulateOptions>(&*options)) return producer::run_simulate(*simulate);
  if (const auto* topics = std::get_if<producer::TopicsOptions>(&*options)) return run_topics(topics->target);
  return producer::run_import(std::get<producer::ImportOptions>(*options));
}
