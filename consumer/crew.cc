#include "consumer/crew.h"

#include <random>

#include <fmt/format.h>
#include <prometheus/exposer.h>
#include <unistd.h>

#include "base/log.h"

namespace wardpulse::consumer {
namespace {

// Different for every start, so that two writers never take the same claim for their own.
std::string unique_name() {
  std::random_device random;
  return fmt::format("{:x}-{:08x}{:08x}", ::getpid(), random(), random());
}

} // namespace

Crew::Crew(CrewSettings settings, kafka::Admin& admin, Metrics& metrics)
    : settings_(std::move(settings)),
      unique_name_(unique_name()),
      admin_(admin),
      metrics_(metrics),
      signals_(static_cast<std::size_t>(settings_.workers)) {}

Crew::~Crew() {
  stop();
  (void)join();
}

Result<void> Crew::start() {
  for (std::size_t i = 0; i < static_cast<std::size_t>(settings_.workers); ++i) {
    auto worker = Worker::create(worker_settings(i), settings_.task, admin_, signals_, metrics_);
    if (!worker) return tl::unexpected(worker.error());
    workers_.push_back(std::move(*worker));
  }
  running_ = workers_.size();
  for (auto& worker : workers_) {
    threads_.emplace_back([this, &worker] {
      if (auto done = worker->run(); !done) keep_failure(done.error());
      --running_;
    });
  }
  return {};
}

WorkerSettings Crew::worker_settings(std::size_t index) const {
  auto settings = settings_.worker;
  settings.index = index;
  if (!settings_.instance_id.empty())
    settings.group.instance_id = settings_.instance_id + "-" + std::to_string(index);
  settings.member.name = unique_name_ + "-" + std::to_string(index);
  return settings;
}

void Crew::keep_failure(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = error;
  signals_.stop = true;
}

Result<void> Crew::join() {
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  if (failure_) return tl::unexpected(*failure_);
  return {};
}

struct MetricsPage::Impl {
  std::unique_ptr<prometheus::Exposer> exposer;
};

Result<MetricsPage> MetricsPage::open(const std::string& listen, bool chosen, const std::shared_ptr<Metrics>& metrics) {
  std::unique_ptr<prometheus::Exposer> exposer;
  try {
    exposer = std::make_unique<prometheus::Exposer>(listen, 1);
  } catch (const std::exception& error) {
    if (chosen) {
      return fail("metrics-listen: cannot listen on " + listen + ": " + error.what(),
                  "choose another port, or port 0 for a free one");
    }
    exposer = std::make_unique<prometheus::Exposer>(listen.substr(0, listen.rfind(':')) + ":0", 1);
  }
  exposer->RegisterCollectable(metrics);
  log_info("metrics are served", {{"port", exposer->GetListeningPorts().front()}});
  return MetricsPage(std::make_unique<Impl>(Impl{std::move(exposer)}));
}

MetricsPage::MetricsPage(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsPage::MetricsPage(MetricsPage&&) noexcept = default;
MetricsPage::~MetricsPage() = default;

std::array<std::string, kTopicCount> topic_labels() {
  std::array<std::string, kTopicCount> labels;
  for (int i = 0; i < kTopicCount; ++i) labels[i] = topic_name(static_cast<Topic>(i));
  return labels;
}

} // namespace wardpulse::consumer
