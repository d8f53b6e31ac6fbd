#include <algorithm>
#include <cstdio>
#include <string_view>

#include "base/config.h"
#include "base/log.h"
#include "base/stop_signal.h"
#include "kafka/client.h"
#include "producer/import.h"
#include "producer/import_help.h"
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

bool asks_about_csv(int argc, char** argv) {
  using namespace std::string_view_literals;
  return argc > 3 && argv[1] == "import"sv && argv[2] == "csv"sv && std::any_of(argv + 3, argv + argc, [](auto* word) { return word == "--help"sv || word == "-h"sv; });
}

} // namespace

int main(int argc, char** argv) {
  auto parsed = Config::parse(producer::producer_program(), argc, argv);
  if (!parsed) return bad_config(parsed.error());
  if (parsed->exit_text) {
    if (asks_about_csv(argc, argv)) std::fputs(producer::kImportCsvHelp.data(), stdout);
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
