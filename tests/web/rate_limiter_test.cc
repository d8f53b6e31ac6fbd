#include "web/rate_limiter.h"

#include <gtest/gtest.h>

namespace wardpulse::web {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;
const auto kNow = RateLimiter::Clock::time_point(seconds{1000});

TEST(RateLimiter, LetsABurstThroughAndThenTheRate) {
  RateLimiter limiter(10);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(limiter.take("a", kNow)) << i;
  EXPECT_EQ(limiter.take("a", kNow), seconds{1});
  EXPECT_FALSE(limiter.take("b", kNow)) << "others are not held up";
  EXPECT_FALSE(limiter.take("a", kNow + milliseconds{100}));
  EXPECT_TRUE(limiter.take("a", kNow + milliseconds{100}));
}

TEST(RateLimiter, RemembersABoundedNumberOfCallers) {
  RateLimiter limiter(1);
  for (std::size_t i = 0; i < RateLimiter::kMaxCallers + 500; ++i) limiter.take("caller " + std::to_string(i), kNow);
  EXPECT_LE(limiter.size(), RateLimiter::kMaxCallers + 1);
  EXPECT_TRUE(limiter.take("one more", kNow)) << "the bucket that the rest shares is empty";
  EXPECT_FALSE(limiter.take("one more", kNow + seconds{10})) << "those before are forgotten";
  EXPECT_LE(limiter.size(), 2U);
}

TEST(RateLimiter, NoLimit) {
  RateLimiter limiter(0);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(limiter.take("a", kNow));
}

} // namespace
} // namespace wardpulse::web
