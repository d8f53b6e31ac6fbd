#include "consumer/task_start.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"

namespace wardpulse::consumer {
namespace {

constexpr Duration kStartTimeout = std::chrono::seconds{60}; // without any progress
constexpr Duration kPollTimeout = std::chrono::milliseconds{50};
constexpr int kBatch = 100; // records between two looks at everything else
constexpr int kMaxClaims = 16; // that many losses in a row are no accident

class Starter {
 public:
  Starter(const Tasks& tasks, const TaskSettings& settings, const std::string& writer, const StartPorts& ports)
      : tasks_(tasks), settings_(settings), writer_(writer), ports_(ports) {}

  Result<void> run() {
    if (auto opened = open(); !opened) return opened;
    if (auto read = read_to_ends(); !read) return read;
    if (auto claimed = claim_all(); !claimed) return claimed;
    if (auto read = read_to_ends(); !read) return read; // cells written until the claim stood in the log
    for (const auto& task : tasks_) { // from now on the offsets of the own writes tell whether anybody else writes
      if (auto paused = ports_.side_log.pause(settings_.names.aggregates, task->partition()); !paused) return paused;
    }
    for (const auto& task : tasks_) {
      if (auto restored = restore(*task); !restored) return restored;
    }
    return {};
  }

 private:
  Result<void> open() {
    std::vector<kafka::TopicPartition> partitions;
    for (const auto& task : tasks_) {
      partitions.push_back({settings_.names.checkpoints, task->partition(), 0});
      partitions.push_back({settings_.names.aggregates, task->partition(), 0});
    }
    return ports_.side_log.open(partitions);
  }

  // Up to the ends that both logs have now. Offsets may have gaps: a position counts, not a record.
  Result<void> read_to_ends() {
    struct End {
      std::int64_t checkpoints, aggregates;
    };
    std::vector<End> ends;
    for (const auto& task : tasks_) {
      const auto checkpoints = ports_.side_log.watermarks(settings_.names.checkpoints, task->partition());
      if (!checkpoints) return tl::unexpected(checkpoints.error());
      const auto aggregates = ports_.side_log.watermarks(settings_.names.aggregates, task->partition());
      if (!aggregates) return tl::unexpected(aggregates.error());
      ends.push_back({checkpoints->high, aggregates->high});
    }
    return pump_until("reading checkpoints and cells back", [&] {
      for (std::size_t i = 0; i < tasks_.size(); ++i) {
        if (tasks_[i]->checkpoints().position() < ends[i].checkpoints) return false;
        if (tasks_[i]->publisher().position() < ends[i].aggregates) return false;
      }
      return true;
    });
  }

  // A claim on its way: offset and error come from the delivery report.
  struct Attempt {
    Task* task = nullptr;
    Claim claim;
    std::shared_ptr<std::optional<Result<kafka::Delivery>>> answer =
        std::make_shared<std::optional<Result<kafka::Delivery>>>();
  };

  Result<void> claim_all() {
    std::vector<Task*> open;
    for (const auto& task : tasks_) open.push_back(task.get());
    for (int round = 0; !open.empty(); ++round) {
      if (round == kMaxClaims) {
        return fail("partition " + std::to_string(open.front()->partition()) + ": other consumers keep claiming it",
                    "do two groups write under the same --topic-prefix?");
      }
      std::vector<Attempt> attempts;
      for (auto* task : open) attempts.push_back(send_claim(*task, round));
      open.clear();
      if (auto read = read_back(attempts); !read) return read;
      for (auto& attempt : attempts) {
        auto& claim = attempt.claim;
        if (attempt.task->checkpoints().superseded(claim.epoch, claim.writer, claim.offset)) {
          open.push_back(attempt.task);
          continue;
        }
        log_debug("partition claimed", {{"partition", attempt.task->partition()}, {"epoch", claim.epoch}});
        attempt.task->set_claim(std::move(claim));
      }
    }
    return {};
  }

