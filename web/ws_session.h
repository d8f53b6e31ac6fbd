// One WebSocket client: its socket beside its Viewer. At most one write is in flight; what comes next is asked for when
// it is done, so a slow client costs no memory.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "web/hub.h"
#include "web/metrics.h"
#include "web/net.h"
#include "web/request_head.h"

namespace wardpulse::web {

class WsSession : public Connection, public std::enable_shared_from_this<WsSession> {
 public:
  // `is_welcome` is asked once a second: false when the client's key was revoked or has expired.
  WsSession(Stream stream, Hub& hub, Metrics& metrics, Connections& connections,
            std::function<bool()> is_welcome, const std::string& address);
  ~WsSession() override;

  void start(const RequestHead& head);
  void stop() override; // closes with 1001

 private:
  net::awaitable<void> run(RequestHead head);
  net::awaitable<void> read_loop();
  bool has_too_many_messages();
  void wake();
  void pump();
  void written(error_code error, std::chrono::steady_clock::time_point began);
  void close(beast::websocket::close_reason reason);
  void send_close();

  beast::websocket::stream<Stream> ws_;
  Connections& connections_;
  Metrics& metrics_;
  std::function<bool()> is_welcome_;
  Viewer viewer_;
  net::steady_timer close_timer_;
  SharedText in_flight_; // kept until it is written
  std::optional<beast::websocket::close_reason> closing_;
  bool is_open_ = false;
  std::chrono::steady_clock::time_point messages_since_{}; // the second in which they are counted
  int messages_ = 0;
};

} // namespace wardpulse::web
