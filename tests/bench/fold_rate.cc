// How fast one partition number is folded, without Kafka: simulated events decoded, judged and applied, with a publication
// now and then. The digest at the end tells two builds that fold differently apart.
//   fold_rate [EVENTS=300000] [EVENTS_PER_SECOND=17] [PUBLISH_EVERY=20000] [DISTURBED_PER_MILLION=0]
//   fold_rate publish [OPEN_VISITS=125000] [EVENTS_PER_SECOND=100] [EVENTS=12000]   what a publication each 100 ms takes beside
//   visits that are open already, of outpatients over a hundred days; the digest is of all that was published
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <sys/resource.h>
#include <xxhash.h>

#include "aggregator/partition_state.h"
#include "base/heap.h"
#include "producer/simulator.h"
#include "tests/bench/cpu_time.h"
#include "tests/bench/percentile.h"

using namespace wardpulse;

namespace {

constexpr aggregator::TopicProgress kIdle{.idle = true};
constexpr aggregator::Progress kAllIdle{kIdle, kIdle, kIdle, kIdle}; // so that a topic without records holds nothing up
const Time kStart = *parse_rfc3339("2026-01-01T00:00:00Z");

class Fold {
 public:
  Fold() : state_(definition_, 0) {}
  void apply(const producer::Message& message) {
    state_.apply({message.topic, next_[static_cast<std::size_t>(message.topic)]++, message.event_time, message.key, message.value, false}, &rejected_);
  }
  void open_visit(std::int64_t number, Time time) {
    const std::string n = std::to_string(number);
    apply({.topic = Topic::kCheckins, .event_time = time, .key = "p", .value = R"({"event_id":"open-)" + n + R"(","event_type":"checkin","event_time":")" + format_rfc3339(time) +
           R"(","patient_id":"open-)" + n + R"(","visit_id":"open-)" + n + R"(","department":"Cardiology","visit_type":"Outpatient"})"});
  }
  double publish() { // milliseconds
    const double began = cpu_seconds();
    state_.publish(kAllIdle, {[&](const Cell& cell) { encode_cell(cell, {.histograms = true}, &published_); }, [](const std::string&) {}});
    const double took = (cpu_seconds() - began) * 1e3;
    digest_ = XXH3_64bits_withSeed(published_.data(), published_.size(), digest_);
    published_.clear();
    return took;
  }
  XXH64_hash_t digest() const { return digest_; }

 private:
  const aggregator::Definition definition_;
  aggregator::PartitionState state_;
  std::array<std::int64_t, kTopicCount> next_{};
  std::vector<aggregator::RejectedRecord> rejected_;
  std::string published_;
  XXH64_hash_t digest_ = 0;
};

void publications(std::int64_t open_visits, std::int64_t events_per_second, std::int64_t events) {
  constexpr Duration kInterval{100};
  Fold fold;
  for (std::int64_t i = 0; i < open_visits; ++i) fold.open_visit(i, kStart - Duration{std::chrono::days{100}} * (open_visits - i) / open_visits);
  producer::SimulatorOptions options;
  options.hospital.start = kStart;
  options.hospital.events_per_1000s = events_per_second * 1000;
  options.events = events;
  producer::Simulator simulator(options);
  const double first = fold.publish();
  std::vector<double> took;
  Time due = kStart + kInterval;
  double applying = 0;
  while (const auto outgoing = simulator.next()) {
    for (; due <= outgoing->message.event_time; due += kInterval) took.push_back(fold.publish());
    const double began = cpu_seconds();
    fold.apply(outgoing->message);
    applying += cpu_seconds() - began;
  }
  std::sort(took.begin(), took.end());
  double all = 0;
  for (const double one : took) all += one;
  std::printf("beside %lld open visits: the first publication %.1f ms of CPU; each of %zu others, encoding included, %.2f ms on average, p50 %.2f, p99 %.2f, "
              "at most %.1f; an event %.0f ns\ndigest %016llx\n",
              static_cast<long long>(open_visits), first, took.size(), all / static_cast<double>(took.size()), bench::percentile(took, 0.5),
              bench::percentile(took, 0.99), took.back(), applying * 1e9 / static_cast<double>(events), static_cast<unsigned long long>(fold.digest()));
}

} // namespace

int main(int argc, char** argv) {
  set_up_heap();
  const auto argument = [&](int place, std::int64_t otherwise) { return argc > place ? std::atoll(argv[place]) : otherwise; };
  if (argc > 1 && std::string_view(argv[1]) == "publish") {
    publications(argument(2, 125'000), argument(3, 100), argument(4, 12'000));
    return 0;
  }
  const std::int64_t events = argument(1, 300'000), publish_every = argument(3, 20'000);
  producer::SimulatorOptions options;
  options.hospital.start = kStart;
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
