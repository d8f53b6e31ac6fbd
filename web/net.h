// Short names for Asio and Beast, and what every connection has in common.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/rate_policy.hpp>

#include <map>
#include <set>
#include <string>

namespace wardpulse::web {

namespace net = boost::asio;
namespace beast = boost::beast;
using tcp = net::ip::tcp;
// A connection's bytes: from the network, or from the TLS front behind which they are plain.
using StreamSocket = net::generic::stream_protocol::socket;
using Stream = beast::basic_stream<net::generic::stream_protocol>;
using boost::system::error_code;

// An open connection. stop(): end soon; idle ones at once, others after what they are doing.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void stop() = 0;
};

// Those that are open, so that a stop reaches them and their number stays bounded, in all and for each address.
class Connections {
 public:
  Connections(std::size_t most, std::size_t most_per_address) : most_(most), most_per_address_(most_per_address) {}

  bool is_full(const std::string& address) const {
    const auto found = by_address_.find(address);
    return counted() >= most_ || (found != by_address_.end() && found->second >= most_per_address_);
  }
  std::size_t size() const { return open_.size(); }
  std::size_t counted() const { return open_.size() - uncounted_.size(); }
  void add(Connection* connection, const std::string& address) {
    open_.emplace(connection, address);
    ++by_address_[address];
  }
  // Another one stands for it from now on: it is waited for, and counts against no limit. REQUIRES: it was added.
  void uncount(Connection* connection) {
    if (!uncounted_.insert(connection).second) return;
    const auto count = by_address_.find(open_.at(connection));
    if (--count->second == 0) by_address_.erase(count);
  }
  void remove(Connection* connection) {
    const auto found = open_.find(connection);
    if (found == open_.end()) return;
    if (uncounted_.erase(connection) > 0) {
      open_.erase(found);
      return;
    }
    const auto count = by_address_.find(found->second);
    if (--count->second == 0) by_address_.erase(count);
    open_.erase(found);
  }
  void stop_all() {
    const auto open = open_; // stop() may remove
    for (const auto& [connection, address] : open) {
      if (open_.contains(connection)) connection->stop();
    }
  }

 private:
  const std::size_t most_;
  const std::size_t most_per_address_;
  std::map<Connection*, std::string> open_;
  std::set<Connection*> uncounted_;
  std::map<std::string, std::size_t> by_address_;
};

} // namespace wardpulse::web
