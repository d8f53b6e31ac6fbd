#include "web/ws_session.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket.hpp>

#include "base/log.h"

namespace wardpulse::web {
namespace {

namespace http = beast::http;
namespace websocket = beast::websocket;

// A client that says nothing is asked by a ping at half of this time, and given up at the whole.
constexpr auto kIdleTimeout = std::chrono::seconds{60};
constexpr auto kHandshakeTimeout = std::chrono::seconds{10};
constexpr auto kCloseTimeout = std::chrono::seconds{2};
// Messages between the protocol's limit and this one are answered with an error; larger ones end the connection (1009).
constexpr std::size_t kHardMessageLimit = 2 * kMaxClientMessageBytes;

http::request<http::empty_body> upgrade_request(const RequestHead& head) {
  http::request<http::empty_body> request(http::verb::get, head.target, 11);
  for (const auto& [name, value] : head.headers) request.insert(name, value);
  return request;
}

} // namespace

WsSession::WsSession(Stream stream, Hub& hub, Metrics& metrics, Connections& connections,
                     std::function<bool()> is_welcome, const std::string& address)
    : ws_(std::move(stream)), connections_(connections), metrics_(metrics), is_welcome_(std::move(is_welcome)),
      viewer_(hub, [this] { wake(); }), close_timer_(ws_.get_executor()) {
  connections_.add(this, address);
}

WsSession::~WsSession() { connections_.remove(this); }

void WsSession::start(const RequestHead& head) {
  net::co_spawn(ws_.get_executor(), [self = shared_from_this(), head] { return self->run(head); }, net::detached);
}

net::awaitable<void> WsSession::run(RequestHead head) {
  try {
    ws_.set_option(websocket::stream_base::timeout{kHandshakeTimeout, kIdleTimeout, true});
    ws_.set_option(websocket::stream_base::decorator([&](websocket::response_type& response) {
      if (has_token(head.header("sec-websocket-protocol"), kSubProtocol)) {
        response.set(http::field::sec_websocket_protocol, kSubProtocol);
      }
    }));
    ws_.read_message_max(kHardMessageLimit);
    ws_.auto_fragment(false);
    ws_.text(true);
    const auto request = upgrade_request(head);
    co_await ws_.async_accept(request, net::use_awaitable);
    is_open_ = true;
    if (closing_) send_close();
    co_await read_loop();
  } catch (const boost::system::system_error& gone) {
    // The client went away, or was given up.
    if (gone.code() == beast::error::timeout) metrics_.ws_dropped();
  } catch (const std::exception& problem) {
    log_error("a WebSocket client failed", {{"why", problem.what()}});
  }
  is_open_ = false;
  close_timer_.cancel();
}

net::awaitable<void> WsSession::read_loop() {
  beast::flat_buffer buffer;
  for (;;) {
    co_await ws_.async_read(buffer, net::use_awaitable);
    const std::string_view text(static_cast<const char*>(buffer.data().data()), buffer.size());
    if (ws_.got_text()) viewer_.receive(text);
    else viewer_.refuse({.code = "bad_json", .detail = "a message is one JSON object in a text frame"});
    buffer.consume(buffer.size());
    if (has_too_many_messages() && !closing_) {
      metrics_.ws_dropped();
      close({websocket::close_code::policy_error, "more than 100 messages a second"});
    }
    if (!viewer_.is_patient() && !closing_) {
      metrics_.ws_dropped();
      close({websocket::close_code::policy_error, "too many errors"});
    }
    pump();
  }
}

// A client asks when its page changes, or when it missed something.
bool WsSession::has_too_many_messages() {
  constexpr int kMostInASecond = 100;
  const auto now = std::chrono::steady_clock::now();
  if (now - messages_since_ >= std::chrono::seconds{1}) {
    messages_since_ = now;
    messages_ = 0;
  }
  return ++messages_ > kMostInASecond;
}

void WsSession::wake() {
  if (!is_open_) return;
  if (!is_welcome_()) close({websocket::close_code::policy_error, "the key is no longer valid"});
  pump();
}

void WsSession::pump() {
  if (!is_open_ || in_flight_ || closing_) return;
  in_flight_ = viewer_.next_message();
  if (!in_flight_) return;
  ws_.async_write(net::buffer(*in_flight_),
                  [self = shared_from_this(), began = std::chrono::steady_clock::now()](error_code error, std::size_t) {
                    self->written(error, began);
                  });
}

void WsSession::written(error_code error, std::chrono::steady_clock::time_point began) {
  in_flight_.reset();
  if (error) return; // the read fails too, and ends the session
  metrics_.ws_sent(std::chrono::steady_clock::now() - began);
  if (closing_) send_close();
  else pump();
}

void WsSession::stop() { close({websocket::close_code::going_away, "the server stops"}); }

// A close frame has to wait for the handshake and the write in flight; a client that does not take that is cut off.
void WsSession::close(websocket::close_reason reason) {
  if (closing_) return;
  closing_ = reason;
  close_timer_.expires_after(kCloseTimeout);
  close_timer_.async_wait([weak = weak_from_this()](error_code error) {
    const auto self = weak.lock();
    if (!error && self) beast::get_lowest_layer(self->ws_).close();
  });
  if (is_open_ && !in_flight_) send_close();
}

void WsSession::send_close() {
  ws_.async_close(*closing_, [self = shared_from_this()](error_code) {});
}

} // namespace wardpulse::web
