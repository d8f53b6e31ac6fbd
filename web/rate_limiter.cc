#include "web/rate_limiter.h"

#include <algorithm>

namespace wardpulse::web {

double RateLimiter::tokens_at(const Bucket& bucket, Clock::time_point now) const {
  const double passed = std::chrono::duration<double>(now - bucket.at).count();
  return std::min(2 * per_second_, bucket.tokens + passed * per_second_);
}

std::optional<std::chrono::seconds> RateLimiter::take(const std::string& caller, Clock::time_point now) {
  if (per_second_ <= 0) return std::nullopt;
  if (buckets_.size() >= kMaxCallers && !buckets_.contains(caller)) {
    std::erase_if(buckets_, [&](const auto& entry) { return tokens_at(entry.second, now) >= 2 * per_second_; });
  }
  const bool is_shared = buckets_.size() >= kMaxCallers && !buckets_.contains(caller);
  Bucket& bucket = buckets_.try_emplace(is_shared ? "" : caller, Bucket{2 * per_second_, now}).first->second;
  bucket.tokens = tokens_at(bucket, now);
  bucket.at = now;
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return std::nullopt;
  }
  return std::max(std::chrono::seconds{1}, std::chrono::ceil<std::chrono::seconds>(std::chrono::duration<double>((1 - bucket.tokens) / per_second_)));
}

} // namespace wardpulse::web
