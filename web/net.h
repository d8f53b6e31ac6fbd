// Short names for Asio and Beast, and what every connection has in common.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <set>

namespace wardpulse::web {

namespace net = boost::asio;
namespace beast = boost::beast;
using tcp = net::ip::tcp;
using boost::system::error_code;

// An open connection. stop(): end soon; idle ones at once, others after what they are doing.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void stop() = 0;
};

// Those that are open, so that a stop reaches them and their number stays bounded.
class Connections {
 public:
  static constexpr std::size_t kMax = 20'000;

  bool is_full() const { return open_.size() >= kMax; }
  std::size_t size() const { return open_.size(); }
  void add(Connection* connection) { open_.insert(connection); }
  void remove(Connection* connection) { open_.erase(connection); }
  void stop_all() {
    const auto open = open_; // stop() may remove
    for (Connection* connection : open) {
      if (open_.contains(connection)) connection->stop();
    }
  }

 private:
  std::set<Connection*> open_;
};

} // namespace wardpulse::web
