// What the producer tells Prometheus.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "proto/event.h"

namespace prometheus {
class Collectable;
}

namespace wardpulse::producer {

// One thread counts; the listener reads on its own.
class Metrics {
 public:
  explicit Metrics(const std::string& topic_prefix);
  Metrics(Metrics&&) noexcept;
  ~Metrics();

  std::shared_ptr<prometheus::Collectable> collectable() const; // for the MetricsPage
  void acked(Topic topic, std::int64_t records);
  void failed();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace wardpulse::producer
