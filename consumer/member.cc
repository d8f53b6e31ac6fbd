#include "consumer/member.h"

#include <algorithm>
#include <map>

#include "base/log.h"

namespace wardpulse::consumer {
namespace {

constexpr int kSideBatch = 1000; // records of the derived logs per tick
constexpr Duration kTakeOverPause = std::chrono::milliseconds{250};
constexpr Duration kBeforePublication = std::chrono::milliseconds{50}; // no checkpoint begins; at most half of an interval

} // namespace

Member::Member(const TaskSettings& task_settings, const MemberSettings& settings, const StartPorts& ports)
    : task_settings_(task_settings), settings_(settings), ports_(ports) {}

Result<std::vector<kafka::TopicPartition>> Member::assigned(const std::vector<kafka::TopicPartition>& partitions) {
  discard();
  const auto numbers = partition_numbers(partitions);
  if (!numbers) return tl::unexpected(numbers.error());
  if (auto taken = take_over(*numbers); !taken) {
    discard();
    return tl::unexpected(taken.error());
  }
  is_assigned_ = true;
  const auto now = ports_.clock.now().steady;
  published_at_ = now - settings_.publish_interval; // now, then
  published_in_.reset();
  publish_pause_ = {};
  pace_.assign(tasks_.size(), {});
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    auto& task = *tasks_[i];
    const auto number = static_cast<std::size_t>(task.partition());
    // Spread over the interval, so that the tasks do not all stop for their checkpoints at once.
    pace_[i].next_checkpoint =
        now + settings_.checkpoint_interval * static_cast<int>(i + 1) / static_cast<int>(tasks_.size());
    if (task.waits_for_checkpoint()) pace_[i].next_checkpoint = now;
    if (by_partition_.size() <= number) by_partition_.resize(number + 1);
    by_partition_[number] = &task;
  }
  auto positions = partitions;
  for (auto& position : positions) {
    for (int i = 0; i < kTopicCount; ++i) {
      if (position.topic == task_settings_.names.inputs[i]) {
        position.offset = find(position.partition)->start_position(static_cast<Topic>(i));
      }
    }
  }
  return positions;
}

// Each number must come with all topics in use: what `range` gives when all topics have the same number of partitions.
Result<std::vector<std::int32_t>> Member::partition_numbers(
    const std::vector<kafka::TopicPartition>& partitions) const {
  std::map<std::int32_t, int> topics_of;
  for (const auto& partition : partitions) ++topics_of[partition.partition];
  const auto needed =
      std::count(task_settings_.definition.topics.begin(), task_settings_.definition.topics.end(), true);
  std::vector<std::int32_t> numbers;
  for (const auto& [number, topics] : topics_of) {
    if (topics != needed) {
      return fail(
          "the group gave partition " + std::to_string(number) + " of " + std::to_string(topics) +
              " topics instead of " + std::to_string(needed),
          "do all input topics have the same number of partitions, and all members of the group the same --topics?");
    }
    numbers.push_back(number);
  }
  return numbers;
}

Result<void> Member::take_over(const std::vector<std::int32_t>& numbers) {
  const auto began = ports_.clock.now().steady;
  for (;;) {
    tasks_.clear();
    const auto now = ports_.clock.now();
    for (const auto number : numbers) {
      auto& task = tasks_.emplace_back(std::make_unique<Task>(number, task_settings_, ports_.outbox, now));
      if (const auto i = static_cast<std::size_t>(number); i < settings_.ends.size()) task->set_ends(settings_.ends[i]);
    }
    const auto writer = settings_.name + "-" + std::to_string(++assignments_);
    auto started = start_tasks(tasks_, task_settings_, writer, ports_);
    if (started || !started.error().retriable || now.steady - began > kTakeOverPatience) return started;
    log_warning("taking over partitions failed, trying again", {{"why", started.error().text()}});
    ports_.outbox.pump(kTakeOverPause);
  }
}

