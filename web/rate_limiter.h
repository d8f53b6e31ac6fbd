// How many requests each key or address may make: a bucket of tokens each, refilled evenly. Bounded memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace wardpulse::web {

class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;
  // So many callers are told apart; when there are more, those not seen for long are forgotten, and past that the rest
  // share one bucket.
  static constexpr std::size_t kMaxCallers = 10'000;

  // `per_second` requests evenly, and twice as many at once. 0: no limit.
  explicit RateLimiter(std::int64_t per_second) : per_second_(static_cast<double>(per_second)) {}

  // nullopt: go on. Otherwise: try again after so long, at least a second.
  std::optional<std::chrono::seconds> take(const std::string& caller, Clock::time_point now);
  std::size_t size() const { return buckets_.size(); }

 private:
  struct Bucket {
    double tokens = 0;
    Clock::time_point at;
  };
  double tokens_at(const Bucket& bucket, Clock::time_point now) const;

  const double per_second_;
  std::unordered_map<std::string, Bucket> buckets_;
};

} // namespace wardpulse::web
