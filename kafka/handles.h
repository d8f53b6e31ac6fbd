// Owning handles for librdkafka's C objects. For the sources of this folder only.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>

#include <librdkafka/rdkafka.h>

#include "base/time.h"

namespace wardpulse::kafka {

template <auto kDestroy>
struct Destroy {
  template <class T>
  void operator()(T* object) const {
    kDestroy(object);
  }
};

using ClientHandle = std::unique_ptr<rd_kafka_t, Destroy<rd_kafka_destroy>>;
using ConfHandle = std::unique_ptr<rd_kafka_conf_t, Destroy<rd_kafka_conf_destroy>>;
using ErrorHandle = std::unique_ptr<rd_kafka_error_t, Destroy<rd_kafka_error_destroy>>;
using EventHandle = std::unique_ptr<rd_kafka_event_t, Destroy<rd_kafka_event_destroy>>;
using MetadataHandle = std::unique_ptr<const rd_kafka_metadata_t, Destroy<rd_kafka_metadata_destroy>>;
using NewTopicHandle = std::unique_ptr<rd_kafka_NewTopic_t, Destroy<rd_kafka_NewTopic_destroy>>;
using DeleteTopicHandle = std::unique_ptr<rd_kafka_DeleteTopic_t, Destroy<rd_kafka_DeleteTopic_destroy>>;
using AdminOptionsHandle = std::unique_ptr<rd_kafka_AdminOptions_t, Destroy<rd_kafka_AdminOptions_destroy>>;
using PartitionListHandle =
    std::unique_ptr<rd_kafka_topic_partition_list_t, Destroy<rd_kafka_topic_partition_list_destroy>>;
using QueueHandle = std::unique_ptr<rd_kafka_queue_t, Destroy<rd_kafka_queue_destroy>>;
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, Destroy<rd_kafka_topic_destroy>>;
using TopicConfHandle = std::unique_ptr<rd_kafka_topic_conf_t, Destroy<rd_kafka_topic_conf_destroy>>;

inline int timeout_ms(Duration timeout) {
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  return static_cast<int>(std::clamp<std::int64_t>(timeout.count(), 0, kMost));
}

// What is left of a call's time limit. Network calls of librdkafka take at least 1 ms, so that they are tried at all.
class Deadline {
 public:
  explicit Deadline(Duration timeout)
      : end_(std::chrono::steady_clock::now() + std::min<Duration>(timeout, std::chrono::hours{24})) {}
  bool passed() const { return std::chrono::steady_clock::now() >= end_; }
  int left_ms() const {
    const auto left = std::chrono::duration_cast<Duration>(end_ - std::chrono::steady_clock::now());
    return std::max(1, timeout_ms(left));
  }

 private:
  std::chrono::steady_clock::time_point end_;
};

} // namespace wardpulse::kafka
