#include "consumer/idle.h"

#include <gtest/gtest.h>

namespace wardpulse::consumer {
namespace {

using std::chrono::seconds;

TEST(IdleTracker, NeedsBothTheEndAndSilence) {
  IdleTracker idle(seconds{100});
  EXPECT_FALSE(idle.idle(seconds{500})) << "silent, but there may be records that were not fetched yet";
  idle.reached_end();
  EXPECT_FALSE(idle.idle(seconds{129}));
  EXPECT_TRUE(idle.idle(seconds{130}));
}

TEST(IdleTracker, RecordEndsIdlenessUntilTheEndIsReachedAgain) {
  IdleTracker idle(seconds{0});
  idle.reached_end();
  ASSERT_TRUE(idle.idle(seconds{40}));
  idle.record();
  EXPECT_FALSE(idle.idle(seconds{40}));
  idle.tick(seconds{41});
  EXPECT_FALSE(idle.idle(seconds{90})) << "not known to be caught up";
  idle.reached_end();
  EXPECT_FALSE(idle.idle(seconds{70}));
  EXPECT_TRUE(idle.idle(seconds{71}));
}

TEST(IdleTracker, SilenceFromBeforeTheStartCounts) {
  IdleTracker idle(seconds{100});
  EXPECT_FALSE(idle.known());
  idle.silent_for(seconds{500});
  EXPECT_FALSE(idle.idle(seconds{100})) << "the end was not seen yet";
  idle.reached_end();
  EXPECT_TRUE(idle.known());
  EXPECT_TRUE(idle.idle(seconds{100}));
}

} // namespace
} // namespace wardpulse::consumer