bool Member::release(Duration limit, Parting parting, const std::function<bool()>& is_hopeless) {
  const auto deadline = ports_.clock.now().steady + limit;
  const auto is_late = [&] { return ports_.clock.now().steady >= deadline; };
  // A few changed cells are shown at once; many are left to the next owner, who knows what is missing.
  bool published =
      parting == Parting::kPlain && (publish_interval() > settings_.publish_interval || tasks_.empty() || settings_.publish_at_end_only);
  for (;;) {
    (void)follow_side_log(); // an error here shows as a missing acknowledgement
    ports_.outbox.pump(std::chrono::milliseconds{5});
    const auto now = ports_.clock.now();
    if (!published) published = publish(parting == Parting::kAll, is_late) || parting == Parting::kPlain;
    bool settled = published;
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      if (pace_[i].superseded_at || tasks_[i]->failure()) continue;
      tasks_[i]->tick(now.steady);
      if (tasks_[i]->checkpoint_due()) begin_checkpoint(i, now.steady);
      step_checkpoint(i, now);
      settled = settled && tasks_[i]->settled() && !tasks_[i]->checkpoint_due();
    }
    if (settled || now.steady >= deadline || is_hopeless()) {
      if (!settled) log_warning("partitions given up with writes under way: the next owner repeats what is missing");
      discard();
      return settled;
    }
  }
}

void Member::discard() {
  for (const auto& task : tasks_) {
    departed_ += task->counts();
    checkpoint_failures_ += task->checkpoint_writer().failures();
  }
  by_partition_.clear();
  pace_.clear();
  tasks_.clear();
  is_assigned_ = false;
}

void Member::on_partition_end(std::int32_t partition, Topic topic, std::int64_t offset) {
  if (auto* task = find(partition)) task->on_partition_end(topic, offset);
}

Result<void> Member::tick() {
  if (auto followed = follow_side_log(); !followed) return followed;
  ports_.outbox.pump(Duration{0});
  const auto now = ports_.clock.now();
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    tasks_[i]->tick(now.steady);
    if (auto read = reread_cells(i); !read) return read;
    if (tasks_[i]->superseded() && !pace_[i].superseded_at) stop_superseded(i, now.steady);
  }
  if (until_publication(now) == Duration{0}) {
    has_news_ = false;
    publish(false, ports_.give_up);
    const auto took = ports_.clock.now().steady - now.steady;
    publish_durations_.push_back(took);
    published_at_ = now.steady;
    published_in_ = publish_slot(now.wall);
    publish_pause_ = std::min<Duration>(took * kPublishShare, kMostPublishPause);
  }
  begin_one_checkpoint();
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    if (!pace_[i].superseded_at && tasks_[i]->checkpointing()) step_checkpoint(i, now);
  }
  return check_tasks(now.steady);
}

Result<void> Member::follow_side_log() {
  if (tasks_.empty()) return {};
  for (int i = 0; i < kSideBatch; ++i) {
    const auto polled = ports_.side_log.poll(Duration{0});
    if (!polled && !polled.error().retriable) return tl::unexpected(polled.error());
    if (!polled || polled->kind == SidePoll::Kind::kTimeout) break;
    route_side(*polled, task_settings_.names, tasks_);
  }
  return {};
}

// A former owner has written cells among ours: read on from there until all of it is known.
Result<void> Member::reread_cells(std::size_t i) {
  const auto& publisher = tasks_[i]->publisher();
  const auto& topic = task_settings_.names.aggregates;
  const auto partition = tasks_[i]->partition();
  auto& reading = pace_[i].reading_cells;
  if (publisher.must_read() == reading) return {};
  reading = !reading;
  if (!reading) return ports_.side_log.pause(topic, partition);
  log_info("another writer's cells are read and put right",
           {{"partition", partition}, {"offset", publisher.position()}});
  return ports_.side_log.resume({topic, partition, publisher.position()});
}

bool Member::publish(bool all_idle, const std::function<bool()>& enough) {
  const auto now = ports_.clock.now();
  bool all = true;
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    if (enough()) return false;
    if (!pace_[i].superseded_at) all = tasks_[i]->publish(now, all_idle) && all;
  }
  return all;
}

bool Member::wants_checkpoint(std::size_t i, Duration now) const {
  const auto& task = *tasks_[i];
  if (pace_[i].superseded_at || !task.checkpoint_due()) return false;
  return now >= pace_[i].next_checkpoint ||
         (now >= next_early_checkpoint_ && task.changed_entries() >= std::max(settings_.checkpoint_entries, lag_));
}

void Member::begin_checkpoint(std::size_t i, Duration now) {
  pace_[i].checkpoint_began = now;
  pace_[i].next_checkpoint = now + checkpoint_interval();
  tasks_[i]->begin_checkpoint();
}

