#include "tests/sim/simulation.h"

#include <algorithm>
#include <memory>

#include "tests/aggregator/ward.h"
#include "tests/sim/instance.h"
#include "tests/sim/oracle.h"
#include "tests/sim/watch.h"

namespace wardpulse::sim {
namespace {

using consumer::Member;
using std::chrono::milliseconds, std::chrono::seconds;

constexpr int kMostInstances = 3;
constexpr std::size_t kSmallParts = 4096; // a checkpoint has several parts, as that of a large hospital has
constexpr int kMostViolations = 5; // then it is clear enough

class Simulation {
 public:
  Simulation(std::uint64_t seed, int events)
      : random_(seed),
        settings_(task_settings(kSmallParts)),
        watch_(settings_.names),
        network_(world_, random_,
                 [this](const auto& topic, std::int32_t partition, const auto& record) { watch_.see(topic, partition, record); }),
        partitions_(1 + static_cast<std::int32_t>(pick(3))) {
    member_settings_.checkpoint_interval = milliseconds{200 + pick(3000)};
    if (chance(50)) member_settings_.checkpoint_entries = 1 + static_cast<std::int64_t>(pick(100));
    if (chance(50)) network_.faults = {static_cast<unsigned>(pick(20)), static_cast<unsigned>(pick(20))};
    for (std::int32_t p = 0; p < partitions_; ++p) logs_.push_back(aggregator::random_log(seed * 8 + static_cast<std::uint64_t>(p), events / partitions_));
    fed_.resize(logs_.size());
  }

  Report run() {
    join();
    while (feed(1 + pick(20)) && calm()) {
      for (auto turns = 1 + pick(4); turns > 0 && calm(); --turns) turn();
    }
    if (calm()) finish();
    if (calm()) judge();
    report_.trace = watch_.trace();
    report_.violations = watch_.violations();
    return report_;
  }

 private:
  std::uint64_t pick(std::uint64_t n) { return random_() % n; }
  bool chance(std::uint64_t percent) { return pick(100) < percent; }
  bool calm() const { return watch_.violations().size() < kMostViolations; }

  // --- the hospital -------------------------------------------------------------------------------------------------
  // Writes up to `records` more into the logs. False when there are no more.
  bool feed(std::uint64_t records) {
    bool more = true;
    for (; records > 0 && more; --records) more = feed_one();
    return more;
  }
  bool feed_one() {
    std::uint64_t left = 0;
    for (std::size_t p = 0; p < logs_.size(); ++p) {
      for (std::size_t t = 0; t < kTopicCount; ++t) left += logs_[p][t].size() - fed_[p][t];
    }
    if (left == 0) return false;
    auto chosen = pick(left);
    for (std::size_t p = 0; p < logs_.size(); ++p) {
      for (std::size_t t = 0; t < kTopicCount; ++t) {
        const auto size = logs_[p][t].size() - fed_[p][t];
        if (chosen < size) {
          append(t, p);
          return true;
        }
        chosen -= size;
      }
    }
    return false;
  }
  void append(std::size_t topic, std::size_t partition) {
    const auto& written = logs_[partition][topic][fed_[partition][topic]++];
    const auto number = static_cast<std::int32_t>(partition);
    const auto& name = settings_.names.inputs[topic];
    Stored record{.key = "key", .value = written.value, .headers = {}, .timestamp = written.broker_time};
    if (chance(1)) record.value.reset();
    if (chance(2)) world_.skip_offset(name, number);
    network_.write(name, number, std::move(record));
    ++report_.records;
  }

  // --- what happens -------------------------------------------------------------------------------------------------
  void turn() {
    watch_.note("turn");
    const auto what = pick(1000);
    if (what < 600) return work();
    if (what < 680) return pass();
    if (what < 720) return compact();
    if (what < 750) return network_.land_one();
    if (what < 780) return read_again();
    if (what < 840) return crash();
    if (what < 880) return fall_asleep();
    if (what < 920) return wake_up();
    if (what < 945) return join();
    if (what < 960) return leave();
    if (what < 980) return lose_leaders();
    damage();
  }

  void pass() { world_.pass(chance(3) ? seconds{40} : milliseconds{pick(1500)}); }

  Instance* any(bool asleep) {
    std::vector<Instance*> found;
    for (const auto& instance : instances_) {
      if (instance->is_asleep() == asleep) found.push_back(instance.get());
    }
    return found.empty() ? nullptr : found[pick(found.size())];
  }

