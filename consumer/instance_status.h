// What a running process says of itself: one record in topic `control` every few seconds, under a key of its own, for
// whoever looks after it. Nothing that is counted depends on it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "consumer/kafka_ports.h"
#include "consumer/metrics.h"
#include "consumer/replay/progress.h"

namespace wardpulse::consumer {

inline constexpr Duration kStatusInterval = std::chrono::seconds{5};

struct InstanceStatus {
  std::string role; // consumer or replay
  std::string instance;
  std::string generation;
  Time started_at = kNever;
  Time at = kNever;
  WorkerFigures figures;
  std::optional<double> records_per_second; // none: two looks are needed for it
  std::optional<Duration> checkpoint_took; // the newest one; none: there was none since the start
  std::optional<ProgressMeter::Reading> replay;
};
std::string encode_status(const InstanceStatus& status);

// Never holds up its process: what Kafka does not take is left out.
class StatusWriter {
 public:
  // `name`: empty, the machine and the process name it. REQUIRES: metrics outlives it.
  static Result<StatusWriter> connect(const kafka::ClientOptions& client, const std::string& topic, std::string role,
                                      std::string name, const Metrics& metrics);
  StatusWriter(StatusWriter&&) = default;
  ~StatusWriter(); // takes the record back, so that one that ended is not looked for

  // To be called often: writes when it is time. `replay`: how far, when it is one.
  void tell(const std::string& generation, std::optional<ProgressMeter::Reading> replay = std::nullopt);

 private:
  StatusWriter(std::unique_ptr<KafkaOutbox> outbox, std::string topic, InstanceStatus status, const Metrics& metrics);
  void send(std::optional<std::string_view> value);

  std::unique_ptr<KafkaOutbox> outbox_;
  std::string topic_;
  InstanceStatus status_;
  const Metrics* metrics_;
  ProgressMeter pace_;
  std::optional<Duration> told_; // when, of the steady clock
};

} // namespace wardpulse::consumer
