#include "kafka/topics.h"

namespace wardpulse::kafka {
namespace {

// Records of up to 2 MiB can be written, so that the consumer, not the broker, is who refuses what is over 1 MiB. The
// rejected topic holds such a record and its headers besides.
constexpr const char* kInputMaxBytes = "2097152";
constexpr const char* kRejectedMaxBytes = "4194304";
constexpr const char *kSmallSegment = "1048576", *kSegment = "4194304";

// What is read back at every start must not grow with time: small segments, cleaned early (the newest segment of a partition never
// is). Every broker's default is 1 GiB and half of the log. Each cleaning copies all that lives: not for a tenth. Most of what
// stands in checkpoints lives, as long as increments are needed: less often.
Settings compacted_early(const char* segment_bytes, const char* dirty_ratio) {
  return {{"cleanup.policy", "compact"}, {"segment.bytes", segment_bytes}, {"min.cleanable.dirty.ratio", dirty_ratio}};
}

// Nearly all records of aggregates are outlived by newer ones, and its partitions fill alike: ended by size, the segments of all
// would end at once, and the cleaner take a third of a core for a second, for which everybody beside it waits. So they end by time,
// each after another one. Where little is published the segments are tiny, and not dirty enough for long: the lag bounds their number.
Settings aggregates_settings() {
  Settings settings = compacted_early(kSegment, "0.4");
  settings.insert(settings.end(), {{"segment.ms", "15000"}, {"segment.jitter.ms", "10000"}, {"max.compaction.lag.ms", "600000"}});
  return settings;
}

std::string forever_or_ms(std::optional<Duration> retention) {
  return retention ? std::to_string(retention->count()) : "-1";
}

} // namespace

std::vector<NewTopic> wardpulse_topics(const std::string& prefix, const std::string& generation, std::int32_t partitions,
                                       std::optional<Duration> input_retention) {
  std::vector<NewTopic> topics;
  // What an event's time is held against is the broker's clock: a sender whose clock is wrong has its own time wrong alike.
  for (const char* name : {"checkins", "encounters", "billing", "workflow"}) {
    topics.push_back({prefix + "." + name, partitions,
                      {{"cleanup.policy", "delete"}, {"retention.ms", forever_or_ms(input_retention)},
                       {"max.message.bytes", kInputMaxBytes}, {"message.timestamp.type", "LogAppendTime"}}});
  }
  const std::string derived = generation == "live" ? prefix : prefix + "." + generation;
  topics.push_back({derived + ".aggregates", partitions, aggregates_settings()});
  topics.push_back({derived + ".checkpoints", partitions, compacted_early(kSegment, "0.6")});
  topics.push_back({prefix + ".control", partitions, compacted_early(kSmallSegment, "0.4")});
  topics.push_back({prefix + ".rejected", partitions,
                    {{"cleanup.policy", "compact,delete"}, {"max.message.bytes", kRejectedMaxBytes}}});
  for (const char* name : {"public", "marts.daily-kpis", "marts.department-stats", "marts.patient-stats"}) {
    topics.push_back({prefix + "." + name, partitions, {{"cleanup.policy", "compact"}}});
  }
  return topics;
}

} // namespace wardpulse::kafka
