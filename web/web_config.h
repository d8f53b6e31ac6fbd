// Flags of wardpulse-web, and what they mean to the rest of the program.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "web/aggregates_reader.h"
#include "web/service.h"

namespace wardpulse::web {

// The program's own, and those it shares with the others. There is no metrics-listen: the private listener has
// /metrics.
std::vector<std::span<const ConfigKey>> web_config_keys();

// What only this program can judge: Kafka settings, the time zone.
std::optional<std::string> web_config_problem(const Config& config);

ServiceOptions service_options(const Config& config);
ReaderOptions reader_options(const Config& config);
// The folder of --dashboard, or the first there is of: installed beside the program, built, the source.
std::string dashboard_folder(const Config& config);

} // namespace wardpulse::web
