#include "consumer/replay/take_over.h"

#include <map>
#include <memory>
#include <optional>

#include "base/stop_signal.h"
#include "consumer/kafka_ports.h"
#include "consumer/replay/topic_reader.h"

namespace wardpulse::consumer {
namespace {

constexpr std::size_t kMostInFlight = 20'000;
constexpr Duration kPumpWait = std::chrono::milliseconds{10};

using Cells = std::map<std::string, std::string>; // by key

Result<std::int32_t> partitions_of(const Site& site, const std::string& topic) {
  const auto at = site.topics.find(topic);
  if (at == site.topics.end()) return fail("there is no topic " + topic);
  return at->second;
}

// One partition's cells of windows that are not `own`. The newest version of each counts, as for every reader.
Result<Cells> older_cells(Site& site, const std::string& topic, std::int32_t partition, const OwnWindows& own) {
  Cells cells;
  std::map<std::string, std::int64_t> versions;
  const auto read = read_to_ends(site.client, site.admin, {{topic, partition, kafka::Consumer::kBeginning}}, [&](const auto& record) {
    if (own.has(record.key())) return Reading::kGoOn;
    std::string key(record.key());
    if (!record.has_value()) {
      cells.erase(key);
      versions.erase(key);
      return Reading::kGoOn;
    }
    const auto cell = decode_cell(record.value());
    if (!cell) return Reading::kGoOn; // every reader passes it over
    auto& version = versions[key];
    if (cell->version < version) return Reading::kGoOn;
    version = cell->version;
    cells.insert_or_assign(std::move(key), std::string(record.value()));
    return Reading::kGoOn;
  });
  if (!read) return tl::unexpected(read.error());
  return cells;
}

class Writer {
 public:
  Writer(KafkaOutbox& outbox, std::string topic) : outbox_(outbox), topic_(std::move(topic)) {}

  // What stood there may have a higher version, which readers would prefer: it is removed first.
  void replace(std::int32_t partition, const Cells& there, const Cells& wanted) {
    for (const auto& [key, value] : there) {
      const auto at = wanted.find(key);
      if (at == wanted.end() || at->second != value) send(partition, key, nullptr);
    }
    for (const auto& [key, value] : wanted) {
      const auto at = there.find(key);
      if (at == there.end() || at->second != value) send(partition, key, &value);
    }
  }

  Result<void> finish() {
    while (outbox_.in_flight() > 0 && !stop_requested()) outbox_.pump(kPumpWait);
    if (stop_requested()) return fail("stopped");
    if (*failed_) return tl::unexpected(**failed_);
    return {};
  }

 private:
  void send(std::int32_t partition, const std::string& key, const std::string* value) {
    kafka::ProducerRecord record;
    record.topic = topic_;
    record.partition = partition;
    record.key = key;
    record.tombstone = value == nullptr;
    if (value != nullptr) record.value = *value;
    while (outbox_.in_flight() > kMostInFlight && !stop_requested()) outbox_.pump(kPumpWait);
    outbox_.send(record, [failed = failed_](const Result<kafka::Delivery>& done) {
      if (!done) *failed = done.error();
    });
  }

  KafkaOutbox& outbox_;
  const std::string topic_;
  std::shared_ptr<std::optional<Error>> failed_ = std::make_shared<std::optional<Error>>();
};

} // namespace

Result<OlderCells> look_at_older_cells(Site& site, const std::string& generation, const OwnWindows& own) {
  const auto topic = TopicNames::of(site.prefix, generation).aggregates;
  const auto partitions = partitions_of(site, topic);
  if (!partitions) return tl::unexpected(partitions.error());
  OlderCells older;
  for (std::int32_t p = 0; p < *partitions; ++p) {
    const auto cells = older_cells(site, topic, p, own);
    if (!cells) return tl::unexpected(cells.error());
    older.records += static_cast<std::int64_t>(cells->size());
    for (const auto& [key, json] : *cells) older.not_final += decode_cell(json)->status != CellStatus::kFinal ? 1 : 0;
  }
  return older;
}

Result<void> take_over_older_cells(Site& site, const std::string& from, const std::string& to, const OwnWindows& own) {
  const auto source = TopicNames::of(site.prefix, from).aggregates, target = TopicNames::of(site.prefix, to).aggregates;
  const auto partitions = partitions_of(site, source);
  if (!partitions) return tl::unexpected(partitions.error());
  auto outbox = KafkaOutbox::connect(site.client);
  if (!outbox) return tl::unexpected(outbox.error());
  Writer writer(**outbox, target);
  for (std::int32_t p = 0; p < *partitions; ++p) {
    const auto wanted = older_cells(site, source, p, own), there = older_cells(site, target, p, own);
    if (!wanted) return tl::unexpected(wanted.error());
    if (!there) return tl::unexpected(there.error());
    writer.replace(p, *there, *wanted);
  }
  return writer.finish();
}

} // namespace wardpulse::consumer
