// One thread, one member of the group: polls the input topics and lets its Member do the rest.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consumer/alignment.h"
#include "consumer/kafka_ports.h"
#include "consumer/member.h"
#include "consumer/metrics.h"
#include "kafka/client.h"

namespace wardpulse::consumer {

// Shared by the workers of a process.
struct WorkerSignals {
  explicit WorkerSignals(std::size_t workers) : done(workers) {}
  std::atomic<bool> stop{false};
  // --until-end: worker i has nothing left to do. When all are done, all leave: one that left early would hand its
  // partitions to the others.
  std::vector<std::atomic<bool>> done;
  bool all_done() const;
};

struct WorkerSettings {
  std::size_t index = 0;
  kafka::ClientOptions client;
  kafka::GroupOptions group;
  MemberSettings member;
  bool until_end = false;
  // A replay: topics are kept together in event time (alignment.h), and partitions that are whole are marked so.
  // REQUIRES: until_end, and TaskSettings.begin.
  bool is_replay = false;
  std::int64_t records_per_second = 0; // at most; 0: as many as there are
};

class Worker {
 public:
  // REQUIRES: all but `settings` outlive the worker.
  static Result<std::unique_ptr<Worker>> create(WorkerSettings settings, const TaskSettings& task_settings,
                                                WorkerSignals& signals, Metrics& metrics);

  // Until a stop was signalled, all work is done, or something failed for good. Publishes, checkpoints and leaves.
  Result<void> run();

 private:
  Worker(WorkerSettings settings, const TaskSettings& task_settings, WorkerSignals& signals, Metrics& metrics,
         std::unique_ptr<KafkaOutbox> outbox);

  std::vector<kafka::TopicPartition> on_rebalance(kafka::AssignmentChange change,
                                                  const std::vector<kafka::TopicPartition>& partitions);
  Result<void> work();
  Result<void> poll_batch();
  bool is_over_rate();
  Result<void> look_at_refusals();
  Result<void> align();
  Result<void> write_finished(const std::vector<std::int32_t>& partitions);
  void look_ahead(kafka::Record record);
  void take_ahead();
  void take_record(const kafka::Record& record);
  std::optional<Topic> topic_of(std::string_view name) const;
  Result<void> leave(bool at_ends);
  void report();
  WorkerFigures figures() const;
  std::int64_t lag_of(const Task& task, Topic topic) const; // -1: not known
  std::int64_t lag() const;

  const WorkerSettings settings_;
  const TaskSettings& task_settings_;
  WorkerSignals& signals_;
  Metrics& metrics_;
  std::unique_ptr<KafkaOutbox> outbox_;
  KafkaSideLog side_log_;
  SteadyClock clock_;
  const StartPorts ports_;
  Member member_;
  std::optional<kafka::Consumer> consumer_;
  std::optional<Error> failure_;                          // from within a rebalance
  std::array<const char*, kTopicCount> topic_pointers_{}; // where the client keeps each topic's name
  std::deque<kafka::Record> ahead_; // polled and not taken yet, while a batch is read
  std::map<std::string, std::int64_t> rebalances_;
  std::map<std::int32_t, TopicFlags> paused_; // by partition number
  Duration rate_since_{};
  std::int64_t read_in_rate_ = 0; // records since then
  Duration next_report_{}, next_look_at_lag_{};
  std::string last_poll_error_;
  bool heartbeats_refused_ = false;
  bool leaving_ = false;
};

} // namespace wardpulse::consumer
