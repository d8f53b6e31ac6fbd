// The command line of wardpulse-producer.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "base/time.h"
#include "base/time_zone.h"
#include "producer/pacer.h"
#include "producer/publish.h"
#include "producer/simulator.h"

namespace wardpulse::producer {

struct SimulateOptions {
  SimulatorOptions simulator;
  PacerOptions pace;
  TargetOptions target;
  std::string truth_path;        // empty: none is written
  std::string faults_truth_path; // likewise
  bool dry_run = false;
};

enum class ImportFormat : std::uint8_t { kCsv, kJsonLines, kSynthea };

struct ImportOptions {
  ImportFormat format{};
  std::vector<std::string> paths; // files, folders, "-"
  std::string mapping_path;       // kCsv
  std::string rejects_path;
  TimeZone zone = TimeZone::utc(); // of times without offset in bare check-ins
  bool rebase_to_now = false;
  bool dry_run = false;
  bool print = false;
  std::optional<double> speed;
  std::int64_t catch_up_rate = 0;
  TargetOptions target;
};

struct TopicsOptions {
  TargetOptions target;
};

using Options = std::variant<SimulateOptions, ImportOptions, TopicsOptions>;

const ProgramSpec& producer_program();
// Pure but for the time zone's data. Error: all problems, one a line.
Result<Options> make_options(const Config& config, Time now);

} // namespace wardpulse::producer
