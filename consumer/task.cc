#include "consumer/task.h"

#include <limits>

#include "base/check.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "proto/heartbeat.h"

namespace wardpulse::consumer {

using aggregator::LogRecord;
using aggregator::Outcome;

namespace {

constexpr std::size_t kRowsAtOnce = 256; // of the marts, between two batches of records; more where there are
constexpr std::size_t kMostRowSteps = 64; // times so many

constexpr TopicOffsets no_ends() {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  return {kMost, kMost, kMost, kMost};
}

} // namespace

TaskCounts& TaskCounts::operator+=(const TaskCounts& other) {
  for (int i = 0; i < kTopicCount; ++i) {
    consumed[i] += other.consumed[i];
    brought[i] += other.brought[i];
    applied[i] += other.applied[i];
  }
  for (int i = 0; i < kRejectReasonCount; ++i) rejected[i] += other.rejected[i];
  duplicate += other.duplicate;
  released += other.released;
  late += other.late;
  misplaced += other.misplaced;
  return *this;
}

Task::Task(std::int32_t partition, const TaskSettings& settings, Outbox& outbox, Now now)
    : partition_(partition),
      settings_(settings),
      outbox_(outbox),
      state_(settings.definition, partition),
      index_(partition),
      writer_(partition, settings.names, outbox, settings.part_raw_bytes),
      publisher_(partition, settings.names, outbox, settings.own_windows),
      rejected_outbox_(partition, settings.names, outbox),
      marts_(partition, settings.names, outbox),
      started_at_(now.wall),
      ends_(no_ends()) {
  idle_.fill(IdleTracker(now.steady));
}

void Task::set_claim(Claim claim) {
  epoch_ = claim.epoch;
  publisher_.set_epoch(claim.epoch);
  writer_.set_claim(std::move(claim));
}

std::int64_t Task::start_position(Topic topic) const {
  return planted(PlantedBug::kSeekToTheGroupsOffset) ? kafka::Consumer::kGroupOffset : read_from_[static_cast<int>(topic)];
}

void Task::on_record(const LogRecord& record) {
  const int topic = static_cast<int>(record.topic);
  if (record.offset < next_[topic] || compare_first_[topic]) [[unlikely]] {
    on_early_record(record);
    if (record.offset < next_[topic] || failure_) return;
  }
  if (record.offset >= ends_[topic]) [[unlikely]] {
    end_seen_[topic] = std::max(end_seen_[topic], record.offset);
    return;
  }
  const auto outcome = state_.apply(record, &rejected_);
  next_[topic] = record.offset + 1;
  last_record_[topic] = record_fingerprint(record.key, record.value, record.broker_time);
  time_index_[topic].note(state_.stream_time(record.topic), record.offset);
  changed_ = true;
  if (record.key != kHeartbeatKey) { // our own sign of idleness does not end it
    idle_[topic].record();
    ++counts_.brought[topic];
    if (is_misplaced(record.key)) ++counts_.misplaced;
  }
  ++counts_.consumed[topic];
  if (outcome == Outcome::kApplied) ++counts_.applied[topic];
  if (!rejected_.empty()) [[unlikely]]
    send_rejected();
}

// Applied all the same, but a patient who is in two partitions is counted twice: somebody has to look into the sender.
bool Task::is_misplaced(std::string_view key) const {
  return settings_.partitions > 0 && !key.empty() && kafka::murmur2_partition(key, settings_.partitions) != partition_;
}

// Records from before next_offset: redelivered ones, and the one that tells whether the log is the checkpoint's.
void Task::on_early_record(const LogRecord& record) {
  const int topic = static_cast<int>(record.topic);
  if (!compare_first_[topic] || record.offset + 1 < next_[topic]) return;
  compare_first_[topic] = false;
  const bool same = record.offset + 1 == next_[topic] &&
                    record_fingerprint(record.key, record.value, record.broker_time) == last_record_[topic];
  if (!same) return on_another_log(topic);
  if (record.broker_time != kNever) idle_[topic].silent_for(started_at_ - record.broker_time);
}

void Task::on_another_log(int topic) {
  compare_first_[topic] = false;
  const auto what = topic_place(topic) + ": the record at offset " + std::to_string(next_[topic] - 1) +
                    " is not the one that was consumed: the topic was recreated";
  if (settings_.accept_data_loss) {
    log_error("DATA LOSS ACCEPTED: the checkpoint's numbers are kept and the new log is counted from here",
              {{"what", what}});
    return;
  }
  failure_ = Error{what, "rebuild the numbers with wardpulse-replay, or keep them and go on with --accept-data-loss"};
}

void Task::on_partition_end(Topic topic, std::int64_t offset) {
  const int i = static_cast<int>(topic);
  end_seen_[i] = std::max(end_seen_[i], offset);
  idle_[i].reached_end();
  if (compare_first_[i]) on_another_log(i); // nothing where the last consumed record was
}

void Task::tick(Duration now) {
  for (auto& idle : idle_) idle.tick(now);
  rejected_outbox_.retry();
  marts_.retry();
  state_.get_ready_to_publish();
}

bool Task::reached_end(Topic topic) const {
  const auto i = static_cast<int>(topic);
  return !in_use(i) || (!compare_first_[i] && std::max(next_[i], end_seen_[i]) >= ends_[i]);
}

bool Task::reached_ends() const {
  for (int i = 0; i < kTopicCount; ++i) {
    if (!reached_end(static_cast<Topic>(i))) return false;
  }
  return true;
}

void Task::send_rejected() {
  for (const auto& record : rejected_) {
    ++counts_.rejected[static_cast<int>(record.rejection.reason)];
    rejected_outbox_.send(record);
  }
  rejected_.clear();
}

bool Task::publish(Now now, bool all_idle) {
  for (int i = 0; i < kTopicCount; ++i) {
    if (compare_first_[i]) return false; // the log is not known to be the right one yet
    if (in_use(i) && !idle_[i].known() && !all_idle) return false;
  }
  if (failure_ || waits_for_checkpoint() || !publisher_.may_publish(next_)) return false;
  const bool replacing_rows = marts_switch_ != settings_.marts_switch && !all_cells_given_;
  if (publisher_.begin(now, next_) || replacing_rows) state_.mark_all_changed();
  aggregator::Progress progress;
  for (int i = 0; i < kTopicCount; ++i) progress[i].idle = all_idle || !in_use(i) || idle_[i].idle(now.steady);
  const auto& own = settings_.own_windows;
  const auto changed = [&](const Cell& cell) {
    if (!own.has(cell)) return;
    publisher_.changed(cell);
    marts_.changed(cell);
  };
  const auto removed = [&](const std::string& cell_id) {
    if (!own.has(cell_id)) return;
    publisher_.removed(cell_id);
    marts_.removed(cell_id);
  };
  state_.publish(progress, {changed, removed});
  publisher_.end();
  all_cells_given_ |= replacing_rows;
  if (!all_idle && !has_ends_) send_heartbeats(now.steady);
  return true;
}

void Task::send_heartbeats(Duration now) {
  std::array<TopicTime, kTopicCount> times;
  for (int i = 0; i < kTopicCount; ++i)
    times[i] = {in_use(i), idle_[i].idle(now), state_.stream_time(static_cast<Topic>(i))};
  for (int i = 0; i < kTopicCount; ++i) {
    const auto topic = static_cast<Topic>(i);
    const auto time = heartbeat_time(times, topic);
    if (!time || now - heartbeat_at_[i] < kHeartbeatPause) continue;
    heartbeat_at_[i] = now;
    const auto event = heartbeat_event(topic, partition_, *time, "wardpulse-consumer");
    kafka::ProducerRecord record;
    record.topic = settings_.names.inputs[i];
    record.partition = partition_;
    record.key = kHeartbeatKey;
    record.value = event;
    outbox_.send(record, {}); // one that gets lost is followed by another
  }
}

void Task::begin_checkpoint() {
  WP_CHECK(checkpoint_due());
  IncrementWriter increment(writer_.next_slice(), writer_.take_room());
  state_.write_increment(writer_.next_slice(), [&](const aggregator::Entry& entry) { increment.add(entry); });
  Manifest head;
  head.definition_digest = settings_.definition_digest;
  head.definition_json = settings_.definition_json;
  head.cluster_id = settings_.cluster_id;
  head.next_offsets = next_;
  head.last_record = last_record_;
  for (int i = 0; i < kTopicCount; ++i) head.time_index[i] = time_index_[i].entries();
  checkpoint_mark_ = rejected_outbox_.mark();
  if (may_replace_rows()) replace_rows();
  head.marts_switch = marts_switch_;
  marts_.flush();
  rows_due_ = state_.changed_rows();
  rows_at_once_ = std::max(kRowsAtOnce, rows_due_ / kMostRowSteps);
  writer_.begin(increment.take(), std::move(head));
  changed_ = false;
}

void Task::observe_cell(const SideRecord& record) {
  publisher_.observe(record);
  if (settings_.own_windows.has(record.key) || find_mart_of_family(record.key.substr(0, record.key.find('|'))) == nullptr) return;
  if (record.value) taken_over_days_.insert_or_assign(std::string(record.key), *record.value);
  else if (const auto at = taken_over_days_.find(record.key); at != taken_over_days_.end()) taken_over_days_.erase(at);
}

// Another generation's rows are in the marts' topics: all of this one's are written, those taken over included, and what it
// does not have goes.
void Task::replace_rows() {
  for (const auto& [key, json] : taken_over_days_) {
    if (const auto cell = decode_cell(json)) marts_.changed(*cell);
  }
  state_.mark_rows_changed();
  state_.publish_rows(state_.changed_rows(), [this](const Cell& row) { marts_.changed(row); });
  Result<void> read;
  if (settings_.read_rows) {
    read = settings_.read_rows(partition_, [this](const MartSpec& mart, std::string_view key) { marts_.found(mart, std::string(key)); });
  }
  if (!read) {
    log_warning("the marts' rows of the generation before are read again later", {{"partition", partition_}, {"why", read.error().text()}});
    all_cells_given_ = false;
    return;
  }
  marts_switch_ = settings_.marts_switch;
  taken_over_days_.clear();
}

CheckpointWriter::Progress Task::step_checkpoint() {
  const auto rows = std::min(rows_at_once_, rows_due_);
  state_.publish_rows(rows, [this](const Cell& row) { marts_.send(row); });
  rows_due_ -= rows;
  return writer_.step(index_, !rejected_outbox_.unacknowledged_before(checkpoint_mark_) && rows_due_ == 0 && marts_.settled());
}

bool Task::settled() const {
  return !writer_.busy() && rejected_outbox_.unacknowledged() == 0 && publisher_.in_flight() == 0 && marts_.settled();
}

TaskCounts Task::counts() const {
  auto counts = counts_;
  const auto& now = state_.counters();
  std::int64_t applied_at_once = 0;
  for (const auto count : counts_.applied) applied_at_once += count;
  counts.duplicate = now.duplicate - counters_at_start_.duplicate;
  counts.released = now.applied - counters_at_start_.applied - applied_at_once;
  counts.late = now.late - counters_at_start_.late;
  return counts;
}

std::string Task::topic_place(int topic) const {
  return settings_.names.inputs[topic] + " partition " + std::to_string(partition_);
}

} // namespace wardpulse::consumer
