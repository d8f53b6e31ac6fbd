#include "consumer/metrics.h"

#include <algorithm>

namespace wardpulse::consumer {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Label = ClientMetric::Label;

double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1000.0; }
double seconds(Time time) { return static_cast<double>(to_ms(time)) / 1000.0; }

// Collects families one after another.
class Page {
 public:
  void counter(const char* name, const char* help) { begin(name, help, MetricType::Counter); }
  void gauge(const char* name, const char* help) { begin(name, help, MetricType::Gauge); }
  void histogram(const char* name, const char* help, const prometheus::Histogram& histogram) {
    begin(name, help, MetricType::Histogram);
    families_.back().metric.push_back(histogram.Collect());
  }
  void value(double value, std::vector<Label> labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (families_.back().type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    families_.back().metric.push_back(std::move(metric));
  }
  void value(std::int64_t number, std::vector<Label> labels = {}) {
    value(static_cast<double>(number), std::move(labels));
  }
  std::vector<MetricFamily> take() { return std::move(families_); }

 private:
  void begin(const char* name, const char* help, MetricType type) {
    families_.push_back({std::string("wardpulse_") + name, help, type, {}});
  }
  std::vector<MetricFamily> families_;
};

template <class T>
void lower(std::optional<T>* least, const std::optional<T>& value) {
  if (value && (!*least || *value < **least)) *least = value;
}

WorkerFigures sum(const std::map<std::size_t, WorkerFigures>& workers) {
  WorkerFigures all;
  for (const auto& [worker, figures] : workers) {
    all.counts += figures.counts;
    all.held += figures.held;
    all.held_bytes += figures.held_bytes;
    all.patients += figures.patients;
    all.visits += figures.visits;
    all.cells += figures.cells;
    for (int i = 0; i < kTopicCount; ++i) lower(&all.watermark[i], figures.watermark[i]);
    lower(&all.shown_watermark, figures.shown_watermark);
    all.partitions.insert(figures.partitions.begin(), figures.partitions.end());
    for (const auto& [at, lag] : figures.lag) all.lag[at] = lag;
    for (const auto& [kind, count] : figures.rebalances) all.rebalances[kind] += count;
    all.checkpoint_failures += figures.checkpoint_failures;
    all.to_replay += figures.to_replay;
    all.replayed += figures.replayed;
    lower(&all.replayed_to, figures.replayed_to);
    if (figures.checkpoint_time) {
      all.checkpoint_time = std::max(all.checkpoint_time.value_or(kNever), *figures.checkpoint_time);
    }
  }
  return all;
}

void add_events(const WorkerFigures& all, const std::array<std::string, kTopicCount>& topics, Page* page) {
  page->counter("events_consumed_total", "Records read from the log and judged.");
  for (int i = 0; i < kTopicCount; ++i) page->value(all.counts.consumed[i], {{"topic", topics[i]}});
  page->counter("feed_records_total", "Records read from the log that others sent: all but heartbeats of our own.");
  for (int i = 0; i < kTopicCount; ++i) page->value(all.counts.brought[i], {{"topic", topics[i]}});
  page->counter("events_applied_total", "Records that changed the numbers when they were read.");
  for (int i = 0; i < kTopicCount; ++i) page->value(all.counts.applied[i], {{"topic", topics[i]}});
  page->counter("events_released_total", "Records that were held and applied later.");
  page->value(all.counts.released);
  page->counter("events_duplicate_total", "Records that added nothing.");
  page->value(all.counts.duplicate);
  page->counter("events_rejected_total", "Refused records by reason.");
  for (int i = 0; i < kRejectReasonCount; ++i) {
    page->value(all.counts.rejected[i], {{"reason", std::string(reject_reason_name(static_cast<RejectReason>(i)))}});
  }
  page->gauge("events_held", "Records that wait for their visit to become known.");
  page->value(all.held);
  page->counter("misplaced_total", "Records in another partition than the one of their key.");
  page->value(all.counts.misplaced);
  page->counter("late_events_total", "Records that came too late for at least one window size and not for all.");
  page->value(all.counts.late);
}

void add_time(const WorkerFigures& all, const std::array<std::string, kTopicCount>& topics, Page* page) {
  page->gauge("watermark_timestamp_seconds", "Event time up to which a topic is complete, least over partitions.");
  for (int i = 0; i < kTopicCount; ++i) {
    if (all.watermark[i]) page->value(seconds(*all.watermark[i]), {{"topic", topics[i]}});
  }
  page->gauge("event_time_lag_seconds", "Wall clock minus the least shown watermark.");
  if (all.shown_watermark) {
    const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    page->value(seconds(now - *all.shown_watermark));
  }
  page->gauge("consumer_lag_records", "Records in the log that were not read yet.");
  for (const auto& [at, lag] : all.lag) {
    page->value(lag, {{"topic", topics[static_cast<std::size_t>(at.first)]}, {"partition", std::to_string(at.second)}});
  }
}

void add_state(const WorkerFigures& all, Page* page) {
  page->gauge("state_entries", "Entries in the state by store.");
  page->value(all.patients, {{"store", "patients"}});
  page->value(all.visits, {{"store", "visits"}});
  page->value(all.cells, {{"store", "cells"}});
  page->value(all.held, {{"store", "held"}});
  page->gauge("state_held_bytes", "Bytes of held records.");
  page->value(all.held_bytes);
  page->gauge("checkpoint_timestamp_seconds", "When the newest checkpoint became valid; absent before the first.");
  if (all.checkpoint_time) page->value(seconds(*all.checkpoint_time));
  page->counter("checkpoint_failures_total", "Attempts to write a checkpoint that had to be repeated.");
  page->value(all.checkpoint_failures);
  page->counter("rebalances_total", "Assignments, revocations and losses of partitions.");
  for (const char* kind : {"assigned", "revoked", "lost"}) {
    const auto at = all.rebalances.find(kind);
    page->value(at == all.rebalances.end() ? std::int64_t{0} : at->second, {{"kind", kind}});
  }
}

} // namespace

