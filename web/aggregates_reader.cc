#include "web/aggregates_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "base/heap.h"
#include "base/log.h"
#include "proto/control_keys.h"
#include "web/cell_loader.h"

namespace wardpulse::web {
namespace {

using std::chrono::seconds, std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr Duration kAskTimeout = seconds{3};
constexpr Duration kPollTimeout = milliseconds{50};
constexpr Duration kRetryPause = milliseconds{500};
constexpr std::size_t kBatchSize = 2048;
constexpr Duration kBatchDelay = milliseconds{5}; // what is published together comes within it

void pause(const std::atomic<bool>& stop) {
  const auto until = Steady::now() + kRetryPause;
  while (!stop && Steady::now() < until) std::this_thread::sleep_for(milliseconds{20});
}

std::vector<kafka::TopicPartition> whole_topic(const std::string& topic, std::int32_t partitions) {
  std::vector<kafka::TopicPartition> positions;
  for (std::int32_t p = 0; p < partitions; ++p) positions.push_back({topic, p, kafka::Consumer::kBeginning});
  return positions;
}

// The topic also has records of other keys: what the processes say of themselves.
bool names_generation(const kafka::Record& record) { return record.key() == kControlKey && record.has_value(); }

} // namespace

std::string aggregates_topic(std::string_view prefix, std::string_view generation) {
  std::string topic(prefix);
  if (generation != kLiveGeneration) topic.append(".").append(generation);
  return topic + ".aggregates";
}

std::optional<std::string> generation_in_record(std::string_view json) {
  simdjson::dom::parser parser;
  std::string_view generation;
  if (parser.parse(json.data(), json.size())["generation"].get(generation) != simdjson::SUCCESS || generation.empty()) {
    return std::nullopt;
  }
  return std::string(generation);
}

// Everything that one following of a topic knows.
struct AggregatesReader::Attempt {
  kafka::Consumer consumer;
  std::string control_topic;
  Control control; // in force when the reading began
  std::vector<CellUpdate> updates;
  Steady::time_point first_at; // when the first of `updates` came
  bool in_trouble = false;
  std::optional<std::string> promoted; // another generation is to be served

  // How long to wait for one more record.
  Duration patience() const {
    if (updates.empty()) return kPollTimeout;
    return std::max(Duration{0}, std::chrono::ceil<Duration>(first_at + kBatchDelay - Steady::now()));
  }
  bool is_batch_due() const { return updates.size() >= kBatchSize || patience() == Duration{0}; }

  void flush(CellSink& sink) {
    if (updates.empty()) return;
    sink.batch(std::exchange(updates, {}));
  }

