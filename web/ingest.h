// POST /events and /events/bulk: judges records, hands them to Kafka, and answers when Kafka has acknowledged them.
// Judged is what the event's JSON Schema says: whether the record reads, and the rules about one value alone. Rules that
// compare values, lateness and the like are the consumer's, which counts them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/time_zone.h"
#include "kafka/client.h"
#include "proto/incoming.h"
#include "web/http_types.h"
#include "web/problem.h"
#include "web/router.h"

namespace wardpulse::web {

inline constexpr std::size_t kMaxBulkRecords = 5000;
// Records under way to Kafka; when there are as many, requests are sent away with 503 until some are acknowledged.
inline constexpr std::size_t kMaxRecordsUnderWay = 20'000;
// A record that Kafka did not acknowledge by then is given up, and the client is told to try again.
inline constexpr Duration kDeliveryTimeout = std::chrono::seconds{10};

struct IngestOptions {
  kafka::ClientOptions client;
  std::string topic_prefix;
  TimeZone zone = TimeZone::utc(); // of times without offset in short forms
};

class Ingest {
 public:
  explicit Ingest(IngestOptions options);
  ~Ingest(); // every answer that is due has been given when it returns
  Ingest(const Ingest&) = delete;
  Ingest& operator=(const Ingest&) = delete;

  // On the service's thread. `done` is called on it, or on this object's own.
  void one(Request request, ReplyLater done);
  void bulk(Request request, ReplyLater done);
  // A row of a compacted topic; nullopt: a tombstone. `on_failed` is called on some thread when it was not delivered.
  void put_row(const std::string& topic, const std::string& key, const std::optional<std::string>& value,
               std::function<void()> on_failed);
  // A record for one partition; `done` gets its offset, on some thread, or nothing when it was not delivered.
  void put_heartbeat(Topic topic, std::int32_t partition, const std::string& value, std::function<void(std::optional<std::int64_t>)> done);

 private:
  struct Batch;

  std::optional<Problem> refuse_request(const Request& request, bool is_bulk);
  void submit(std::shared_ptr<Batch> batch, const std::vector<std::string_view>& records);
  void send(const std::shared_ptr<Batch>& batch, std::size_t index, const Incoming& incoming, const std::shared_ptr<kafka::Producer>& producer);
  std::shared_ptr<kafka::Producer> producer();
  void make_topics();
  void run();

  const IngestOptions options_;
  IncomingReader reader_;
  std::atomic<std::size_t> under_way_ = 0;
  std::atomic<bool> is_stopping_ = false;
  std::mutex producer_mutex_;
  std::shared_ptr<kafka::Producer> producer_; // null: not connected yet, or it broke
  std::thread thread_;                        // runs deliveries
};

// The records of a body: the elements of a JSON array, or the lines of JSON lines. Each is judged by itself later; only
// an array that does not end as one is refused here.
std::optional<std::vector<std::string_view>> split_records(std::string_view body);

} // namespace wardpulse::web
