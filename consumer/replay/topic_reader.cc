#include "consumer/replay/topic_reader.h"

#include <map>

#include "base/stop_signal.h"

namespace wardpulse::consumer {
namespace {

constexpr Duration kPollWait = std::chrono::milliseconds{50};

} // namespace

std::vector<kafka::TopicPartition> whole_topic(const std::string& topic, std::int32_t partitions) {
  std::vector<kafka::TopicPartition> positions;
  for (std::int32_t p = 0; p < partitions; ++p) positions.push_back({topic, p, kafka::Consumer::kBeginning});
  return positions;
}

Result<void> read_to_ends(const kafka::ClientOptions& client, kafka::Admin& admin,
                          std::vector<kafka::TopicPartition> positions,
                          const std::function<Reading(const kafka::Record&)>& take) {
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> ends;
  for (auto& position : positions) {
    const auto range = admin.watermarks(position.topic, position.partition, kReplayTimeout);
    if (!range) return tl::unexpected(range.error());
    position.offset = std::max(position.offset, range->low);
    if (position.offset < range->high) ends[{position.topic, position.partition}] = range->high;
  }
  std::erase_if(positions, [&](const auto& p) { return !ends.contains({p.topic, p.partition}); });
  if (positions.empty()) return {};
  auto consumer = kafka::Consumer::read(client, positions);
  if (!consumer) return tl::unexpected(consumer.error());
  auto heard_at = std::chrono::steady_clock::now();
  while (!ends.empty()) {
    if (stop_requested()) return fail("stopped");
    auto polled = consumer->poll(kPollWait);
    const auto now = std::chrono::steady_clock::now();
    if (!polled && !polled.error().retriable) return tl::unexpected(polled.error());
    if (!polled || polled->kind == kafka::PollResult::Kind::kTimeout) {
      if (now - heard_at > kReplayTimeout) {
        return fail("nothing came from " + ends.begin()->first.first + ", and its end is not reached",
                    "is the broker reachable?");
      }
      continue;
    }
    heard_at = now;
    const bool is_record = polled->kind == kafka::PollResult::Kind::kRecord;
    const std::pair<std::string, std::int32_t> at =
        is_record ? std::pair{std::string(polled->record.topic()), polled->record.partition()}
                  : std::pair{polled->at.topic, polled->at.partition};
    const auto end = ends.find(at);
    if (end == ends.end()) continue;
    const auto next = is_record ? polled->record.offset() + 1 : polled->at.offset;
    const bool enough = is_record && take(polled->record) == Reading::kEnough;
    if (next < end->second && !enough) continue;
    ends.erase(end);
    if (auto paused = consumer->pause({{at.first, at.second}}); !paused) return paused;
  }
  return {};
}

} // namespace wardpulse::consumer
