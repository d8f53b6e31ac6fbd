// How long a checkpoint stops processing, and how long a new owner takes to have the state back and to be at the head of the log
// again: one worker's tasks with many open visits, under a steady stream of events. Kafka is left out: what is written is
// acknowledged at once, and kept.
//
//   checkpoint_pause [open visits] [events per second] [seconds] [partitions]
//
// Pauses are counted in processor time of the thread, so that a busy machine does not change them; wall time is told beside.
#include <ctime>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "consumer/member.h"
#include "tests/bench/percentile.h"

namespace {

using namespace wardpulse;
using namespace wardpulse::consumer;
using std::chrono::seconds;

double processor_ms() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}
double wall_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// A topic partition in memory, as far as a task needs one: what is written is read back.
struct Kept {
  std::int64_t end = 0;
  std::map<std::string, std::string> content;
};

class MemoryOutbox : public Outbox {
 public:
  explicit MemoryOutbox(std::string checkpoints) : checkpoints_(std::move(checkpoints)) {}
  void send(const kafka::ProducerRecord& record, Done done) override {
    std::int64_t offset = ends_[record.partition]++;
    if (record.topic == checkpoints_) {
      auto& kept = kept_[record.partition];
      offset = kept.end++;
      const auto value = record.tombstone ? std::nullopt : std::optional<std::string_view>(record.value);
      if (auto* task = tasks[record.partition]) task->checkpoints().observe(offset, record.key, value);
      if (value) {
        kept.content[std::string(record.key)] = *value;
      } else {
        kept.content.erase(std::string(record.key));
      }
    }
    if (done) done(kafka::Delivery{record.partition, offset});
  }
  void pump(Duration) override {}
  std::size_t in_flight() const override { return 0; }

  std::map<std::int32_t, Task*> tasks;
  std::map<std::int32_t, Kept>& kept() { return kept_; }

 private:
  const std::string checkpoints_;
  std::map<std::int32_t, Kept> kept_;
  std::map<std::int32_t, std::int64_t> ends_;
};

struct Arguments {
  std::int64_t visits = 1'000'000, rate = 100'000, seconds = 60;
  int partitions = 8;
};

class Bench {
 public:
  explicit Bench(const Arguments& arguments) : arguments_(arguments), outbox_(TopicNames::of("t", "live").checkpoints) {
    settings_.definition_json = settings_.definition.canonical_json();
    settings_.definition_digest = settings_.definition.digest();
    settings_.names = TopicNames::of("t", "live");
    for (int p = 0; p < arguments_.partitions; ++p) {
      tasks_.push_back(std::make_unique<Task>(p, settings_, outbox_, Now{}));
      outbox_.tasks[p] = tasks_.back().get();
      tasks_.back()->set_claim({1, "bench", 0});
      LogRanges logs;
      logs.fill(kafka::Watermarks{0, 0});
      WP_CHECK(tasks_.back()->restore(logs).has_value());
    }
    offsets_.resize(tasks_.size());
    last_.resize(tasks_.size());
  }

  void run() {
    for (std::int64_t i = 0; i < arguments_.visits; ++i) {
      event(Topic::kCheckins, "checkin", i, R"("visit_type":"Emergency","department":"Emergency")");
    }
    for (int i = 0; i < aggregator::kSliceCount; ++i) { // every slice was written once
      for (auto& task : tasks_) checkpoint(*task);
      event_of_all();
    }
    std::vector<double> pauses, walls, collecting;
    const auto limit = MemberSettings{}.checkpoint_entries;
    const auto began = processor_ms();
    const auto ticks = arguments_.seconds * kTicksPerSecond;
    for (std::int64_t tick = 0; tick < ticks; ++tick) {
      for (std::int64_t i = 0; i < arguments_.rate / kTicksPerSecond; ++i) some_event();
      for (std::size_t t = 0; t < tasks_.size(); ++t) {
        auto& task = *tasks_[t];
        const auto wall = wall_ms(), before = processor_ms();
        const bool due = (tick + static_cast<std::int64_t>(t) * kInterval / static_cast<std::int64_t>(tasks_.size())) % kInterval == 0;
        const bool begins = !task.checkpointing() && task.checkpoint_due() && (due || task.changed_entries() >= limit);
        if (begins) task.begin_checkpoint();
        if (!task.checkpointing()) continue;
        task.step_checkpoint();
        pauses.push_back(processor_ms() - before);
        walls.push_back(wall_ms() - wall);
        if (begins) collecting.push_back(pauses.back());
      }
    }
    const auto total = processor_ms() - began;
    std::printf("open visits %lld, %lld events/s for %lld s: %.1f us of processor time an event, checkpoints included\n",
                static_cast<long long>(arguments_.visits), static_cast<long long>(arguments_.rate), static_cast<long long>(arguments_.seconds),
                total * 1e3 / static_cast<double>(arguments_.rate * arguments_.seconds));
    report("stop of processing, processor time", pauses);
    report("of these, collecting what changed", collecting);
    report("stop of processing, wall time", walls);
    restart();
  }

 private:
  static constexpr std::int64_t kTicksPerSecond = 100;
  static constexpr std::int64_t kInterval = 5 * kTicksPerSecond;
  static constexpr std::int64_t kUnreadSeconds = 5; // a checkpoint's interval: what is read again
  static constexpr const char* kTreatment = R"("department":"Emergency","treatment_code":"T1","cost":12.50)";

  static void report(const char* what, std::vector<double> values) {
    std::sort(values.begin(), values.end());
    std::printf("%s: n %zu, p50 %.1f ms, p99 %.1f ms, max %.1f ms\n", what, values.size(), bench::percentile(values, 0.5),
                bench::percentile(values, 0.99), values.back());
  }

