// Accepts connections on one address, for as long as it is open.
#pragma once

#include <functional>
#include <string>

#include "base/config.h"
#include "base/result.h"
#include "web/net.h"

namespace wardpulse::web {

class Listener {
 public:
  using OnConnection = std::function<void(tcp::socket)>;

  // Binds at once; accepting begins with start().
  static Result<Listener> bind(net::io_context& io, const HostPort& address, const std::string& flag);
  Listener(Listener&&) = default;

  void start(OnConnection on_connection);
  void stop();
  tcp::endpoint endpoint() const { return endpoint_; }

 private:
  explicit Listener(tcp::acceptor acceptor);
  net::awaitable<void> accept_loop(OnConnection on_connection);

  tcp::acceptor acceptor_;
  tcp::endpoint endpoint_;
};

} // namespace wardpulse::web
