#include "web/cell_loader.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

namespace wardpulse::web {
namespace {

using std::chrono::seconds, std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr Duration kAskTimeout = seconds{3};
constexpr Duration kPollTimeout = milliseconds{50};
constexpr Duration kStallTimeout = seconds{30};
constexpr std::int32_t kMostThreads = 4;
// Of records, for each thread: more than it reads in a second, after which librdkafka fills a queue that was full.
constexpr int kWaitingMib = 112;

// One thread's partitions, and what it made of them.
class Share {
 public:
  Share(const std::string& topic, CellSink& sink, const std::atomic<bool>* stop, std::atomic<bool>& has_failed)
      : topic_(topic), sink_(sink), stop_(stop), has_failed_(has_failed) {
    cells->start_loading();
  }

  void add(std::int32_t partition, const kafka::Watermarks& marks) {
    next.push_back({topic_, partition, marks.low});
    if (marks.high > marks.low) ends_[partition] = marks.high;
  }

  void load(const kafka::ClientOptions& client) {
    outcome = read(client);
    if (!outcome) has_failed_ = true;
  }

  std::unique_ptr<CellStore> cells = std::make_unique<CellStore>();
  ApplyCounts records{};
  std::vector<kafka::TopicPartition> next;
  Result<void> outcome;

 private:
  bool is_over() const { return has_failed_ || (stop_ != nullptr && *stop_); }

  Result<void> read(const kafka::ClientOptions& client) {
    auto consumer = kafka::Consumer::read(client, next);
    if (!consumer) return tl::unexpected(consumer.error());
    return read_to_ends(*consumer);
  }

  Result<void> read_to_ends(kafka::Consumer& consumer) {
    using Kind = kafka::PollResult::Kind;
    auto progress_at = Steady::now();
    while (!ends_.empty()) {
      if (is_over()) return fail("the reading of " + topic_ + " was given up");
      auto polled = consumer.poll(kPollTimeout);
      if (!polled) {
        if (!polled.error().retriable || polled.error().fatal) return tl::unexpected(polled.error());
        in_trouble_ = true;
        sink_.trouble(polled.error().text());
      } else if (polled->kind != Kind::kTimeout) {
        if (std::exchange(in_trouble_, false)) sink_.trouble(std::nullopt);
        if (polled->kind == Kind::kRecord) take(polled->record);
        else reached(polled->at.partition, polled->at.offset);
        if (stop_ == nullptr) progress_at = Steady::now();
      } else if (stop_ == nullptr && Steady::now() - progress_at > kStallTimeout) { // only what is to come to an end can stall
        return fail("nothing came from " + topic_ + " for 30 s, and its end is not reached", "is the broker well?");
      }
    }
    return {};
  }

  void take(const kafka::Record& record) {
    const auto value = record.has_value() ? std::optional(record.value()) : std::nullopt;
    if (auto update = read_update(record.key(), record.partition(), value)) {
      ++records[static_cast<std::size_t>(cells->apply(std::move(*update)))];
    } else {
      sink_.malformed_record();
    }
    reached(record.partition(), record.offset() + 1);
  }

  void reached(std::int32_t partition, std::int64_t offset) {
    const auto position = std::find_if(next.begin(), next.end(), [&](const auto& of) { return of.partition == partition; });
    position->offset = offset;
    const auto end = ends_.find(partition);
    if (end != ends_.end() && offset >= end->second) ends_.erase(end);
  }

  const std::string& topic_;
  CellSink& sink_;
  const std::atomic<bool>* const stop_;
  std::atomic<bool>& has_failed_;
  std::map<std::int32_t, std::int64_t> ends_; // those not reached yet
  bool in_trouble_ = false;
};

} // namespace

Result<LoadedCells> load_cells(const kafka::ClientOptions& client, kafka::Admin& admin, const std::string& topic, std::int32_t partitions,
                               CellSink& sink, const std::atomic<bool>* stop) {
  const auto options = kafka::reading_much(client, kWaitingMib);
  std::atomic<bool> has_failed = false;
  const auto cores = static_cast<std::int32_t>(std::thread::hardware_concurrency());
  std::vector<std::unique_ptr<Share>> shares;
  for (std::int32_t i = 0; i < std::min(partitions, std::clamp(cores, 1, kMostThreads)); ++i) {
    shares.push_back(std::make_unique<Share>(topic, sink, stop, has_failed));
  }
  for (std::int32_t p = 0; p < partitions; ++p) {
    const auto marks = admin.watermarks(topic, p, kAskTimeout);
    if (!marks) return tl::unexpected(marks.error());
    shares[static_cast<std::size_t>(p) % shares.size()]->add(p, *marks);
  }
  {
    std::vector<std::jthread> threads;
    for (auto& share : shares) threads.emplace_back([&share, &options] { share->load(options); });
  }
  LoadedCells loaded{.cells = std::move(shares.front()->cells)};
  for (auto& share : shares) {
    if (!share->outcome) return tl::unexpected(share->outcome.error());
    if (share->cells) loaded.cells->join(std::move(*share->cells));
    for (std::size_t i = 0; i < loaded.records.size(); ++i) loaded.records[i] += share->records[i];
    loaded.next.insert(loaded.next.end(), share->next.begin(), share->next.end());
  }
  loaded.cells->start_expiring();
  loaded.cells->take_changes(); // what expired was never shown
  return loaded;
}

} // namespace wardpulse::web
