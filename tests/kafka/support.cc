#include "tests/kafka/support.h"

#include <chrono>

namespace wardpulse::kafka {

bool until(const std::function<bool()>& step) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!step()) {
    if (std::chrono::steady_clock::now() > end) return false;
  }
  return true;
}

void WithBroker::write_numbers(const std::string& topic, std::int32_t partition, int count) const {
  auto producer = Producer::connect(options()).value();
  for (int i = 0; i < count; ++i) {
    const std::string value = std::to_string(i);
    const auto sent = producer.produce({.topic = topic, .partition = partition, .value = value}, {});
    ASSERT_TRUE(sent.has_value()) << sent.error().text();
  }
  const auto flushed = producer.flush(kPatience);
  ASSERT_TRUE(flushed.has_value()) << flushed.error().text();
}

Taken take(Consumer& consumer, const std::function<bool(const Taken&)>& is_enough) {
  Taken taken;
  until([&] {
    if (is_enough(taken)) return true;
    auto polled = consumer.poll(kStep);
    if (!polled) {
      taken.errors.push_back(polled.error());
    } else if (polled->kind == PollResult::Kind::kRecord) {
      taken.values.emplace_back(polled->record.value());
    } else if (polled->kind == PollResult::Kind::kPartitionEnd) {
      taken.ends.push_back(polled->at);
    }
    return is_enough(taken);
  });
  return taken;
}

} // namespace wardpulse::kafka
