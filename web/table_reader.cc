#include "web/table_reader.h"

#include <chrono>
#include <set>
#include <thread>

#include "base/log.h"

namespace wardpulse::web {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;
using Steady = std::chrono::steady_clock;

constexpr Duration kAskTimeout = seconds{3};
constexpr Duration kPollTimeout = milliseconds{100};
constexpr auto kRetryPause = seconds{2};
constexpr std::size_t kBatchSize = 512;

void pause(const std::atomic<bool>& stop) {
  const auto until = Steady::now() + kRetryPause;
  while (!stop && Steady::now() < until) std::this_thread::sleep_for(milliseconds{20});
}

} // namespace

TableReader::TableReader(kafka::ClientOptions client, std::string topic, Callbacks callbacks)
    : client_(std::move(client)), topic_(std::move(topic)), callbacks_(std::move(callbacks)) {}

Result<std::int32_t> TableReader::partitions() {
  auto admin = kafka::Admin::connect(client_);
  if (!admin) return tl::unexpected(admin.error());
  return admin->partitions(topic_, kAskTimeout);
}

void TableReader::run(const std::atomic<bool>& stop) {
  while (!stop) {
    const auto count = partitions();
    if (count && *count > 0) {
      if (const auto done = follow(*count, stop); !done) log_debug("a table is read anew", {{"topic", topic_}, {"why", done.error().text()}});
    } else if (count) {
      callbacks_.on_started();
      callbacks_.on_end();
    }
    if (!stop) pause(stop);
  }
}

Result<void> TableReader::follow(std::int32_t partitions, const std::atomic<bool>& stop) {
  using Kind = kafka::PollResult::Kind;
  std::vector<kafka::TopicPartition> positions;
  std::set<std::int32_t> unread;
  for (std::int32_t p = 0; p < partitions; ++p) {
    positions.push_back({topic_, p, kafka::Consumer::kBeginning});
    unread.insert(p);
  }
  auto consumer = kafka::Consumer::read(client_, positions);
  if (!consumer) return tl::unexpected(consumer.error());
  callbacks_.on_started();
  std::vector<TableRow> rows;
  bool was_at_end = false;
  while (!stop) {
    auto polled = consumer->poll(kPollTimeout);
    if (!polled && (!polled.error().retriable || polled.error().fatal)) return tl::unexpected(polled.error());
    if (!polled) continue;
    if (polled->kind == Kind::kRecord) {
      const auto& record = polled->record;
      rows.push_back({std::string(record.key()), record.has_value() ? std::optional(std::string(record.value())) : std::nullopt});
    }
    if (polled->kind == Kind::kPartitionEnd) unread.erase(polled->at.partition);
    if (!rows.empty() && (polled->kind != Kind::kRecord || rows.size() >= kBatchSize)) callbacks_.on_rows(std::exchange(rows, {}));
    if (unread.empty() && !std::exchange(was_at_end, true)) callbacks_.on_end();
  }
  return {};
}

} // namespace wardpulse::web