  Attempt send_claim(Task& task, int round) {
    Attempt attempt;
    attempt.task = &task;
    attempt.claim = {task.checkpoints().highest_epoch() + 1, writer_ + "-" + std::to_string(round), -1};
    const auto& claim = attempt.claim;
    const auto key =
        CheckpointKey{task.partition(), claim.epoch, CheckpointKey::Kind::kClaim, 0, 0, claim.writer}.text();
    kafka::ProducerRecord record;
    record.topic = settings_.names.checkpoints;
    record.partition = task.partition();
    record.key = key;
    record.value = claim.writer;
    ports_.outbox.send(record, [answer = attempt.answer](const Result<kafka::Delivery>& done) { *answer = done; });
    return attempt;
  }

  // Until every claim stands in the log and was read back.
  Result<void> read_back(std::vector<Attempt>& attempts) {
    auto written = pump_until("writing claims", [&] {
      return std::all_of(attempts.begin(), attempts.end(),
                         [](const auto& attempt) { return attempt.answer->has_value(); });
    });
    if (!written) return written;
    for (auto& attempt : attempts) {
      const auto& delivery = **attempt.answer;
      if (!delivery) {
        auto error = delivery.error();
        error.retriable |= error.fatal; // the outbox makes its producer anew
        return tl::unexpected(error);
      }
      attempt.claim.offset = delivery->offset;
    }
    return pump_until("reading the own claims back", [&] {
      return std::all_of(attempts.begin(), attempts.end(), [](const auto& attempt) {
        return attempt.task->checkpoints().position() > attempt.claim.offset;
      });
    });
  }

  Result<void> restore(Task& task) {
    LogRanges logs;
    for (int i = 0; i < kTopicCount; ++i) {
      if (!settings_.definition.topics[i]) continue;
      const auto range = ports_.side_log.watermarks(settings_.names.inputs[i], task.partition());
      if (!range) return tl::unexpected(range.error());
      logs[i] = *range;
    }
    return task.restore(logs);
  }

  Result<void> pump_until(const char* what, const std::function<bool()>& done) {
    auto progress_at = ports_.clock.now().steady;
    bool progress = false;
    while (!done()) {
      if (ports_.give_up()) return fail("stopped while taking over partitions");
      ports_.outbox.pump(Duration{0});
      auto polled = ports_.side_log.poll(kPollTimeout);
      bool some = false;
      for (int i = 0; polled && polled->kind != SidePoll::Kind::kTimeout; polled = ports_.side_log.poll(Duration{0})) {
        route_side(*polled, settings_.names, tasks_);
        some = true;
        if (++i == kBatch) break;
      }
      if (!polled && !polled.error().retriable) return tl::unexpected(polled.error());
      if (some) {
        progress = true; // the time-out is for silence; a long log is read as long as it takes
        continue;
      }
      const auto now = ports_.clock.now().steady;
      if (std::exchange(progress, false)) progress_at = now;
      if (now - progress_at > kStartTimeout) {
        Error error{std::string("no progress while ") + what, "is the broker reachable?"};
        error.retriable = true;
        return tl::unexpected(error);
      }
    }
    return {};
  }

  const Tasks& tasks_;
  const TaskSettings& settings_;
  const std::string& writer_;
  const StartPorts& ports_;
};

} // namespace

Result<void> start_tasks(const Tasks& tasks, const TaskSettings& settings, const std::string& writer,
                         const StartPorts& ports) {
  return Starter(tasks, settings, writer, ports).run();
}

bool route_side(const SidePoll& poll, const TopicNames& names, const Tasks& tasks) {
  const auto& record = poll.record;
  const auto at =
      std::find_if(tasks.begin(), tasks.end(), [&](const auto& task) { return task->partition() == record.partition; });
  if (at == tasks.end()) return false;
  const bool is_record = poll.kind == SidePoll::Kind::kRecord;
  if (record.topic == names.checkpoints) {
    auto& index = (*at)->checkpoints();
    is_record ? index.observe(record.offset, record.key, record.value) : index.reached_end(record.offset);
  } else if (record.topic == names.aggregates) {
    is_record ? (*at)->observe_cell(record) : (*at)->publisher().reached_end(record.offset);
  } else {
    return false;
  }
  return true;
}

} // namespace wardpulse::consumer
