// What the producer tells Prometheus.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "proto/event.h"

namespace wardpulse::producer {

// One thread counts; the listener reads on its own.
class Metrics {
 public:
  explicit Metrics(const std::string& topic_prefix);
  Metrics(Metrics&&) noexcept;
  ~Metrics();

  Result<void> listen(const std::string& host_and_port); // serves /metrics until the end
  int port() const; // REQUIRES: listen() was successful
  void acked(Topic topic);
  void failed();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace wardpulse::producer
