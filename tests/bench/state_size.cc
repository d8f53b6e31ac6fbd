// What the state takes in memory and how long it takes to have it back, without Kafka: simulated events are folded as they are made,
// into as many partition numbers as one process would own, with a publication and a piece of a checkpoint now and then.
//   state_size [EVENTS=300000] [EVENTS_PER_1000_SECONDS=10] [PARTITIONS=8]
//   state_size visits [VISITS=5000000]   open visits of a patient each, who has only been checked in: what one more takes,
//   with a publication after each tenth
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "aggregator/partition_state.h"
#include "base/heap.h"
#include "producer/simulator.h"
#include "tests/bench/cpu_time.h"
#include "tests/bench/resident.h"

using namespace wardpulse;
using bench::resident_megabytes;

namespace {

struct Owned {
  Owned(const aggregator::Definition& definition, std::int32_t partition) : state(definition, partition) {}
  aggregator::PartitionState state;
  std::array<std::int64_t, kTopicCount> next{};
  int slice = 0;
};

std::size_t sum(const std::vector<Owned>& all, std::size_t (aggregator::PartitionState::*count)() const) {
  std::size_t n = 0;
  for (const Owned& owned : all) n += (owned.state.*count)();
  return n;
}

constexpr aggregator::TopicProgress kIdle{.idle = true};
constexpr aggregator::Progress kAllIdle{kIdle, kIdle, kIdle, kIdle}; // so that a topic without records holds nothing up

// Bytes that each visit takes beyond the first fifth of them.
void open_visits(std::int64_t visits) {
  const aggregator::Definition definition;
  constexpr std::int64_t kPartitions = 8;
  std::vector<Owned> all;
  for (std::int32_t p = 0; p < kPartitions; ++p) all.emplace_back(definition, p);
  std::vector<aggregator::RejectedRecord> rejected;
  const Time start = *parse_rfc3339("2026-01-01T00:00:00Z");
  double first_resident = 0;
  const double began = cpu_seconds();
  for (std::int64_t i = 0; i < visits; ++i) {
    if (i == visits / 5) first_resident = resident_megabytes();
    const Time time = start + Duration{i};
    const std::string n = std::to_string(i);
    const std::string event = R"({"event_id":"s5-)" + n + R"(","event_type":"checkin","event_time":")" + format_rfc3339(time) +
                              R"(","patient_id":"p5-)" + n + R"(","visit_id":"v5-)" + n +
                              R"(","department":"Emergency","source":"registration","visit_type":"Emergency"})";
    Owned& owned = all[static_cast<std::size_t>(i % kPartitions)];
    owned.state.apply({Topic::kCheckins, owned.next[0]++, time, "p", event, false}, &rejected);
    if (i % std::max<std::int64_t>(1, visits / 10) != 0) continue;
    for (Owned& o : all) {
      o.state.publish(kAllIdle, {[](const Cell&) {}, [](const std::string&) {}});
      o.state.publish_rows(o.state.changed_rows(), [](const Cell&) {});
      o.state.write_increment(0, [](const aggregator::Entry&) {});
    }
  }
  const auto more = static_cast<double>(visits - visits / 5);
  std::printf("%lld open visits, %.1f s of CPU, %.0f MB resident; each takes %.0f bytes\n", static_cast<long long>(visits), cpu_seconds() - began,
              resident_megabytes(), (resident_megabytes() - first_resident) * 1e6 / more);
}

} // namespace

int main(int argc, char** argv) {
  set_up_heap();
  const auto argument = [&](int place, std::int64_t otherwise) { return argc > place ? std::atoll(argv[place]) : otherwise; };
  if (argc > 1 && std::string_view(argv[1]) == "visits") {
    open_visits(argument(2, 5'000'000));
    return 0;
  }
  const auto partitions = static_cast<std::int32_t>(argument(3, 8));
  producer::SimulatorOptions options;
  options.hospital.start = *parse_rfc3339("2023-01-01T00:00:00Z");
  options.hospital.events_per_1000s = argument(2, 10);
  options.hospital.seed = 5;
  options.events = argument(1, 300'000);
  options.partitions = partitions;
  producer::Simulator simulator(options);

  const aggregator::Definition definition;
  std::vector<Owned> all;
  for (std::int32_t p = 0; p < partitions; ++p) all.emplace_back(definition, p);
  const aggregator::Progress progress;
  std::vector<aggregator::RejectedRecord> rejected;
  constexpr std::int64_t kPublishEvery = 20'000, kCheckpointEvery = 100'000;
  std::int64_t applied = 0;
  std::size_t written = 0;
  const double before = resident_megabytes(), began = cpu_seconds();
  while (const auto outgoing = simulator.next()) {
    const producer::Message& message = outgoing->message;
    Owned& owned = all[std::hash<std::string>{}(message.key) % all.size()];
    owned.state.apply({message.topic, owned.next[static_cast<std::size_t>(message.topic)]++, message.event_time, message.key, message.value, false}, &rejected);
    rejected.clear();
    ++applied;
    if (applied % kPublishEvery == 0) {
      for (Owned& o : all) {
        o.state.publish(progress, {[](const Cell&) {}, [](const std::string&) {}});
        o.state.publish_rows(o.state.changed_rows(), [](const Cell&) {});
      }
    }
    if (applied % kCheckpointEvery == 0) {
      for (Owned& o : all) o.state.write_increment(o.slice++ % aggregator::kSliceCount, [&](const aggregator::Entry& entry) { written += entry.value.size(); });
    }
  }
  for (Owned& o : all) o.state.publish(progress, {[](const Cell&) {}, [](const std::string&) {}});
  const auto visits = sum(all, &aggregator::PartitionState::visit_count), patients = sum(all, &aggregator::PartitionState::patient_count),
             cells = sum(all, &aggregator::PartitionState::cell_count);
  std::printf("%lld events, %.1f s of CPU, %zu visits, %zu patients, %zu cells: %.0f MB resident\n", static_cast<long long>(applied),
              cpu_seconds() - began, visits, patients, cells, resident_megabytes() - before);

  std::vector<std::string> snapshots;
  for (const Owned& owned : all) snapshots.push_back(owned.state.snapshot());
  all.clear();
  give_back_memory();
  std::size_t bytes = 0;
  const double empty = resident_megabytes(), restoring = cpu_seconds();
  std::vector<aggregator::PartitionState> restored;
  for (std::int32_t p = 0; p < partitions; ++p) {
    bytes += snapshots[static_cast<std::size_t>(p)].size();
    restored.push_back(aggregator::PartitionState::restore(definition, p, snapshots[static_cast<std::size_t>(p)]).value());
  }
  std::printf("restored from %.0f MB in %.2f s of CPU: %.0f MB resident\n", static_cast<double>(bytes) / 1e6, cpu_seconds() - restoring,
              resident_megabytes() - empty);
}
