#include <sys/ioctl.h>
#include <sys/resource.h>

#include <cstdio>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics_page.h"
#include "base/stop_signal.h"
#include "base/version.h"
#include "consumer/crew.h"
#include "consumer/instance_status.h"
#include "consumer/replay/commands.h"
#include "consumer/replay/progress.h"
#include "consumer/replay/topic_reader.h"
#include "kafka/topics.h"

namespace wardpulse::consumer {
namespace {

constexpr Duration kLookInterval = std::chrono::milliseconds{250};
constexpr Duration kLineInterval = std::chrono::seconds{5}; // without a terminal
constexpr Duration kCheckpointInterval = std::chrono::seconds{10};
constexpr int kNice = 10; // live work goes first

Result<void> make_topics(Site& site, const ReplayPlan& plan) {
  const auto names = TopicNames::of(site.prefix, plan.generation);
  auto specs = kafka::wardpulse_topics(site.prefix, plan.generation, plan.partitions());
  std::erase_if(specs, [&](const auto& spec) {
    return spec.name != names.aggregates && spec.name != names.checkpoints && spec.name != names.control;
  });
  if (auto made = site.admin.create_topics(specs, kReplayTimeout); !made) return made;
  return site.look_again();
}

Result<void> keep_plan(Site& site, const ReplayPlan& plan) {
  const auto topic = TopicNames::of(site.prefix, plan.generation).checkpoints;
  const auto json = encode_plan(plan);
  kafka::ProducerRecord record;
  record.topic = topic;
  record.partition = 0;
  record.key = kPlanKey;
  record.value = json;
  return write_record(site, record);
}

} // namespace

Result<void> begin_generation(Site& site, const ReplayPlan& plan) {
  if (auto made = make_topics(site, plan); !made) return made;
  if (auto kept = keep_plan(site, plan); !kept) return kept;
  const auto state = read_generation(site, plan.generation);
  if (!state) return tl::unexpected(state.error());
  if (!state->plan || *state->plan == plan) return {};
  return keep_plan(site, *state->plan); // compaction keeps the last record, so the last one is to be that of the first
}

namespace {

CrewSettings crew_settings(const Site& site, const PlanFound& found, const ReplayOptions& options) {
  CrewSettings settings;
  auto& task = settings.task;
  task.definition = found.definition;
  task.definition_json = found.plan.definition_json;
  task.definition_digest = found.plan.definition_digest;
  task.cluster_id = site.cluster_id;
  task.names = TopicNames::of(site.prefix, found.plan.generation);
  task.names.rejected.clear(); // what is refused was written when it was live
  task.partitions = found.plan.partitions();
  task.begin = found.plan.begin;
  task.own_windows.first = found.plan.first_window();
  auto& worker = settings.worker;
  worker.client = site.client;
  worker.until_end = true;
  worker.is_replay = true;
  worker.records_per_second = (options.rate + options.tasks - 1) / options.tasks;
  worker.group.group = site.prefix + "-replay-" + found.plan.generation;
  worker.group.topics = task.names.inputs_in_use(task.definition.topics);
  worker.member.checkpoint_interval = kCheckpointInterval;
  worker.member.publish_at_end_only = true;
  worker.member.ends = found.plan.end;
  settings.workers = options.tasks;
  return settings;
}

// Tells how far it is until the workers are done.
class Watch {
 public:
  Watch(Crew& crew, const Metrics& metrics, StatusWriter& status, std::string generation)
      : crew_(crew), metrics_(metrics), status_(status), generation_(std::move(generation)) {}

  void run() {
    pollfd stop{stop_signal_fd(), POLLIN, 0};
    while (crew_.is_working() && !stop_requested()) {
      ::poll(&stop, 1, static_cast<int>(kLookInterval.count()));
      tell();
    }
    if (on_terminal_) std::fputs("\n", stderr);
    if (stop_requested()) crew_.stop();
  }

 private:
  void tell() {
    const auto figures = metrics_.total();
    const ReplayProgress progress{figures.replayed, figures.to_replay, figures.replayed_to};
    const auto now = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
    const auto reading = meter_.update(progress, now);
    status_.tell(generation_, reading);
    if (on_terminal_) {
      winsize size{};
      const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
      std::fprintf(stderr, "\r\x1b[K%s", progress_bar(progress, reading, known ? size.ws_col - 1 : 79).c_str());
      return;
    }
    if (progress.total == 0 || now < next_line_) return;
    next_line_ = now + kLineInterval;
    log_info("replaying", {{"percent", reading.ratio * 100},
                           {"records", progress.done},
                           {"of", progress.total},
                           {"records_per_second", reading.records_per_second},
                           {"seconds_left", reading.left ? reading.left->count() / 1000 : -1},
                           {"event_time", progress.event_time ? format_rfc3339(*progress.event_time) : "-"}});
  }

  Crew& crew_;
  const Metrics& metrics_;
  StatusWriter& status_;
  const std::string generation_;
  const bool on_terminal_ = ::isatty(STDERR_FILENO) == 1;
  ProgressMeter meter_;
  Duration next_line_{};
};

} // namespace

Result<CellSet> read_cells(Site& site, const std::string& generation) {
  const auto topic = TopicNames::of(site.prefix, generation).aggregates;
  const auto at = site.topics.find(topic);
  if (at == site.topics.end()) return fail("generation " + generation + " has no cells: there is no topic " + topic);
  CellSet cells;
  Result<void> good;
  for (std::int32_t p = 0; p < at->second; ++p) {
    const auto read = read_to_ends(site.client, site.admin, {{topic, p, kafka::Consumer::kBeginning}}, [&](const auto& record) {
      const auto value = record.has_value() ? std::optional(record.value()) : std::nullopt;
      if (auto observed = cells.observe(p, record.key(), value); !observed && good) good = observed;
      return Reading::kGoOn;
    });
    if (!read) return tl::unexpected(read.error());
    if (!good) return tl::unexpected(good.error());
    cells.fold();
  }
  cells.finish();
  return cells;
}

Result<std::optional<std::string>> run_replay(Site& site, const PlanFound& found, const ReplayOptions& options) {
  const auto& plan = found.plan;
  if (auto made = make_topics(site, plan); !made) return tl::unexpected(made.error()); // one may be gone
  if (!found.is_finished) {
    ::setpriority(PRIO_PROCESS, 0, kNice);
    const auto metrics = std::make_shared<Metrics>(topic_labels(), std::string(version()), true);
    auto page = MetricsPage::open(options.metrics_listen, options.metrics_listen_chosen, metrics);
    if (!page) return tl::unexpected(page.error());
    log_info("working on a generation", {{"generation", plan.generation}, {"records", plan.records()}, {"ratio", found.progress}});
    const auto control = TopicNames::of(site.prefix, plan.generation).control;
    auto status = StatusWriter::connect(site.client, control, "replay", {}, *metrics);
    if (!status) return tl::unexpected(status.error());
    Crew crew(crew_settings(site, found, options), *metrics);
    if (auto started = crew.start(); !started) return tl::unexpected(started.error());
    Watch(crew, *metrics, *status, plan.generation).run();
    if (auto done = crew.join(); !done) return tl::unexpected(done.error());
    if (stop_requested()) return std::nullopt;
  }
  const auto state = read_generation(site, plan.generation);
  if (!state) return tl::unexpected(state.error());
  if (!state->is_finished()) return std::nullopt;
  const auto cells = read_cells(site, plan.generation);
  if (!cells) return tl::unexpected(cells.error());
  return cells->hash();
}

} // namespace wardpulse::consumer
