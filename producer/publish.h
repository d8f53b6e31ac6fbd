// Runs a feed into Kafka: makes the topics, paces, sends, shows progress, ends in good order.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "kafka/client.h"
#include "producer/feed.h"
#include "producer/pacer.h"
#include "producer/sender.h"

namespace wardpulse::producer {

struct TargetOptions {
  kafka::ClientOptions client;
  std::string topic_prefix;
  std::int32_t partitions = 8;             // of topics that are made here
  std::optional<Duration> input_retention; // likewise; none: for ever
  std::string metrics_listen;
  bool metrics_listen_chosen = false;      // a port that is taken is then an error, else another one is used
};

// Asked to stop (SIGTERM, SIGINT), it lets the feed end and still delivers what was sent. Error: it could not go on;
// records that were given up are in the counts.
Result<SenderCounts> publish(Feed* feed, const TargetOptions& target, const PacerOptions& pace, const std::string& what);

// Creates the topics that are missing, and nothing else.
Result<void> make_topics(const TargetOptions& target);

// The time of this machine's clock.
Time wall_now();

} // namespace wardpulse::producer
