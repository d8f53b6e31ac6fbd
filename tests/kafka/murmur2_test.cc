#include <gtest/gtest.h>

#include <random>

#include <librdkafka/rdkafka.h>

#include "kafka/client.h"

namespace wardpulse::kafka {
namespace {

std::int32_t by_librdkafka(const std::string& key, std::int32_t partitions) {
  return rd_kafka_msg_partitioner_murmur2(nullptr, key.data(), key.size(), partitions, nullptr, nullptr);
}

// The hashes that Java's org.apache.kafka.common.utils.Utils.murmur2 gives.
TEST(Murmur2, AgreesWithJava) {
  const std::pair<const char*, std::int32_t> cases[] = {
      {"21", -973932308}, {"foobar", -790332482}, {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829}, {"abc", 479470107},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
  };
  for (const auto& [key, hash] : cases) {
    for (const std::int32_t partitions : {1, 7, 8, 1000, 0x7fffffff}) {
      const auto wanted = (hash & 0x7fffffff) % partitions;
      EXPECT_EQ(by_librdkafka(key, partitions), wanted) << key;
      EXPECT_EQ(murmur2_partition(key, partitions), wanted) << key;
    }
  }
}

TEST(Murmur2, AgreesWithTheProducerOnRandomBytes) {
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string key(random() % 40, '\0');
    for (char& c : key) c = static_cast<char>(random());
    ASSERT_EQ(murmur2_partition(key, 8), by_librdkafka(key, 8));
    ASSERT_EQ(murmur2_partition(key, 0x7fffffff), by_librdkafka(key, 0x7fffffff));
  }
}

} // namespace
} // namespace wardpulse::kafka