  void work() {
    Instance* instance = any(false);
    if (instance == nullptr) return join();
    world_.pass(milliseconds{50 + pick(200)});
    look(*instance, instance->work(pick(30)));
    if (chance(5)) compare_states(*instance);
    if (instance->is_dead()) bury(instance);
  }
  void look(const Instance& instance, const Result<void>& done) {
    if (!done && !instance.is_dead()) watch_.violation("a consumer stopped: " + done.error().text());
  }

  void read_again() {
    if (Instance* instance = any(false)) instance->read_again(pick(30));
  }
  void compact() {
    const auto& names = settings_.names;
    const auto partition = static_cast<std::int32_t>(pick(static_cast<std::uint64_t>(partitions_)));
    for (const auto* topic : {&names.aggregates, &names.checkpoints, &names.rejected}) {
      if (chance(70)) world_.compact(*topic, partition);
    }
  }

  // Topic `checkpoints` is always there: without it nobody can take a partition over, and all of them only wait.
  void lose_leaders() {
    const auto& names = settings_.names;
    network_.away = chance(30) ? "" : chance(50) ? names.rejected : names.aggregates;
    watch_.note("away " + network_.away);
  }

  // At some write from now on, in the middle of whatever it does then.
  void crash() {
    if (Instance* instance = any(false)) instance->die_after(static_cast<std::int64_t>(pick(40)));
  }
  void bury(Instance* dead) {
    watch_.note("dead");
    ++report_.crashes;
    std::erase_if(instances_, [&](const auto& instance) { return instance.get() == dead; });
    rebalance();
  }

  void fall_asleep() {
    Instance* instance = any(false);
    if (instance == nullptr) return;
    ++report_.sleepers;
    instance->sleep();
    world_.pass(seconds{10});
    rebalance();
  }
  // It goes on as if nothing had happened until it hears that it is out of the group.
  void wake_up() {
    Instance* instance = any(true);
    if (instance == nullptr) return;
    instance->wake();
    for (auto rounds = pick(6); rounds > 0 && !instance->is_dead(); --rounds) {
      world_.pass(milliseconds{pick(200)});
      (void)instance->work(pick(20)); // may notice by itself that it was replaced
    }
    instance->lose();
    if (instance->is_dead()) return bury(instance);
    rebalance();
  }

  void join() {
    if (instances_.size() >= kMostInstances) return;
    auto settings = member_settings_;
    settings.name = "i" + std::to_string(++born_);
    instances_.push_back(std::make_unique<Instance>(network_, settings_, settings));
    rebalance();
  }
  void leave() {
    Instance* instance = any(false);
    if (instance == nullptr) return;
    instance->release(Member::Parting::kPlain);
    std::erase_if(instances_, [&](const auto& other) { return other.get() == instance; });
    rebalance();
  }

  // All let go, then each gets its range. Whoever dies on the way makes another one necessary.
  void rebalance() {
    for (bool settled = false; !settled && calm();) {
      ++report_.rebalances;
      watch_.note("rebalance");
      std::vector<Instance*> members;
      for (const auto& instance : instances_) {
        if (!instance->is_asleep()) members.push_back(instance.get());
      }
      for (auto* member : members) {
        if (chance(20)) {
          member->lose();
        } else {
          member->release(Member::Parting::kPlain);
        }
      }
      for (std::size_t m = 0; m < members.size(); ++m) {
        std::vector<std::int32_t> numbers;
        for (std::int32_t p = 0; p < partitions_; ++p) {
          if (static_cast<std::size_t>(p) * members.size() / static_cast<std::size_t>(partitions_) == m) numbers.push_back(p);
        }
        if (!members[m]->is_dead()) look(*members[m], members[m]->assign(numbers));
      }
      const auto dead = std::erase_if(instances_, [](const auto& instance) { return !instance->is_asleep() && instance->is_dead(); });
      report_.crashes += static_cast<int>(dead);
      settled = dead == 0;
    }
  }

