#include "web/push_pace.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

namespace wardpulse::web {
namespace {

constexpr Duration kInterval{100};
constexpr Time kBegin = from_ms(1'800'000'000'000); // of an interval

Time at(int ms) { return kBegin + Duration{ms}; }

class PushPaceTest : public testing::Test {
 protected:
  Time changed(int ms, std::vector<std::int32_t> partitions, std::vector<std::int32_t> said_all = {}) {
    return pace_.changed(at(ms), partitions, said_all);
  }
  PushPace pace_{kInterval};
};

TEST_F(PushPaceTest, GoesSoonAfterTheLastOfThoseThatComeTogether) {
  EXPECT_EQ(changed(5, {0}), at(15));
  EXPECT_EQ(changed(14, {0, 1}), at(24));
}

TEST_F(PushPaceTest, WaitsForThoseThatKeepComingUpToAPartOfTheInterval) {
  EXPECT_EQ(changed(65, {0}), at(75));
  EXPECT_EQ(changed(74, {0}), at(80));
  EXPECT_EQ(changed(95, {1}), at(95)) << "whose clock differs";
}

TEST_F(PushPaceTest, WaitsLongerForPartitionsThatCameTheTimeBefore) {
  changed(5, {0, 1, 2});
  pace_.pushed(at(15));
  EXPECT_EQ(changed(105, {0}), at(145));
  EXPECT_EQ(changed(110, {0, 2}), at(150));
  EXPECT_EQ(changed(112, {3}), at(122)) << "as many, whichever";
  pace_.pushed(at(122));
  EXPECT_EQ(changed(205, {0}), at(245));
  pace_.pushed(at(245));
  EXPECT_EQ(changed(305, {0}), at(315)) << "as the time before, not as once";
}

TEST_F(PushPaceTest, GoesAtOnceWhenAllHaveSaidAll) {
  changed(5, {0, 1, 2}, {0});
  EXPECT_EQ(changed(7, {1, 2}, {1}), at(17)) << "2 has more to say";
  EXPECT_EQ(changed(8, {2}, {2}), at(8));
  pace_.pushed(at(8));
  EXPECT_EQ(changed(105, {0, 1}, {0, 1}), at(145)) << "2 may have something to say, too";
  EXPECT_EQ(changed(110, {2}, {2}), at(110));
  pace_.pushed(at(110));
  EXPECT_EQ(changed(205, {0}, {0}), at(245));
  pace_.pushed(at(245));
  EXPECT_EQ(changed(305, {1}, {1}), at(315)) << "one alone came the time before, but is not all that there are";
}

TEST_F(PushPaceTest, WhatWasLeftDoesNotWaitOnceAllHaveSaidAll) {
  changed(5, {0, 1}, {0, 1});
  pace_.pushed(at(5));
  EXPECT_EQ(changed(70, {1}, {1}), at(130));
  EXPECT_EQ(changed(105, {0}, {0}), at(145)) << "what was said before the interval is no end of this one's";
  EXPECT_EQ(changed(112, {1}, {1}), at(112));
}

TEST_F(PushPaceTest, WhatComesAfterThePushGoesWithTheNextIntervalsCells) {
  changed(5, {0, 1});
  pace_.pushed(at(15));
  EXPECT_EQ(changed(70, {1}), at(130)) << "when nothing comes any more";
  EXPECT_EQ(changed(105, {0}), at(145)) << "what was left does not count among those of this interval";
  EXPECT_EQ(changed(106, {1}), at(130));
  EXPECT_EQ(changed(125, {1}), at(135));
}

TEST_F(PushPaceTest, APushOfWhatWasLeftAloneIsNoMeasureOfWhoComes) {
  changed(5, {0, 1});
  pace_.pushed(at(15));
  changed(70, {1});
  pace_.pushed(at(130));
  EXPECT_EQ(changed(205, {0}), at(245));
}

TEST_F(PushPaceTest, ALongIntervalIsNotAReasonToWait) {
  PushPace pace(std::chrono::minutes{1});
  const std::vector<std::int32_t> some{0, 1}, fewer{0};
  const std::vector<std::int32_t> none;
  const auto due = pace.changed(at(5), some, none);
  EXPECT_EQ(due, at(15));
  pace.pushed(due);
  EXPECT_EQ(pace.changed(at(30'000), fewer, none), at(60'030));
  EXPECT_EQ(pace.changed(at(60'010), fewer, none), at(60'050));
  EXPECT_EQ(pace.changed(at(60'070), fewer, none), at(60'080));
  EXPECT_EQ(pace.changed(at(60'170), fewer, none), at(60'170));
}

TEST_F(PushPaceTest, AClockThatIsSetBackHoldsNothingBack) {
  changed(3'600'000, {0});
  pace_.pushed(at(3'600'010));
  EXPECT_EQ(changed(5, {0}), at(15));
}

TEST_F(PushPaceTest, PushesOnceInAnIntervalAndSoon) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Time due = kForever, pushed = kNever, oldest = kNever, next_change = kBegin;
  for (Time now = kBegin; now < kBegin + std::chrono::minutes{10}; now += Duration{1}) {
    if (now >= next_change) {
      const std::vector partitions{static_cast<std::int32_t>(random() % 4)};
      due = pace_.changed(now, partitions, random() % 3 == 0 ? partitions : std::vector<std::int32_t>{});
      ASSERT_GE(due, now);
      if (oldest == kNever) oldest = now;
      next_change = now + Duration{random() % 40 == 0 ? random() % 500 : random() % 12};
    }
    if (now < due) continue;
    const auto interval = [](Time time) { return time.time_since_epoch() / kInterval; };
    ASSERT_NE(interval(pushed), interval(now));
    ASSERT_LE(now - oldest, kInterval * 18 / 10); // just after a push, and up to the latest moment of the next interval
    pushed = now;
    pace_.pushed(now);
    due = kForever;
    oldest = kNever;
  }
  EXPECT_NE(pushed, kNever);
}

} // namespace
} // namespace wardpulse::web