  void take(const kafka::Record& record, CellSink& sink) {
    if (record.topic() == control_topic) {
      const auto named = names_generation(record) ? generation_in_record(record.value()) : std::nullopt;
      if (named && *named != control.generation && record.timestamp() >= control.time) promoted = named;
      return;
    }
    if (updates.empty()) first_at = Steady::now();
    const auto value = record.has_value() ? std::optional(record.value()) : std::nullopt;
    if (auto update = read_update(record.key(), record.partition(), value)) updates.push_back(std::move(*update));
    else sink.malformed_record();
  }
};

AggregatesReader::AggregatesReader(ReaderOptions options, CellSink& sink) : options_(std::move(options)), sink_(sink) {}

// Reads the control topic to its end; the newest record that reads is in force.
Result<AggregatesReader::Control> AggregatesReader::generation_in_force(kafka::Admin& admin) {
  if (options_.generation) return Control{*options_.generation};
  Control in_force{std::string(kLiveGeneration)};
  const auto topic = options_.topic_prefix + ".control";
  const auto partitions = admin.partitions(topic, kAskTimeout);
  if (!partitions) return tl::unexpected(partitions.error());
  std::set<std::int32_t> unread;
  for (std::int32_t p = 0; p < *partitions; ++p) {
    const auto marks = admin.watermarks(topic, p, kAskTimeout);
    if (!marks) return tl::unexpected(marks.error());
    if (marks->high > marks->low) unread.insert(p);
  }
  if (unread.empty()) return in_force;
  auto consumer = kafka::Consumer::read(options_.client, whole_topic(topic, *partitions));
  if (!consumer) return tl::unexpected(consumer.error());
  const auto deadline = Steady::now() + kAskTimeout;
  while (!unread.empty()) {
    if (Steady::now() > deadline) return fail("the control topic could not be read to its end", "is the broker well?");
    auto polled = consumer->poll(kPollTimeout);
    if (!polled && !polled.error().retriable) return tl::unexpected(polled.error());
    if (!polled) continue;
    if (polled->kind == kafka::PollResult::Kind::kPartitionEnd) unread.erase(polled->at.partition);
    if (polled->kind != kafka::PollResult::Kind::kRecord || !names_generation(polled->record)) continue;
    const auto named = generation_in_record(polled->record.value());
    if (named && polled->record.timestamp() >= in_force.time) in_force = {*named, polled->record.timestamp()};
  }
  return in_force;
}

Result<void> AggregatesReader::read_to_end() { return read(nullptr); }

void AggregatesReader::run(const std::atomic<bool>& stop) {
  while (!stop) {
    const auto done = read(&stop);
    if (done || stop) continue;
    sink_.trouble(done.error().text());
    pause(stop);
  }
}

// Without `stop`: what there is. With it: until it is set, or another generation was promoted.
Result<void> AggregatesReader::read(const std::atomic<bool>* stop) {
  const auto loaded = load(stop);
  if (!loaded) return tl::unexpected(loaded.error());
  if (stop == nullptr) return {};
  auto consumer = kafka::Consumer::read(options_.client, loaded->next);
  if (!consumer) return tl::unexpected(consumer.error());
  Attempt attempt{.consumer = std::move(*consumer), .control_topic = options_.topic_prefix + ".control", .control = loaded->control};
  return follow(&attempt, *stop);
}

// Ends of topics are asked for on a connection of their own: on one that fetches, an answer waits behind those that wait for records.
Result<AggregatesReader::Loaded> AggregatesReader::load(const std::atomic<bool>* stop) {
  auto admin = kafka::Admin::connect(options_.client);
  if (!admin) return tl::unexpected(admin.error());
  const auto control = generation_in_force(*admin);
  if (!control) return tl::unexpected(control.error());
  const auto topic = aggregates_topic(options_.topic_prefix, control->generation);
  const auto partitions = admin->partitions(topic, kAskTimeout);
  if (!partitions) return tl::unexpected(partitions.error());
  if (*partitions == 0) return fail("there is no topic " + topic + " yet", "start wardpulse-consumer, which makes it");
  log_info("reading cells", {{"topic", topic}, {"partitions", static_cast<std::int64_t>(*partitions)}});
  sink_.started(control->generation);
  auto cells = load_cells(options_.client, *admin, topic, *partitions, sink_, stop);
  if (!cells) return tl::unexpected(cells.error());
  sink_.loaded(std::move(cells->cells), cells->records);
  give_back_memory(); // the records that waited are gone
  Loaded loaded{*control, std::move(cells->next)};
  if (!options_.generation) {
    const auto control_topic = options_.topic_prefix + ".control";
    const auto count = admin->partitions(control_topic, kAskTimeout);
    if (!count) return tl::unexpected(count.error());
    const auto followed = whole_topic(control_topic, *count);
    loaded.next.insert(loaded.next.end(), followed.begin(), followed.end());
  }
  return loaded;
}

Result<void> AggregatesReader::follow(Attempt* attempt, const std::atomic<bool>& stop) {
  using Kind = kafka::PollResult::Kind;
  while (!stop) {
    auto polled = attempt->consumer.poll(attempt->patience());
    if (!polled) {
      if (!polled.error().retriable || polled.error().fatal) return tl::unexpected(polled.error());
      attempt->in_trouble = true;
      sink_.trouble(polled.error().text());
      continue;
    }
    if (polled->kind == Kind::kRecord) attempt->take(polled->record, sink_);
    if (polled->kind != Kind::kRecord || attempt->is_batch_due()) attempt->flush(sink_);
    if (polled->kind != Kind::kTimeout && std::exchange(attempt->in_trouble, false)) sink_.trouble(std::nullopt);
    if (attempt->promoted) {
      log_info("another generation is served now", {{"generation", *attempt->promoted}});
      return {};
    }
  }
  return {};
}

} // namespace wardpulse::web
