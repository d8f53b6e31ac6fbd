#include "consumer/worker.h"

#include <algorithm>

#include "base/heap.h"
#include "base/log.h"

namespace wardpulse::consumer {
namespace {

constexpr int kPollBatch = 1000;                              // records at most before checkpoints and other work have a turn
constexpr int kLookAtClock = 64;                              // ... before a publication that is due has
constexpr Duration kPollWait = std::chrono::milliseconds{10}; // for the first record of a batch
constexpr Duration kQuietWait = std::chrono::milliseconds{80}; // the same while nothing is under way
// A replay: less is thrown away when a topic has to wait for the others.
constexpr const char* kFetchedAhead = "10000";
constexpr const char* kFetchWaitMs = "100"; // Apache Kafka answers sooner when a record comes
// Small batches, sent all the time and soon compacted: less work for the consumer, the broker and the web service than zstd, which makes
// them smaller. A user's setting goes before it.
constexpr const char* kOutputCompression = "lz4";
constexpr Duration kRateInterval = std::chrono::seconds{1};
constexpr Duration kReportInterval = std::chrono::seconds{1};
constexpr Duration kLagInterval = std::chrono::milliseconds{100};
// Together below the 10 s in which a program ends.
constexpr Duration kReleaseLimit = std::chrono::seconds{5};
constexpr Duration kFinishLimit = std::chrono::minutes{10}; // --until-end: all cells, however many
constexpr Duration kCloseLimit = std::chrono::seconds{3};

} // namespace

bool WorkerSignals::all_done() const {
  return std::all_of(done.begin(), done.end(), [](const auto& flag) { return flag.load(); });
}

Result<std::unique_ptr<Worker>> Worker::create(WorkerSettings settings, const TaskSettings& task_settings,
                                               WorkerSignals& signals, Metrics& metrics) {
  auto client = settings.client;
  client.settings.insert(client.settings.begin(), {"compression.type", kOutputCompression});
  client.compressed_topics = {task_settings.names.checkpoints};
  auto outbox = KafkaOutbox::connect(client);
  if (!outbox) return tl::unexpected(outbox.error());
  return std::unique_ptr<Worker>(new Worker(std::move(settings), task_settings, signals, metrics, std::move(*outbox)));
}

Worker::Worker(WorkerSettings settings, const TaskSettings& task_settings, WorkerSignals& signals, Metrics& metrics,
               std::unique_ptr<KafkaOutbox> outbox)
    : settings_(std::move(settings)),
      task_settings_(task_settings),
      signals_(signals),
      metrics_(metrics),
      outbox_(std::move(outbox)),
      side_log_(settings_.client),
      ports_{*outbox_, side_log_, clock_, [this] { return signals_.stop.load(); }},
      member_(task_settings_, settings_.member, ports_) {}

Result<void> Worker::run() {
  auto client = settings_.client;
  client.settings.insert(client.settings.begin(), {"fetch.wait.max.ms", kFetchWaitMs});
  if (settings_.is_replay) client.settings.insert(client.settings.begin(), {"queued.min.messages", kFetchedAhead});
  auto consumer =
      kafka::Consumer::join(client, settings_.group,
                            [this](auto change, const auto& partitions) { return on_rebalance(change, partitions); });
  if (!consumer) return tl::unexpected(consumer.error());
  consumer_.emplace(std::move(*consumer));
  auto worked = work();
  auto left = leave(worked && settings_.until_end && !signals_.stop);
  report();
  return worked ? left : worked;
}

Result<void> Worker::work() {
  while (!signals_.stop) {
    if (is_over_rate()) {
      outbox_->pump(kPollWait);
    } else if (auto polled = poll_batch(); !polled) {
      return polled;
    }
    if (failure_) return tl::unexpected(*failure_);
    if (auto taken = look_at_refusals(); !taken) return taken;
    if (settings_.is_replay) {
      if (auto aligned = align(); !aligned) return aligned;
    }
    if (const auto now = clock_.now().steady; now >= next_look_at_lag_) {
      next_look_at_lag_ = now + kLagInterval;
      member_.set_lag(lag());
    }
    if (auto ticked = member_.tick(); !ticked) return ticked;
    if (const auto commits = member_.take_commits(); !commits.empty()) {
      // For lag tools only: positions come from checkpoints.
      if (auto done = consumer_->commit(commits); !done)
        log_debug("group offsets not committed", {{"why", done.error().text()}});
    }
    if (clock_.now().steady >= next_report_) report();
    if (settings_.until_end) {
      signals_.done[settings_.index] = member_.reached_ends();
      if (signals_.all_done()) return {};
    }
  }
  return {};
}

Result<void> Worker::poll_batch() {
  const auto wait = std::min(outbox_->in_flight() == 0 && !member_.checkpointing() ? kQuietWait : kPollWait, member_.patience());
  for (int i = 0; i < kPollBatch; ++i) {
    if (i % kLookAtClock == kLookAtClock - 1 && (signals_.stop || member_.patience() == Duration{0})) break;
    auto polled = consumer_->poll(i == 0 ? wait : Duration{0});
    if (failure_) return {};
    if (!polled || polled->kind != kafka::PollResult::Kind::kRecord) take_ahead();
    if (!polled) {
      const auto& error = polled.error();
      if (!error.retriable) return tl::unexpected(error);
      if (std::exchange(last_poll_error_, error.text()) != error.text())
        log_warning("reading", {{"why", error.text()}});
      return {};
    }
    switch (polled->kind) {
      case kafka::PollResult::Kind::kTimeout: return {};
      case kafka::PollResult::Kind::kPartitionEnd:
        if (const auto topic = topic_of(polled->at.topic)) {
          member_.on_partition_end(polled->at.partition, *topic, polled->at.offset);
        }
        break;
      case kafka::PollResult::Kind::kRecord: look_ahead(std::move(polled->record)); break;
    }
  }
  take_ahead();
  return {};
}

// Each record is taken some records later, when the memory that it needs has come.
void Worker::look_ahead(kafka::Record record) {
  ahead_.push_back(std::move(record));
  const auto last = ahead_.size() - 1;
  for (std::size_t step = 0; step < aggregator::kPrefetchSteps && step * aggregator::kPrefetchDistance <= last; ++step) {
    const auto& some = ahead_[last - step * aggregator::kPrefetchDistance];
    member_.prefetch(some.partition(), some.key(), static_cast<int>(step));
  }
  if (last < aggregator::kPrefetchSteps * aggregator::kPrefetchDistance) return;
  take_record(ahead_.front());
  ahead_.pop_front();
}

void Worker::take_ahead() {
  for (const auto& record : ahead_) take_record(record);
  ahead_.clear();
}

// What a topic of ours does not take it would refuse for ever, and no checkpoint could be made.
Result<void> Worker::look_at_refusals() {
  for (const auto& refusal : outbox_->take_refusals()) {
    if (!topic_of(refusal.topic)) return tl::unexpected(refusal.error);
    if (std::exchange(heartbeats_refused_, true)) continue;
    log_warning("heartbeats of quiet topics are not taken: their silence holds the watermark up", {{"why", refusal.error.text()}});
  }
  return {};
}

// Counted over a second at a time: what was not used up before is not caught up with.
bool Worker::is_over_rate() {
  if (settings_.records_per_second == 0) return false;
  const auto now = clock_.now().steady;
  if (now - rate_since_ >= kRateInterval) {
    rate_since_ = now;
    read_in_rate_ = 0;
  }
  const auto allowed = settings_.records_per_second * std::max<std::int64_t>(1, (now - rate_since_).count()) / 1000;
  return read_in_rate_ > allowed;
}

Result<void> Worker::align() {
  std::vector<kafka::TopicPartition> pause, resume;
  for (const auto& task : member_.tasks()) {
    std::array<TopicPosition, kTopicCount> topics;
    for (int i = 0; i < kTopicCount; ++i) {
      const auto topic = static_cast<Topic>(i);
      topics[i] = {task_settings_.definition.topics[i], task->reached_end(topic), task->state().stream_time(topic)};
    }
    auto& paused = paused_[task->partition()];
    const auto wanted = topics_to_pause(topics, paused);
    for (int i = 0; i < kTopicCount; ++i) {
      if (wanted[i] == paused[i]) continue;
      (wanted[i] ? pause : resume).push_back({task_settings_.names.inputs[i], task->partition()});
    }
    paused = wanted;
  }
  if (!pause.empty()) {
    if (auto done = consumer_->pause(pause); !done) return done;
  }
  if (resume.empty()) return {};
  return consumer_->resume(resume);
}

void Worker::take_record(const kafka::Record& record) {
  ++read_in_rate_;
  const auto name = record.topic();
  int topic = 0;
  // The client hands out the same characters for every record of a topic: a comparison of pointers nearly always.
  while (topic < kTopicCount && topic_pointers_[topic] != name.data()) ++topic;
  if (topic == kTopicCount) {
    const auto found = topic_of(name);
    if (!found) return;
    topic = static_cast<int>(*found);
    topic_pointers_[topic] = name.data();
  }
  member_.on_record(record.partition(), {.topic = static_cast<Topic>(topic),
                                         .offset = record.offset(),
                                         .broker_time = record.timestamp(),
                                         .key = record.key(),
                                         .value = record.value(),
                                         .tombstone = !record.has_value()});
}

std::optional<Topic> Worker::topic_of(std::string_view name) const {
  for (int i = 0; i < kTopicCount; ++i) {
    if (task_settings_.names.inputs[i] == name) return static_cast<Topic>(i);
  }
  return std::nullopt;
}

std::vector<kafka::TopicPartition> Worker::on_rebalance(kafka::AssignmentChange change,
                                                        const std::vector<kafka::TopicPartition>& partitions) {
  ahead_.clear(); // positions come from the state, which has not seen them
  switch (change) {
    case kafka::AssignmentChange::kAssigned: {
      ++rebalances_["assigned"];
      if (leaving_) return partitions;
      log_info("partitions assigned", {{"worker", settings_.index}, {"partitions", partitions.size()}});
      paused_.clear();
      const auto began = clock_.now().steady;
      auto positions = member_.assigned(partitions);
      if (positions) {
        log_info("state is back", {{"worker", settings_.index}, {"after", format_duration(clock_.now().steady - began)}});
        give_back_memory(); // what was read back has been taken in
        return *positions;
      }
      if (!signals_.stop) failure_ = positions.error();
      return partitions;
    }
    case kafka::AssignmentChange::kRevoked:
      ++rebalances_["revoked"];
      member_.release(kReleaseLimit, Member::Parting::kPlain);
      break;
    case kafka::AssignmentChange::kLost:
      ++rebalances_["lost"];
      log_warning("partitions lost: their tasks are dropped", {{"worker", settings_.index}});
      member_.discard();
      if (leaving_) break;
      outbox_->reconnect();
      side_log_.reconnect();
      break;
  }
  return {};
}

Result<void> Worker::leave(bool at_ends) {
  leaving_ = true;
  Result<void> result;
  std::vector<std::int32_t> partitions;
  for (const auto& task : member_.tasks()) {
    if (!task->superseded()) partitions.push_back(task->partition()); // the others are their new owner's to mark
  }
  Result<void> refused;
  const auto is_hopeless = [&] {
    if (refused) refused = look_at_refusals();
    return !refused;
  };
  const bool complete = at_ends ? member_.release(kFinishLimit, Member::Parting::kAll, is_hopeless)
                               : member_.release(kReleaseLimit, Member::Parting::kPlain, is_hopeless);
  if (!refused) result = refused;
  else if (!complete && at_ends) result = fail("the last writes were not acknowledged in time", "is the broker reachable?");
  if (complete && at_ends && settings_.is_replay) result = write_finished(partitions);
  if (const auto commits = member_.take_commits(); !commits.empty()) (void)consumer_->commit(commits);
  if (auto closed = consumer_->close(kCloseLimit); !closed)
    log_warning("leaving the group", {{"why", closed.error().text()}});
  return result;
}

// The cells of these partitions are whole and acknowledged, and so are the checkpoints.
Result<void> Worker::write_finished(const std::vector<std::int32_t>& partitions) {
  auto waiting = std::make_shared<std::size_t>(partitions.size());
  auto failed = std::make_shared<std::optional<Error>>();
  for (const auto partition : partitions) {
    const auto key = finished_key(partition);
    kafka::ProducerRecord record;
    record.topic = task_settings_.names.checkpoints;
    record.partition = partition;
    record.key = key;
    record.value = "finished";
    outbox_->send(record, [waiting, failed](const Result<kafka::Delivery>& done) {
      --*waiting;
      if (!done) *failed = done.error();
    });
  }
  while (*waiting > 0) outbox_->pump(kPollWait); // each is acknowledged or given up in the end
  if (*failed) return tl::unexpected(**failed);
  return {};
}

void Worker::report() {
  next_report_ = clock_.now().steady + kReportInterval;
  metrics_.update(settings_.index, figures());
  for (const auto took : member_.take_checkpoint_durations()) metrics_.checkpoint_took(took);
  for (const auto took : member_.take_publish_durations()) metrics_.publication_took(took);
}

std::int64_t Worker::lag_of(const Task& task, Topic topic) const {
  const auto i = static_cast<std::size_t>(topic);
  const auto next = task.next_offsets()[i];
  const auto high = next == kNotInUse ? -1 : consumer_->cached_high_watermark(task_settings_.names.inputs[i], task.partition());
  return high < 0 ? -1 : std::max<std::int64_t>(0, high - next);
}

std::int64_t Worker::lag() const {
  std::int64_t sum = 0;
  for (const auto& task : member_.tasks()) {
    for (int i = 0; i < kTopicCount; ++i) sum += std::max<std::int64_t>(0, lag_of(*task, static_cast<Topic>(i)));
  }
  return sum;
}

WorkerFigures Worker::figures() const {
  WorkerFigures figures;
  figures.counts = member_.counts();
  figures.rebalances = rebalances_;
  figures.checkpoint_failures = member_.checkpoint_failures();
  figures.checkpoint_time = member_.checkpoint_time();
  for (const auto& task : member_.tasks()) {
    const auto& state = task->state();
    figures.partitions.insert(task->partition());
    figures.held += state.counters().held;
    figures.held_bytes += static_cast<std::int64_t>(state.held_bytes());
    figures.patients += static_cast<std::int64_t>(state.patient_count());
    figures.visits += static_cast<std::int64_t>(state.visit_count());
    figures.cells += static_cast<std::int64_t>(state.cell_count());
    if (const auto shown = state.shown_watermark(); shown != kNever) {
      figures.shown_watermark = std::min(figures.shown_watermark.value_or(shown), shown);
    }
    for (int i = 0; i < kTopicCount; ++i) {
      const auto next = task->next_offsets()[i];
      if (next == kNotInUse) continue;
      if (const auto end = task->ends()[i]; settings_.is_replay) {
        const auto partition = static_cast<std::size_t>(task->partition());
        const auto begin = std::min(end, task_settings_.begin[partition][i]);
        figures.to_replay += end - begin;
        figures.replayed += task->reached_end(static_cast<Topic>(i)) ? end - begin : std::max<std::int64_t>(0, next - begin);
      }
      if (const auto lag = lag_of(*task, static_cast<Topic>(i)); lag >= 0) figures.lag[{i, task->partition()}] = lag;
      if (const auto time = state.stream_time(static_cast<Topic>(i)); time != kNever) {
        if (!task->reached_end(static_cast<Topic>(i)))
          figures.replayed_to = std::min(figures.replayed_to.value_or(time), time);
        figures.watermark[i] = std::min(figures.watermark[i].value_or(time), time);
      }
    }
  }
  return figures;
}

} // namespace wardpulse::consumer
