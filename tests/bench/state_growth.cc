// What an event costs as the work grows, without Kafka: so many visits are open, and patients go on, one after the other.
//   state_growth VISITS DEPARTMENTS PARTITIONS EVENTS CHECKPOINT_RECORDS
// Each event costs fold_ns, and its share of a publication of each partition every 20,000 events, and of a checkpoint of a partition
// every CHECKPOINT_RECORDS of its records, or when it has changed as many entries as make one before its time. Prints processor times
// an event, and what checkpoints write an event before compression.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "aggregator/partition_state.h"
#include "base/heap.h"
#include "tests/bench/cpu_time.h"
#include "tests/bench/patients.h"
#include "tests/bench/resident.h"

using namespace wardpulse;

namespace {

using bench::Patients, bench::Sent;

constexpr std::int64_t kPublishEvery = 20'000, kBatch = 1'000;
constexpr std::size_t kCheckpointEntries = 10'000; // the consumer's
constexpr Duration kOpening = std::chrono::minutes{80}, kBetweenEvents{10};

// The partitions of one process. Costs are processor times since start_measuring().
class Fold {
 public:
  Fold(int partitions, std::int64_t checkpoint_records) : checkpoint_records_(checkpoint_records) {
    for (std::int32_t p = 0; p < partitions; ++p) all_.emplace_back(definition_, p);
  }
  // A fetch gives its records partition by partition.
  void apply(std::vector<Sent> batch) {
    std::stable_sort(batch.begin(), batch.end(), [this](const Sent& a, const Sent& b) { return number_of(a.patient) < number_of(b.patient); });
    const double began = cpu_seconds();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      for (std::size_t step = 0; step < aggregator::kPrefetchSteps; ++step) { // as the consumer does
        const auto ahead = i + aggregator::kPrefetchDistance * (aggregator::kPrefetchSteps - step);
        if (ahead < batch.size()) of(batch[ahead].patient).state.prefetch(batch[ahead].key, static_cast<int>(step));
      }
      const Sent& sent = batch[i];
      Owned& owned = of(sent.patient);
      owned.state.apply({sent.topic, owned.next[static_cast<std::size_t>(sent.topic)]++, sent.time, sent.key, sent.value, false}, &rejected_);
      ++owned.unsaved;
    }
    const double folded = cpu_seconds();
    applied_ += static_cast<std::int64_t>(batch.size());
    if (applied_ % kPublishEvery == 0) publish();
    const double published = cpu_seconds();
    for (Owned& owned : all_) {
      if (owned.unsaved >= checkpoint_records_ || owned.state.changed_entries() >= kCheckpointEntries) checkpoint(owned);
    }
    fold_s_ += folded - began;
    publish_s_ += published - folded;
    checkpoint_s_ += cpu_seconds() - published;
  }
  // All is published and saved, as if it had been so for long; partitions have their next checkpoints at different times.
  void start_measuring() {
    publish();
    for (std::size_t p = 0; p < all_.size(); ++p) {
      for (int slice = 0; slice < aggregator::kSliceCount; ++slice) checkpoint(all_[p]);
      all_[p].unsaved = static_cast<std::int64_t>(p) * checkpoint_records_ / std::ssize(all_);
    }
    fold_s_ = publish_s_ = checkpoint_s_ = 0;
    applied_ = written_ = 0;
  }
  void print() const {
    const auto ns = [&](double s) { return s * 1e9 / static_cast<double>(applied_); };
    std::printf("fold_ns=%.0f publish_ns=%.0f checkpoint_ns=%.0f checkpoint_bytes=%.0f rejected=%zu\n", ns(fold_s_), ns(publish_s_), ns(checkpoint_s_),
                static_cast<double>(written_) / static_cast<double>(applied_), rejected_.size());
  }

 private:
  struct Owned {
    Owned(const aggregator::Definition& definition, std::int32_t partition) : state(definition, partition) {}
    aggregator::PartitionState state;
    std::array<std::int64_t, kTopicCount> next{};
    std::int64_t unsaved = 0;
    int slice = 0;
  };
  std::size_t number_of(std::int64_t patient) const { return static_cast<std::size_t>(patient) % all_.size(); }
  Owned& of(std::int64_t patient) { return all_[number_of(patient)]; }
  void publish() {
    for (Owned& owned : all_) {
      owned.state.publish({}, {[](const Cell&) {}, [](const std::string&) {}});
      owned.state.publish_rows(owned.state.changed_rows(), [](const Cell&) {});
    }
  }
  void checkpoint(Owned& owned) {
    owned.state.write_increment(owned.slice++ % aggregator::kSliceCount,
                                [&](const aggregator::Entry& entry) { written_ += static_cast<std::int64_t>(entry.key.size() + entry.value.size()); });
    owned.unsaved = 0;
  }

  const aggregator::Definition definition_;
  const std::int64_t checkpoint_records_;
  std::vector<Owned> all_;
  std::vector<aggregator::RejectedRecord> rejected_;
  std::int64_t applied_ = 0, written_ = 0;
  double fold_s_ = 0, publish_s_ = 0, checkpoint_s_ = 0;
};

} // namespace

int main(int argc, char** argv) {
  set_up_heap();
  if (argc != 6) {
    std::fprintf(stderr, "usage: state_growth VISITS DEPARTMENTS PARTITIONS EVENTS CHECKPOINT_RECORDS\n");
    return 2;
  }
  const std::int64_t visits = std::atoll(argv[1]), events = std::atoll(argv[4]);
  Patients patients(visits, std::atoi(argv[2]));
  Fold fold(std::atoi(argv[3]), std::atoll(argv[5]));
  const Time start = *parse_rfc3339("2026-01-01T00:00:00Z");
  std::vector<Sent> batch;
  for (std::int64_t i = 0; i < visits; ++i) {
    batch.push_back(patients.open(i, start + kOpening * i / visits));
    if (batch.size() < kBatch && i + 1 < visits) continue;
    fold.apply(batch);
    batch.clear();
  }
  fold.start_measuring();
  const double resident = bench::resident_megabytes();
  for (std::int64_t done = 0; done < events; done += kBatch) {
    batch.clear();
    for (std::int64_t i = done; i < done + kBatch; ++i) batch.push_back(patients.next(start + kOpening + i * kBetweenEvents));
    fold.apply(batch);
  }
  std::printf("resident_mb=%.1f ", resident);
  fold.print();
}
