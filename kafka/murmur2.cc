#include <cstring>

#include "base/check.h"
#include "kafka/client.h"

namespace wardpulse::kafka {
namespace {

constexpr std::uint32_t kMultiplier = 0x5bd1e995;

// MurmurHash2, 32 bits, little-endian, with the seed of Kafka's Java client.
std::uint32_t murmur2(std::string_view key) {
  constexpr std::uint32_t kSeed = 0x9747b28c;
  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(key.size());
  while (key.size() >= 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, key.data(), 4);
    word *= kMultiplier;
    word ^= word >> 24;
    hash = hash * kMultiplier ^ word * kMultiplier;
    key.remove_prefix(4);
  }
  for (std::size_t i = key.size(); i > 0; --i) {
    hash ^= static_cast<std::uint32_t>(static_cast<unsigned char>(key[i - 1])) << (8 * (i - 1));
    if (i == 1) hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  return hash ^ hash >> 15;
}

} // namespace

std::int32_t murmur2_partition(std::string_view key, std::int32_t partitions) {
  WP_CHECK(partitions > 0);
  return static_cast<std::int32_t>(murmur2(key) & 0x7fffffff) % partitions;
}

} // namespace wardpulse::kafka