double replay_ratio(const WorkerFigures& figures) {
  if (figures.to_replay == 0) return 1;
  return static_cast<double>(figures.replayed) / static_cast<double>(figures.to_replay);
}

Metrics::Metrics(std::array<std::string, kTopicCount> topics, std::string version, bool is_replay)
    : topics_(std::move(topics)),
      version_(std::move(version)),
      is_replay_(is_replay),
      checkpoint_seconds_({0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}),
      processing_seconds_({0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1}) {}

void Metrics::update(std::size_t worker, WorkerFigures figures) {
  const std::lock_guard lock(mutex_);
  figures_[worker] = std::move(figures);
}

void Metrics::checkpoint_took(Duration duration) {
  checkpoint_seconds_.Observe(seconds(duration));
  const std::lock_guard lock(mutex_);
  last_checkpoint_ = duration;
}
void Metrics::publication_took(Duration duration) { processing_seconds_.Observe(seconds(duration)); }

std::optional<Duration> Metrics::last_checkpoint() const {
  const std::lock_guard lock(mutex_);
  return last_checkpoint_;
}

WorkerFigures Metrics::total() const {
  const std::lock_guard lock(mutex_);
  return sum(figures_);
}

std::vector<MetricFamily> Metrics::Collect() const {
  const auto all = total();
  Page page;
  add_events(all, topics_, &page);
  add_time(all, topics_, &page);
  add_state(all, &page);
  page.histogram("checkpoint_seconds", "From the beginning of a checkpoint until it counts.", checkpoint_seconds_);
  page.histogram("processing_seconds", "Time to bring the published cells up to date, per publication.",
                 processing_seconds_);
  if (is_replay_) {
    page.gauge("replay_progress_ratio", "Share of the replay's records that were read, of this process's partitions.");
    page.value(replay_ratio(all));
  }
  page.gauge("build_info", "Always 1; the version is a label.");
  page.value(std::int64_t{1}, {{"version", version_}});
  return page.take();
}

} // namespace wardpulse::consumer