// One at a time, of the task whose last one is longest ago: several at once would stop processing for their sum. Not shortly before
// the next publication, which would be late.
void Member::begin_one_checkpoint() {
  const auto [now, wall] = ports_.clock.now();
  if (left_of_slot(wall) <= std::min(settings_.publish_interval / 2, kBeforePublication)) return;
  std::optional<std::size_t> next;
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    if (wants_checkpoint(i, now) && (!next || pace_[i].checkpoint_began < pace_[*next].checkpoint_began)) next = i;
  }
  if (!next) return;
  begin_checkpoint(*next, now);
  const auto done = ports_.clock.now().steady;
  next_early_checkpoint_ = done + (done - now) * kCollectShare;
}

void Member::step_checkpoint(std::size_t i, Now now) {
  auto& task = *tasks_[i];
  auto& pace = pace_[i];
  switch (task.step_checkpoint()) {
    case CheckpointWriter::Progress::kWaiting: break;
    case CheckpointWriter::Progress::kWritten:
      checkpoint_durations_.push_back(now.steady - pace.checkpoint_began);
      checkpoint_time_ = now.wall;
      for (int t = 0; t < kTopicCount; ++t) {
        const auto offset = task.checkpoint_writer().last()->next_offsets[t];
        if (offset != kNotInUse) commits_.push_back({task_settings_.names.inputs[t], task.partition(), offset});
      }
      break;
    case CheckpointWriter::Progress::kSuperseded: stop_superseded(i, now.steady); break;
  }
}

// Nothing that it still writes counts; its records are passed over until the group takes the partition away.
void Member::stop_superseded(std::size_t i, Duration now) {
  const auto number = tasks_[i]->partition();
  log_warning("partition was taken over by another consumer", {{"partition", number}});
  pace_[i].superseded_at = now;
  by_partition_[static_cast<std::size_t>(number)] = nullptr;
}

Duration Member::publish_interval() const {
  const Duration behind = std::chrono::seconds{1} * lag_ / kRecordsPerSecond;
  return std::max(settings_.publish_interval, std::min(behind, kBehindPublishInterval));
}

// At the beginning of each interval by the clock on the wall: what all who publish have to say comes together to the web server,
// which waits a little for more after the first cells and then sends it in one push.
Duration Member::until_publication(Now now) const {
  if (settings_.publish_at_end_only) return Duration::max();
  const auto interval = publish_interval();
  Duration left{0};
  if (interval > settings_.publish_interval) left = published_at_ + interval - now.steady;
  else if (published_in_ == publish_slot(now.wall)) left = left_of_slot(now.wall);
  return std::max({left, published_at_ + publish_pause_ - now.steady, Duration{0}});
}

Duration Member::checkpoint_interval() const {
  return lag_ > kFarBehind ? std::max(settings_.checkpoint_interval, kFarBehindCheckpointInterval)
                           : settings_.checkpoint_interval;
}

Result<void> Member::check_tasks(Duration now) const {
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    if (const auto& failure = tasks_[i]->failure()) return tl::unexpected(*failure);
    if (pace_[i].superseded_at && now - *pace_[i].superseded_at > kSupersededPatience) {
      return fail("partition " + std::to_string(tasks_[i]->partition()) +
                      " is written by another consumer, and the group still gives it to this one",
                  "do two groups write under the same --topic-prefix?");
    }
  }
  return {};
}

bool Member::reached_ends() const {
  return is_assigned_ &&
         std::all_of(tasks_.begin(), tasks_.end(), [](const auto& task) { return task->reached_ends(); });
}

bool Member::checkpointing() const {
  return std::any_of(tasks_.begin(), tasks_.end(), [](const auto& task) { return task->checkpointing(); });
}

std::int64_t Member::checkpoint_failures() const {
  auto sum = checkpoint_failures_;
  for (const auto& task : tasks_) sum += task->checkpoint_writer().failures();
  return sum;
}

std::vector<kafka::TopicPartition> Member::take_commits() { return std::exchange(commits_, {}); }

TaskCounts Member::counts() const {
  auto sum = departed_;
  for (const auto& task : tasks_) sum += task->counts();
  return sum;
}

} // namespace wardpulse::consumer
