// LogLookup on Kafka: by the index that the newest checkpoints carry, and by reading on from there.
#pragma once

#include <vector>

#include "aggregator/definition.h"
#include "consumer/replay/planner.h"
#include "consumer/replay/site.h"
#include "proto/codec.h"

namespace wardpulse::consumer {

class KafkaLookup : public LogLookup {
 public:
  // `known`: checkpoints of some generation, for their index; the log itself decides.
  KafkaLookup(Site& site, const TopicNames& names, const aggregator::Definition& definition, const LogViews& logs,
              const std::vector<std::optional<Manifest>>& known);

  Result<Found> by_event_time(Time time) override;
  Result<Found> by_log_time(Time time) override;
  Result<Time> event_time_before(const std::vector<TopicOffsets>& offsets) override;

 private:
  // The event time that moves stream time; kNever when the record does not.
  Time moves_to(int topic, const kafka::Record& record);
  int topic_of(std::string_view name) const;
  std::int64_t index_start(int topic, std::size_t partition, Time time) const;

  Site& site_;
  const TopicNames& names_;
  const aggregator::Definition& definition_;
  const LogViews& logs_;
  const std::vector<std::optional<Manifest>>& known_;
  Decoder decoder_;
};

} // namespace wardpulse::consumer
