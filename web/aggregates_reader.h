// Reads a generation's cells from Kafka, from the start of the topic on, and follows the control topic, which says
// which generation that is.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kafka/client.h"
#include "web/cell_store.h"

namespace wardpulse::web {

inline constexpr std::string_view kLiveGeneration = "live";

// Called in this order: started, loaded, batch...; started again when another generation is promoted, or when the topic has to
// be read anew. From one thread at a time, but for malformed_record and trouble before loaded.
class CellSink {
 public:
  virtual ~CellSink() = default;
  virtual void started(const std::string& generation) = 0;
  // All that the partitions held at the start, and how many records were taken how.
  virtual void loaded(std::unique_ptr<CellStore> cells, const ApplyCounts& records) = 0;
  virtual void batch(std::vector<CellUpdate> updates) = 0; // may block: that is the back-pressure
  virtual void malformed_record() = 0;
  virtual void trouble(std::optional<std::string> what) = 0; // nullopt: over
};

struct ReaderOptions {
  kafka::ClientOptions client;
  std::string topic_prefix;
  std::optional<std::string> generation; // nullopt: the one that the control topic names, else live
};

class AggregatesReader {
 public:
  AggregatesReader(ReaderOptions options, CellSink& sink);

  // Reads until `stop`; waits for a topic that does not exist yet, and starts anew after whatever cannot be mended.
  void run(const std::atomic<bool>& stop);
  // Reads what there is and returns. A topic that does not exist is an error.
  Result<void> read_to_end();

 private:
  struct Attempt; // one consumer, from where loading ended
  // A record of the control topic, or the lack of one.
  struct Control {
    std::string generation;
    Time time = kNever;
  };

  struct Loaded {
    Control control;                         // in force
    std::vector<kafka::TopicPartition> next; // where to go on
  };

  Result<Control> generation_in_force(kafka::Admin& admin);
  Result<void> read(const std::atomic<bool>* stop);
  Result<Loaded> load(const std::atomic<bool>* stop);
  Result<void> follow(Attempt* attempt, const std::atomic<bool>& stop);

  const ReaderOptions options_;
  CellSink& sink_;
};

std::string aggregates_topic(std::string_view prefix, std::string_view generation);
// The generation that a record of the control topic names; nullopt when it does not read.
std::optional<std::string> generation_in_record(std::string_view json);

} // namespace wardpulse::web
