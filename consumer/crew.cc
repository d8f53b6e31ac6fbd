#include "consumer/crew.h"

#include <random>

#include <fmt/format.h>
#include <unistd.h>

namespace wardpulse::consumer {
namespace {

// Different for every start, so that two writers never take the same claim for their own.
std::string unique_name() {
  std::random_device random;
  return fmt::format("{:x}-{:08x}{:08x}", ::getpid(), random(), random());
}

} // namespace

Crew::Crew(CrewSettings settings, Metrics& metrics)
    : settings_(std::move(settings)),
      unique_name_(unique_name()),
      metrics_(metrics),
      signals_(static_cast<std::size_t>(settings_.workers)) {}

Crew::~Crew() {
  stop();
  (void)join();
}

Result<void> Crew::start() {
  for (std::size_t i = 0; i < static_cast<std::size_t>(settings_.workers); ++i) {
    auto worker = Worker::create(worker_settings(i), settings_.task, signals_, metrics_);
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

std::array<std::string, kTopicCount> topic_labels() {
  std::array<std::string, kTopicCount> labels;
  for (int i = 0; i < kTopicCount; ++i) labels[i] = topic_name(static_cast<Topic>(i));
  return labels;
}

} // namespace wardpulse::consumer
