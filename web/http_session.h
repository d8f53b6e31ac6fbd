// One HTTP connection: requests in, replies out, one after the other.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "web/gate.h"
#include "web/metrics.h"
#include "web/net.h"
#include "web/rate_limiter.h"
#include "web/request_head.h"
#include "web/router.h"

namespace wardpulse::web {

struct HttpLimits {
  std::chrono::milliseconds head{10'000}; // from the first byte, or the connection's start, to the end of the head
  std::chrono::milliseconds body{20'000};
  std::chrono::milliseconds idle{30'000}; // between two requests
  std::chrono::milliseconds write{60'000};
};

// What a session works with; outlives every session.
struct HttpContext {
  const Router* router = nullptr;
  const Gate* gate = nullptr; // null: callers have no keys (the private listener)
  Metrics* metrics = nullptr;
  Connections* connections = nullptr;
  bool is_tls = false;
  RateLimiter* limiter = nullptr; // null: no limit (the private listener)
  HttpLimits limits;
  // Takes over an accepted upgrade.
  std::function<void(Stream, const RequestHead&, const Caller&, const std::string& address)> on_upgrade;
};

class HttpSession : public Connection, public std::enable_shared_from_this<HttpSession> {
 public:
  // `address`: the client's, for limits.
  HttpSession(StreamSocket socket, const HttpContext& context, std::string address);
  ~HttpSession() override;

  void start();
  void stop() override;

 private:
  // A head as bytes, or why there is none.
  struct HeadBytes {
    std::string bytes;
    std::optional<Problem> problem;
    bool is_over = false; // the client closed
  };

  net::awaitable<void> run();
  net::awaitable<bool> serve_one(); // false: the connection ends
  Router::Outcome answer(const Request& request, const Caller& caller) const;
  net::awaitable<Reply> wait_for(const SlowHandler& handler, Request request, Caller caller);
  net::awaitable<void> refuse(const Problem& problem, std::chrono::steady_clock::time_point started);
  // Until disarm(), reading ends with operation_aborted after so long; unlike tcp_stream's own limit, this leaves the
  // connection open, so that the client can be told.
  void arm(std::chrono::milliseconds limit);
  void disarm();
  net::awaitable<HeadBytes> read_head();
  net::awaitable<bool> read_body(const RequestHead& head, std::string* body); // false: too slow
  net::awaitable<void> write(const Reply& reply, bool is_head, bool keep_alive);
  net::awaitable<void> close_gently();

  std::optional<Reply> hold_back(const Caller& caller);

  const HttpContext& context_;
  const std::string address_;
  Stream stream_;
  net::steady_timer reading_limit_;
  std::string buffer_; // read and not yet used
  bool is_first_ = true;
  bool is_idle_ = false;
  bool is_stopping_ = false;
};

} // namespace wardpulse::web
