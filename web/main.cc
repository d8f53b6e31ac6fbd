// wardpulse-web: parses, builds, runs, and maps the outcome to an exit code.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "base/log.h"
#include "base/stop_signal.h"
#include "web/cells_command.h"
#include "web/keys_command.h"
#include "web/table_reader.h"
#include "web/web_config.h"

namespace {

using namespace wardpulse;

ProgramSpec program_spec() {
  return {
      .name = "wardpulse-web",
      .summary = "Serves the numbers that consumers publish: the dashboard, an HTTP API and live WebSockets.\n\n"
                 "Cells are held in memory, some 1.4 kB each: those of 10 seconds for a day, of a minute for two weeks, of an hour for 400\n"
                 "days, of days and months for ever. Seven departments with 5,000 events a day take 750 MB after 400 days, and hardly more later.",
      .usage = "wardpulse-web [flags]                          serve\n"
               "wardpulse-web keys create --keys FILE [flags]  make an API key and print it, once\n"
               "wardpulse-web keys list --keys FILE\n"
               "wardpulse-web keys revoke ID --keys FILE\n"
               "wardpulse-web cells [flags]                    print the merged cells as JSON lines and end",
      .examples = "wardpulse-web keys create --keys ./keys --scope read --name 'wall screen' --expires 90d\n"
                  "wardpulse-web --brokers kafka:9092 --keys ./keys --listen 0.0.0.0:8080\n"
                  "wardpulse-web cells --family department | head",
      .keys = web::web_config_keys(),
  };
}

int report(const Error& error) {
  std::fprintf(stderr, "%s\n", error.text().c_str());
  return kExitFailed;
}

int refuse(const std::string& problem) {
  std::fprintf(stderr, "%s\n", problem.c_str());
  return kExitBadConfig;
}

int print(const Result<std::string>& text) {
  if (!text) return report(text.error());
  const bool is_written =
      std::fwrite(text->data(), 1, text->size(), stdout) == text->size() && std::fflush(stdout) == 0;
  return is_written ? kExitDone : kExitFailed;
}

// Each client is a descriptor: take as many as the system lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int serve(const Config& config) {
  install_stop_signals();
  raise_descriptor_limit();
  web::StaticFiles dashboard;
  if (auto loaded = web::StaticFiles::load(web::dashboard_folder(config))) {
    dashboard = std::move(*loaded);
  } else if (config.is_set("dashboard") && !config.text("dashboard").empty()) {
    return report(loaded.error());
  } else {
    log_warning("there is no dashboard to serve", {{"why", loaded.error().text()}});
  }
  auto service = web::Service::create(web::service_options(config), std::move(dashboard));
  if (!service) return report(service.error());
  log_info("listening", {{"port", static_cast<int>((*service)->public_port())},
                         {"private_port", static_cast<int>((*service)->private_port())}});
  std::thread reader(
      [&] { web::AggregatesReader(web::reader_options(config), **service).run((*service)->stopping()); });
  std::thread patients([&] { web::patients_reader(web::reader_options(config), service->get()).run((*service)->stopping()); });
  std::thread control([&] { web::control_reader(web::reader_options(config), service->get()).run((*service)->stopping()); });
  std::thread published([&] { web::public_reader(web::reader_options(config), service->get()).run((*service)->stopping()); });
  (*service)->run(stop_signal_fd());
  reader.join();
  patients.join();
  control.join();
  published.join();
  return kExitDone;
}

int run(const Config& config) {
  const auto& words = config.words();
  if (words.empty()) return serve(config);
  if (words[0] == "keys") {
    if (const auto problem = web::keys_usage_problem(config)) return refuse(*problem);
    return print(web::run_keys_command(config));
  }
  if (words[0] == "cells" && words.size() == 1) {
    if (const auto problem = web::cells_usage_problem(config.text("family"))) return refuse(*problem);
    return print(web::cells_as_lines(web::reader_options(config), config.text("family")));
  }
  return refuse("there is no command '" + words[0] + "' (--help shows what there is)");
}

} // namespace

int main(int argc, char** argv) {
  const ProgramSpec spec = program_spec();
  const auto parsed = Config::parse(spec, argc, argv);
  if (!parsed) {
    std::fprintf(stderr, "%s\n", parsed.error().text().c_str());
    return kExitBadConfig;
  }
  if (parsed->exit_text) {
    std::fputs(parsed->exit_text->c_str(), stdout);
    return kExitDone;
  }
  log_setup(spec.name, parsed->config.text("log-format") == "json", log_level_from_name(parsed->config.text("log-level")));
  if (const auto problem = web::web_config_problem(parsed->config)) return refuse(*problem);
  try {
    return run(parsed->config);
  } catch (const std::exception& problem) {
    log_error("cannot go on", {{"why", problem.what()}});
    return kExitFailed;
  }
}
