// Random numbers that are the same on every machine: the standard library's distributions and libm are not, so
// everything here is integer arithmetic.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/time.h"
#include "base/wide.h"

namespace wardpulse::producer {

// xoshiro256** (Blackman, Vigna), seeded by splitmix64.
class Random {
 public:
  // Different `stream` numbers give independent sequences for one seed.
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0) {
    std::uint64_t mix = seed ^ (stream * 0x9e3779b97f4a7c15u);
    for (auto& word : state_) word = splitmix(&mix);
  }

  std::uint64_t next() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  // 0 .. bound-1. REQUIRES: bound > 0. The bias is below bound / 2^64.
  std::uint64_t below(std::uint64_t bound) { return scale(next(), bound); }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    WP_CHECK(least <= most);
    return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least) + 1));
  }
  bool percent(int chance) { return below(100) < static_cast<std::uint64_t>(chance); }
  bool per_million(std::int64_t chance) { return below(1'000'000) < static_cast<std::uint64_t>(chance); }

  // Index into `weights`, each as likely as its weight. REQUIRES: one of them is > 0.
  std::size_t weighted(std::span<const int> weights) {
    std::uint64_t total = 0;
    for (const int weight : weights) total += static_cast<std::uint64_t>(weight);
    std::uint64_t left = below(total);
    std::size_t index = 0;
    while (left >= static_cast<std::uint64_t>(weights[index])) left -= static_cast<std::uint64_t>(weights[index++]);
    return index;
  }

  // Exponentially distributed with this mean, by von Neumann's comparison method (no logarithm).
  Duration exponential(Duration mean) {
    const auto size = static_cast<std::uint64_t>(mean.count());
    for (std::uint64_t whole = 0;; ++whole) {
      const std::uint64_t first = next();
      std::uint64_t last = first;
      bool odd = true;
      for (std::uint64_t following = next(); following < last; following = next()) {
        last = following;
        odd = !odd;
      }
      if (odd) return Duration{static_cast<std::int64_t>(whole * size + scale(first, size))};
    }
  }

  // The sum of `shape` exponentials with this mean in all: the larger the shape, the nearer to its mean.
  Duration erlang(int shape, Duration mean) {
    Duration sum{0};
    for (int i = 0; i < shape; ++i) sum += exponential(mean / shape);
    return sum;
  }

 private:
  static std::uint64_t rotate(std::uint64_t value, int by) { return (value << by) | (value >> (64 - by)); }
  static std::uint64_t splitmix(std::uint64_t* state) {
    std::uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // The upper 64 bits of fraction * size.
  static std::uint64_t scale(std::uint64_t fraction, std::uint64_t size) {
    return static_cast<std::uint64_t>((UnsignedWide{fraction} * size) >> 64);
  }

  std::array<std::uint64_t, 4> state_{};
};

} // namespace wardpulse::producer
