#include "base/stop_signal.h"

#include <cerrno>
#include <csignal>
#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"

namespace wardpulse {
namespace {

volatile std::sig_atomic_t g_stop = 0;
int g_event_fd = -1;

void on_stop_signal(int) {
  const int saved_errno = errno;
  g_stop = 1;
  const std::uint64_t one = 1;
  // Can only fail when the counter is full, and then the descriptor is readable already.
  [[maybe_unused]] const auto written = ::write(g_event_fd, &one, sizeof one);
  errno = saved_errno;
}

} // namespace

void install_stop_signals() {
  WP_CHECK(g_event_fd == -1);
  g_event_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  WP_CHECK(g_event_fd >= 0);
  struct sigaction action{};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  WP_CHECK(::sigaction(SIGTERM, &action, nullptr) == 0);
  WP_CHECK(::sigaction(SIGINT, &action, nullptr) == 0);
  WP_CHECK(::signal(SIGPIPE, SIG_IGN) != SIG_ERR);
}

bool stop_requested() { return g_stop != 0; }

int stop_signal_fd() {
  WP_CHECK(g_event_fd >= 0);
  return g_event_fd;
}

} // namespace wardpulse
