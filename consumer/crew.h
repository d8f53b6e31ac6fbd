// The worker threads of one process on one generation.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "consumer/metrics.h"
#include "consumer/worker.h"

namespace wardpulse::consumer {

struct CrewSettings {
  TaskSettings task;
  WorkerSettings worker; // of each; index, member name and instance id are made from it
  std::string instance_id;
  int workers = 1;
};

class Crew {
 public:
  // REQUIRES: metrics outlive the crew.
  Crew(CrewSettings settings, Metrics& metrics);
  ~Crew(); // stops and waits

  Result<void> start();
  bool is_working() const { return running_ > 0; }
  void stop() { signals_.stop = true; }
  // Waits for the end of all workers. The first failure ends all: a process that works on half of its partitions would
  // look healthy.
  Result<void> join();

 private:
  WorkerSettings worker_settings(std::size_t index) const;
  void keep_failure(const Error& error);

  const CrewSettings settings_;
  const std::string unique_name_;
  Metrics& metrics_;
  WorkerSignals signals_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::atomic<std::size_t> running_{0};
  std::mutex mutex_;
  std::optional<Error> failure_;
};

std::array<std::string, kTopicCount> topic_labels(); // names without prefix

} // namespace wardpulse::consumer
