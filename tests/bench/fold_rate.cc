// How fast one partition number is folded, without Kafka: simulated events decoded, judged and applied, with a publication
// now and then. The digest at the end tells two builds that fold differently apart.
//   fold_rate [EVENTS=300000] [EVENTS_PER_SECOND=17] [PUBLISH_EVERY=20000] [DISTURBED_PER_MILLION=0]
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <sys/resource.h>
#include <xxhash.h>

#include "aggregator/partition_state.h"
#include "producer/simulator.h"
#include "tests/bench/cpu_time.h"

using namespace wardpulse;

int main(int argc, char** argv) {
  const auto argument = [&](int place, std::int64_t otherwise) { return argc > place ? std::atoll(argv[place]) : otherwise; };
  const std::int64_t events = argument(1, 300'000), publish_every = argument(3, 20'000);
  producer::SimulatorOptions options;
  options.hospital.start = *parse_rfc3339("2026-01-01T00:00:00Z");
  options.hospital.events_per_1000s = argument(2, 17) * 1000;
  options.events = events;
  options.disturbance.duplicates_per_million = options.disturbance.out_of_order_per_million = options.disturbance.late_per_million = argument(4, 0);
  producer::Simulator simulator(options);
  std::vector<producer::Message> log;
  while (auto outgoing = simulator.next()) log.push_back(std::move(outgoing->message));

  const aggregator::Definition definition;
  aggregator::PartitionState state(definition, 0);
  std::vector<aggregator::RejectedRecord> rejected;
  std::array<std::int64_t, kTopicCount> next{};
  const aggregator::Progress progress;
  std::int64_t published = 0, applied = 0;
  const double start = cpu_seconds();
  for (const auto& message : log) {
    state.apply({message.topic, next[static_cast<std::size_t>(message.topic)]++, message.event_time, message.key, message.value, false}, &rejected);
    if (++applied % publish_every == 0) state.publish(progress, {[&](const Cell&) { ++published; }, [](const std::string&) {}});
  }
  const double seconds = cpu_seconds() - start;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%zu events, %.0f ns of CPU each, %zu visits, %zu cells, %lld published, %ld MB\n", log.size(),
              seconds * 1e9 / static_cast<double>(log.size()),
              state.visit_count(), state.cell_count(), static_cast<long long>(published), usage.ru_maxrss / 1024);
  std::string all = state.snapshot();
  for (const Cell& cell : state.all_cells()) encode_cell(cell, {.partition = true, .histograms = true}, &all);
  std::printf("digest %016llx\n", static_cast<unsigned long long>(XXH3_64bits(all.data(), all.size())));
}
