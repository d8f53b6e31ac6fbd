// Words and flags of wardpulse-replay.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/config.h"
#include "base/result.h"
#include "consumer/replay/cell_diff.h"
#include "consumer/replay/range.h"
#include "kafka/client.h"

namespace wardpulse::consumer {

enum class ReplayCommand { kPlan, kRun, kDiff, kPromote, kRollback, kStatus, kDiscard };

struct ReplayOptions {
  ReplayCommand command{};
  kafka::ClientOptions client;
  std::string topic_prefix;
  std::string generation;
  std::string against; // diff: the other side; empty: the one in force
  std::string from_text, to_text;
  bool range_given = false;
  RangeEnd from, to;
  std::optional<Duration> warm_up, settle;
  int tasks = 1;
  std::int64_t rate = 0;
  bool dry_run = false, yes = false, partial = false;
  DiffFormat format{};
  std::size_t limit = 0;
  std::string family;
  std::string metrics_listen;
  bool metrics_listen_chosen = false;
};

ProgramSpec replay_program();
// `now`: what --by-duration counts back from. All problems at once, one a line.
Result<ReplayOptions> replay_options(const Config& config, Time now);

} // namespace wardpulse::consumer