  // A part or a manifest is lost, or torn: what a broker must not do, and disks do.
  void damage() {
    auto& records = world_.records(settings_.names.checkpoints, static_cast<std::int32_t>(pick(static_cast<std::uint64_t>(partitions_))));
    if (records.empty()) return;
    const auto at = records.size() - 1 - pick(std::min<std::uint64_t>(records.size(), 8));
    auto& record = records[at];
    if (!record.value || record.key.find("claim") != std::string::npos) return;
    ++report_.damages;
    watch_.note("damage " + record.key);
    if (chance(50)) {
      record.value->resize(record.value->size() / 2);
    } else {
      records.erase(records.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }

  // --- what must be -------------------------------------------------------------------------------------------------
  // State is a function of the next offsets, whatever came between.
  void compare_states(const Instance& instance) {
    for (const auto& task : instance.member().tasks()) {
      if (task->superseded()) continue;
      ++report_.states_compared;
      Oracle oracle(world_, settings_, task->partition(), task->next_offsets(), random_);
      compare_state(*task, oracle);
    }
  }
  void compare_state(const consumer::Task& task, const Oracle& oracle) {
    const auto name = "partition " + std::to_string(task.partition());
    const auto& counters = task.state().counters();
    if (counters.consumed != counters.applied + counters.duplicate + counters.rejected + counters.held) {
      watch_.violation(name + ": consumed is not applied + duplicate + rejected + held");
    }
    if (!(counters == oracle.state().counters())) {
      watch_.violation(name + ": the counters are not those of the log: consumed " + std::to_string(counters.consumed) + ", not " +
                       std::to_string(oracle.state().counters().consumed));
    }
    if (task.state().snapshot() != oracle.state().snapshot()) watch_.violation(name + ": the state is not the fold of the log");
  }

  // The last owner comes, and late writes of all that were before it. Then all is read, and shown.
  void finish() {
    network_.faults = {};
    network_.away.clear();
    for (const auto& instance : instances_) {
      if (!instance->is_asleep() && chance(50)) instance->release(Member::Parting::kPlain);
      instance->die_after(0);
    }
    for (auto landings = pick(50); landings > 0; --landings) network_.land_one();
    auto settings = member_settings_;
    settings.name = "last";
    Instance last(network_, settings_, settings);
    std::vector<std::int32_t> numbers;
    for (std::int32_t p = 0; p < partitions_; ++p) numbers.push_back(p);
    look(last, last.assign(numbers));
    instances_.clear();
    // A heartbeat of its own that is still on its way is a record of the log, too.
    for (int quiet = 0; (quiet < 20 || last.in_flight() > 0) && calm(); ++quiet) {
      look(last, last.work_to_end());
      if (!last.at_end() || network_.anything_adrift()) quiet = 0;
      // Each makes the last consumer write all of its cells anew: a burst at a time, or large runs do little else.
      for (auto landings = 1 + pick(30); landings > 0; --landings) network_.land_one();
      world_.pass(milliseconds{200});
    }
    compare_states(last);
    if (!last.release(Member::Parting::kAll)) watch_.violation("the last consumer could not bring its work to an end");
  }

  void judge() {
    for (std::int32_t p = 0; p < partitions_; ++p) {
      world_.compact(settings_.names.aggregates, p);
      Oracle oracle(world_, settings_, p, Oracle::ends(world_, settings_.names, p), random_);
      const auto cells = difference(published_cells(world_, settings_.names, p), oracle.cells());
      if (!cells.empty()) watch_.violation("aggregates: " + cells);
      const auto published = published_rejected(world_, settings_.names, p);
      const auto rejected = difference(published, oracle.rejected());
      if (!rejected.empty()) watch_.violation("rejected: " + rejected);
      if (oracle.state().counters().rejected != static_cast<std::int64_t>(published.size())) {
        watch_.violation("partition " + std::to_string(p) + ": " + std::to_string(oracle.state().counters().rejected) +
                         " records were refused, " + std::to_string(published.size()) + " are in topic rejected");
      }
      judge_bounds(p);
    }
  }
  void judge_bounds(std::int32_t partition) {
    const auto truth = bounds(world_, settings_.names, partition);
    for (const auto& [place, most] : watch_.most_shown()) {
      const auto& [p, size, start] = place;
      if (p != partition || size == WindowSize::k1d || size == WindowSize::kMonth) continue;
      const auto at = truth.find(place);
      for (std::size_t i = 0; i < most.size(); ++i) {
        const auto there = at == truth.end() ? 0 : at->second[i];
        if (most[i] <= there) continue;
        watch_.violation("window " + std::string(window_size_name(size)) + " from " + format_rfc3339(start) + " showed " +
                         std::to_string(most[i]) + " " + std::string(kBounded[i]) + "; the log has " + std::to_string(there));
      }
    }
  }

  Random random_;
  World world_;
  const consumer::TaskSettings settings_;
  Watch watch_;
  Network network_;
  const std::int32_t partitions_;
  consumer::MemberSettings member_settings_;
  std::vector<aggregator::Log> logs_;
  std::vector<std::array<std::size_t, kTopicCount>> fed_;
  std::vector<std::unique_ptr<Instance>> instances_;
  int born_ = 0;
  Report report_;
};

} // namespace

Report simulate(std::uint64_t seed, int events) { return Simulation(seed, events).run(); }

} // namespace wardpulse::sim
