#include "kafka/listen_port.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

std::uint16_t g_port = 0; // 0: nothing to replace

int system_bind(int socket, const sockaddr* address, socklen_t size) {
  return static_cast<int>(::syscall(SYS_bind, socket, address, size));
}

} // namespace

// Stands before the C library's function of the same name for librdkafka too, since a program's own symbols come first.
extern "C" int bind(int socket, const sockaddr* address, socklen_t size) noexcept {
  sockaddr_in chosen{};
  if (g_port == 0 || address->sa_family != AF_INET || size != sizeof chosen) return system_bind(socket, address, size);
  std::memcpy(&chosen, address, sizeof chosen);
  if (chosen.sin_port == 0) chosen.sin_port = htons(std::exchange(g_port, 0));
  return system_bind(socket, reinterpret_cast<const sockaddr*>(&chosen), sizeof chosen);
}

namespace wardpulse::kafka {

Result<void> choose_listen_port(std::uint16_t port) {
  if (port == 0) return {};
  // The mock cluster does not survive a failed bind: try first.
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int bound = system_bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const std::string reason = bound == 0 ? "" : std::strerror(errno);
  ::close(probe);
  if (bound != 0) {
    return fail("can not listen on 127.0.0.1:" + std::to_string(port) + ": " + reason,
                "choose another --port, or 0 for a free one");
  }
  g_port = port;
  return {};
}

} // namespace wardpulse::kafka
