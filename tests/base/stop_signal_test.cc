#include "base/stop_signal.h"

#include <gtest/gtest.h>

#include <csignal>

#include <poll.h>

namespace wardpulse {
namespace {

bool is_readable(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, 0) == 1;
}

TEST(StopSignal, IsSeenByWhoAsksAndByWhoPolls) {
  install_stop_signals();
  EXPECT_FALSE(stop_requested());
  EXPECT_FALSE(is_readable(stop_signal_fd()));
  ASSERT_EQ(std::raise(SIGTERM), 0);
  ASSERT_EQ(std::raise(SIGINT), 0); // a second one changes nothing
  EXPECT_TRUE(stop_requested());
  EXPECT_TRUE(is_readable(stop_signal_fd()));
}

} // namespace
} // namespace wardpulse
