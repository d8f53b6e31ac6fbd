// The steps of an event and of a cell, one by one, with google-benchmark: ./wardpulse bench micro [its options].
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "aggregator/partition_state.h"
#include "base/check.h"
#include "producer/simulator.h"
#include "proto/codec.h"
#include "proto/rules.h"
#include "tests/proto/sample_cells.h"

using namespace wardpulse;

namespace {

const std::vector<producer::Message>& simulated_log() {
  static const std::vector<producer::Message> log = [] {
    producer::SimulatorOptions options;
    options.hospital = {.seed = 1, .start = *parse_rfc3339("2026-01-01T00:00:00Z"), .events_per_1000s = 17'000, .houses = 3};
    options.events = 50'000;
    producer::Simulator simulator(options);
    std::vector<producer::Message> all;
    while (auto outgoing = simulator.next()) all.push_back(std::move(outgoing->message));
    return all;
  }();
  return log;
}

// One of it, as long as the decoder reads no other.
const Event& simulated_event(Decoder* decoder) {
  const producer::Message& message = simulated_log().back();
  const auto event = decoder->decode(message.topic, message.value);
  WP_CHECK(event.has_value());
  return **event;
}

void decode_event(benchmark::State& state) {
  const auto& log = simulated_log();
  Decoder decoder;
  std::int64_t bytes = 0;
  for (std::size_t i = 0; auto _ : state) {
    const producer::Message& message = log[i++ % log.size()];
    benchmark::DoNotOptimize(decoder.decode(message.topic, message.value));
    bytes += std::ssize(message.value);
  }
  state.SetBytesProcessed(bytes);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decode_event);

void judge_event(benchmark::State& state) {
  Decoder decoder;
  const Event& event = simulated_event(&decoder);
  for (auto _ : state) benchmark::DoNotOptimize(rules_broken(event, RuleBounds{}));
}
BENCHMARK(judge_event);

void encode_event_(benchmark::State& state) {
  Decoder decoder;
  const Event& event = simulated_event(&decoder);
  std::string out;
  for (auto _ : state) {
    out.clear();
    encode_event(event, &out);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(encode_event_)->Name("encode_event");

// Decoding among it; a whole log, so that the time of an item is that of an average event.
void apply_log(benchmark::State& state) {
  const auto& log = simulated_log();
  const aggregator::Definition definition;
  for (auto _ : state) {
    std::vector<aggregator::RejectedRecord> rejected;
    aggregator::PartitionState folded(definition, 0);
    std::array<std::int64_t, kTopicCount> next{};
    for (const producer::Message& message : log) {
      folded.apply({message.topic, next[static_cast<std::size_t>(message.topic)]++, message.event_time, message.key, message.value, false}, &rejected);
    }
  }
  state.SetItemsProcessed(state.iterations() * std::ssize(log));
}
BENCHMARK(apply_log)->Unit(benchmark::kMillisecond);

// Of so many partitions each.
std::vector<Cell> cells_of(const char* family, int partitions) {
  test::Random random(5);
  std::vector<Cell> cells;
  for (std::int32_t p = 0; p < partitions; ++p) cells.push_back(test::random_cell(*find_family(family), p, random));
  return cells;
}

void merge_cells(benchmark::State& state, const char* family) {
  const std::vector<Cell> cells = cells_of(family, 8);
  std::vector<const Cell*> pointers;
  for (const Cell& cell : cells) pointers.push_back(&cell);
  for (auto _ : state) benchmark::DoNotOptimize(merge_partitions(pointers));
  state.SetItemsProcessed(state.iterations() * std::ssize(cells));
}
BENCHMARK_CAPTURE(merge_cells, department, "department");
BENCHMARK_CAPTURE(merge_cells, funnel, "funnel");

void encode_cell_(benchmark::State& state, const char* family) {
  const Cell cell = cells_of(family, 1).front();
  std::string out;
  for (auto _ : state) {
    out.clear();
    encode_cell(cell, {.partition = true, .histograms = true}, &out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * std::ssize(out));
}
BENCHMARK_CAPTURE(encode_cell_, department, "department")->Name("encode_cell/department");
BENCHMARK_CAPTURE(encode_cell_, funnel, "funnel")->Name("encode_cell/funnel");

void decode_cell_(benchmark::State& state, const char* family) {
  const std::string text = test::topic_form(cells_of(family, 1).front());
  for (auto _ : state) benchmark::DoNotOptimize(decode_cell(text));
  state.SetBytesProcessed(state.iterations() * std::ssize(text));
}
BENCHMARK_CAPTURE(decode_cell_, department, "department")->Name("decode_cell/department");
BENCHMARK_CAPTURE(decode_cell_, funnel, "funnel")->Name("decode_cell/funnel");

} // namespace

BENCHMARK_MAIN();
