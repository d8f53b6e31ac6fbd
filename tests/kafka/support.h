// What the tests of this folder share: an embedded broker of their own, and loops with a deadline.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kafka/client.h"
#include "kafka/embedded_broker.h"

namespace wardpulse::kafka {

inline constexpr Duration kPatience = std::chrono::seconds{20};
inline constexpr Duration kStep = std::chrono::milliseconds{50};

// Calls `step` until it gives true or patience ends; the last answer.
bool until(const std::function<bool()>& step);

class WithBroker : public testing::Test {
 protected:
  EmbeddedBroker broker = EmbeddedBroker::start().value();

  ClientOptions options(Settings settings = {}) const {
    return {.brokers = broker.bootstrap(), .client_id = "test", .settings = std::move(settings)};
  }
  void make_topic(const std::string& name, std::int32_t partitions) {
    ASSERT_TRUE(broker.create_topics({{name, partitions, {}}}).has_value());
  }
  // Writes the values "0" ... to one partition and waits for all acknowledgements.
  void write_numbers(const std::string& topic, std::int32_t partition, int count) const;
};

struct Taken {
  std::vector<std::string> values;
  std::vector<TopicPartition> ends;
  std::vector<Error> errors;
};
// Polls until `is_enough` or patience ends.
Taken take(Consumer& consumer, const std::function<bool(const Taken&)>& is_enough);

} // namespace wardpulse::kafka