  static void checkpoint(Task& task) {
    task.begin_checkpoint();
    while (task.checkpointing()) task.step_checkpoint();
  }

  void event(Topic topic, const char* type, std::int64_t patient, const std::string& more) {
    write(type, patient, more);
    apply(topic, patient, text_);
  }
  void write(const char* type, std::int64_t patient, const std::string& more) {
    now_ += events_ % 100 == 0 ? Duration{1} : Duration{0};
    text_ = R"({"event_id":"e)" + std::to_string(events_++) + R"(","event_type":")" + type + R"(","event_time":")" + format_rfc3339(now_) +
            R"(","patient_id":"p)" + std::to_string(patient) + R"(","visit_id":"v)" + std::to_string(patient) + "\"," + more + "}";
  }
  void apply(Topic topic, std::int64_t patient, std::string_view text) {
    const auto partition = static_cast<std::size_t>(patient) % tasks_.size();
    const auto offset = offsets_[partition][static_cast<std::size_t>(topic)]++;
    tasks_[partition]->on_record({.topic = topic, .offset = offset, .broker_time = now_, .key = "p", .value = text});
    if (topic == Topic::kEncounters) last_[partition] = {std::string(text), now_};
  }
  void event_of_all() {
    for (int p = 0; p < arguments_.partitions; ++p) event(Topic::kEncounters, "provider.seen", p, R"("department":"Emergency")");
  }
  std::int64_t some_patient() {
    random_ = random_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::int64_t>((random_ >> 33) % static_cast<std::uint64_t>(arguments_.visits));
  }
  void some_event() { event(Topic::kEncounters, "treatment", some_patient(), kTreatment); }

  // A new owner: the parts are checked and loaded, one task after the other.
  void restart() {
    for (auto& task : tasks_) {
      while (task->checkpointing()) task->step_checkpoint();
      if (task->checkpoint_due()) checkpoint(*task);
    }
    std::vector<std::unique_ptr<Task>> successors;
    const auto wall = wall_ms(), began = processor_ms();
    for (std::size_t p = 0; p < tasks_.size(); ++p) {
      const auto number = static_cast<std::int32_t>(p);
      successors.push_back(std::make_unique<Task>(number, settings_, outbox_, Now{}));
      auto& successor = *successors.back();
      std::int64_t offset = 0;
      for (const auto& [key, value] : outbox_.kept()[number].content) successor.checkpoints().observe(offset++, key, value);
      successor.set_claim({2, "successor", offset});
      LogRanges logs;
      for (std::size_t t = 0; t < kTopicCount; ++t) logs[t] = kafka::Watermarks{0, offsets_[p][t]};
      WP_CHECK(successor.restore(logs).has_value());
    }
    const auto load = (processor_ms() - began) / 1e3;
    std::printf("restart: state of %d partitions loaded in %.1f s of processor time (%.1f s wall)\n", arguments_.partitions, load,
                (wall_ms() - wall) / 1e3);
    catch_up(load, std::move(successors));
  }

  // What was not in the checkpoint any more is read again, and the head of the log goes on meanwhile.
  void catch_up(double load, std::vector<std::unique_ptr<Task>> successors) {
    tasks_ = std::move(successors);
    for (std::size_t p = 0; p < tasks_.size(); ++p) { // which tells them that the log is the checkpoint's
      const auto& [text, time] = last_[p];
      const auto offset = offsets_[p][static_cast<std::size_t>(Topic::kEncounters)] - 1;
      tasks_[p]->on_record({.topic = Topic::kEncounters, .offset = offset, .broker_time = time, .key = "p", .value = text});
    }
    std::vector<std::pair<std::int64_t, std::string>> unread;
    for (std::int64_t i = 0; i < arguments_.rate * kUnreadSeconds; ++i) {
      const auto patient = some_patient();
      write("treatment", patient, kTreatment);
      unread.emplace_back(patient, text_);
    }
    const auto began = processor_ms();
    for (const auto& [patient, text] : unread) apply(Topic::kEncounters, patient, text);
    const auto read = (processor_ms() - began) / 1e3;
    for (const auto& task : tasks_) WP_CHECK(!task->failure());
    const auto busy = read / kUnreadSeconds; // of one thread, at this rate
    std::printf("then %lld s of log read again in %.1f s: %.2f us an event\n", static_cast<long long>(kUnreadSeconds), read,
                read * 1e6 / static_cast<double>(unread.size()));
    for (const int threads : {1, 2, 4}) {
      if (busy >= threads) continue;
      std::printf("at the head again, on %d thread%s: after %.1f s\n", threads, threads == 1 ? "" : "s", (load + read) / (threads - busy));
    }
  }

  const Arguments arguments_;
  TaskSettings settings_;
  MemoryOutbox outbox_;
  std::vector<std::unique_ptr<Task>> tasks_;
  std::vector<std::array<std::int64_t, kTopicCount>> offsets_;
  std::vector<std::pair<std::string, Time>> last_; // record of each partition's encounters
  std::int64_t events_ = 0;
  std::uint64_t random_ = 1;
  Time now_ = from_ms(1'800'000'000'000);
  std::string text_;
};

} // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (argc > 1) arguments.visits = std::atoll(argv[1]);
  if (argc > 2) arguments.rate = std::atoll(argv[2]);
  if (argc > 3) arguments.seconds = std::atoll(argv[3]);
  if (argc > 4) arguments.partitions = std::atoi(argv[4]);
  Bench(arguments).run();
}
