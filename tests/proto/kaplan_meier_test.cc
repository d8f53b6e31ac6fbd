#include "proto/kaplan_meier.h"

#include <gtest/gtest.h>

namespace wardpulse {
namespace {

MinuteHistogram at(std::initializer_list<int> minutes) {
  MinuteHistogram histogram;
  for (const int minute : minutes) histogram.add(minute, 1);
  return histogram;
}

TEST(KaplanMeier, IsTheMedianWhenNobodyWaits) { EXPECT_EQ(kaplan_meier_median(at({10, 20, 30}), {}), Value{std::int64_t{20}}); }

TEST(KaplanMeier, ThoseWhoWaitPushItUp) { // the example of docs/semantics.md
  EXPECT_EQ(kaplan_meier_median(at({10, 20, 40}), at({15, 30})), Value{std::int64_t{40}});
}

TEST(KaplanMeier, IsUnknownWhileMostAreStillWaiting) { EXPECT_EQ(kaplan_meier_median(at({10}), at({10, 50, 60})), Value{}); }

TEST(KaplanMeier, IsUnknownWithoutAnybody) { EXPECT_EQ(kaplan_meier_median({}, {}), Value{}); }

} // namespace
} // namespace wardpulse
