#include "web/http_session.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <ctime>

#include "base/log.h"
#include "web/problem.h"

namespace wardpulse::web {
namespace {

constexpr std::size_t kReadChunk = 4096;

// On every answer. Scripts, styles and connections from the page's own origin only, nothing inline, no framing.
constexpr std::string_view kSecurityHeaders =
    "Content-Security-Policy: default-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; "
    "object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

// Where a head ends, whatever its line ends: the parser is who refuses bare line feeds. npos: not yet.
std::size_t head_end(std::string_view bytes) {
  for (auto at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    const auto rest = bytes.substr(at + 1);
    if (rest.starts_with('\n')) return at + 2;
    if (rest.starts_with("\r\n")) return at + 3;
  }
  return std::string_view::npos;
}

void drop_empty_lines(std::string* bytes) {
  std::size_t count = 0;
  while (std::string_view(*bytes).substr(count).starts_with("\r\n")) count += 2;
  bytes->erase(0, count);
}

bool has_no_body(int status) { return status == 204 || status == 304 || status < 200; }

std::string reply_head(const Reply& reply, bool keep_alive, bool is_tls) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {:%a, %d %b %Y %H:%M:%S GMT}\r\n", reply.status,
                                 status_phrase(reply.status), fmt::gmtime(std::time(nullptr)));
  bool has_cache_control = false;
  for (const auto& [name, value] : reply.headers) {
    fmt::format_to(std::back_inserter(head), "{}: {}\r\n", name, value);
    has_cache_control = has_cache_control || name == "Cache-Control";
  }
  if (!has_cache_control) head += "Cache-Control: no-store\r\n";
  if (!reply.content_type.empty()) fmt::format_to(std::back_inserter(head), "Content-Type: {}\r\n", reply.content_type);
  if (!has_no_body(reply.status))
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", reply.text().size());
  head += kSecurityHeaders;
  if (is_tls) head += "Strict-Transport-Security: max-age=31536000\r\n";
  head += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

Problem too_slow(const char* detail) {
  return {.status = 408, .code = "too_slow", .detail = detail, .remedy = "send it without pauses, in smaller parts"};
}

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

} // namespace

HttpSession::HttpSession(StreamSocket socket, const HttpContext& context, std::string address)
    : context_(context), address_(std::move(address)), stream_(std::move(socket)), reading_limit_(stream_.get_executor()) {
  context_.connections->add(this, address_);
}

HttpSession::~HttpSession() { context_.connections->remove(this); }

void HttpSession::start() {
  net::co_spawn(stream_.get_executor(), [self = shared_from_this()] { return self->run(); }, net::detached);
}

void HttpSession::stop() {
  is_stopping_ = true;
  if (is_idle_) stream_.close();
}

net::awaitable<void> HttpSession::run() {
  try {
    error_code ignored;
    stream_.socket().set_option(tcp::no_delay(true), ignored);
    while (co_await serve_one()) {
    }
  } catch (const boost::system::system_error&) {
    // The client went away, or was too slow: there is nobody to tell.
  } catch (const std::exception& problem) {
    log_error("a request failed", {{"why", problem.what()}});
  }
}

net::awaitable<bool> HttpSession::serve_one() {
  const auto head_bytes = co_await read_head();
  disarm();
  if (head_bytes.is_over) co_return false;
  const auto started = std::chrono::steady_clock::now();
  auto head = head_bytes.problem ? tl::unexpected(*head_bytes.problem) : parse_request_head(head_bytes.bytes);
  auto request = head ? make_request(*head) : tl::unexpected(head.error());
  if (!request) {
    co_await refuse(request.error(), started);
    co_return false;
  }
  const bool has_body = co_await read_body(*head, &request->body);
  disarm();
  if (!has_body) {
    co_await refuse(too_slow("the body of a request has to come within 20 s"), started);
    co_return false;
  }
  const Caller caller = context_.gate != nullptr ? context_.gate->identify(*request, now()) : Caller();
  const auto held_back = hold_back(caller);
  auto outcome = held_back ? Router::Outcome{.reply = *held_back} : answer(*request, caller);
  const bool is_head = request->method == "HEAD";
  if (outcome.slow != nullptr) {
    outcome.reply = co_await wait_for(*outcome.slow, std::move(*request), outcome.caller);
  }
  context_.metrics->request_done(outcome.route, outcome.reply.status, std::chrono::steady_clock::now() - started);
  if (outcome.reply.status == 101) {
    stream_.expires_never();
    context_.on_upgrade(std::move(stream_), *head, caller, address_);
    co_return false;
  }
  const bool keep_alive = head->keep_alive && !is_stopping_;
  co_await write(outcome.reply, is_head, keep_alive);
  if (!keep_alive) co_await close_gently();
  co_return keep_alive;
}

// Each key by itself, wherever it comes from; without one, each address.
std::optional<Reply> HttpSession::hold_back(const Caller& caller) {
  if (context_.limiter == nullptr) return std::nullopt;
  const auto wait = context_.limiter->take(caller.key_id.empty() ? "address " + address_ : caller.key_id, std::chrono::steady_clock::now());
  if (!wait) return std::nullopt;
  return problem_reply({.status = 429, .code = "too_many_requests", .detail = "more requests than one key or address may make",
                        .remedy = "wait as long as Retry-After says; send events in bulk; follow numbers by WebSocket"})
      .with("Retry-After", std::to_string(wait->count()));
}

net::awaitable<void> HttpSession::refuse(const Problem& problem, std::chrono::steady_clock::time_point started) {
  context_.metrics->request_done("none", problem.status, std::chrono::steady_clock::now() - started);
  co_await write(problem_reply(problem), false, false);
  co_await close_gently();
}

Router::Outcome HttpSession::answer(const Request& request, const Caller& caller) const {
  try {
    return context_.router->answer(request, caller);
  } catch (const std::exception& problem) {
    log_error("a request could not be answered", {{"path", request.path}, {"why", problem.what()}});
    return {"none", problem_reply({.status = 500, .code = "internal", .detail = "the server failed at this request",
                                   .remedy = "the server's log says why; please report it"})};
  }
}

net::awaitable<Reply> HttpSession::wait_for(const SlowHandler& handler, Request request, Caller caller) {
  const auto executor = stream_.get_executor();
  const auto start = [&](auto done) {
    auto shared = std::make_shared<decltype(done)>(std::move(done));
    handler(std::move(request), caller, [executor, shared](Reply reply) {
      net::post(executor, [shared, reply = std::move(reply)]() mutable { std::move (*shared)(std::move(reply)); });
    });
  };
  co_return co_await net::async_initiate<const net::use_awaitable_t<>, void(Reply)>(start, net::use_awaitable);
}

void HttpSession::arm(std::chrono::milliseconds limit) {
  reading_limit_.expires_after(limit);
  reading_limit_.async_wait([weak = weak_from_this()](error_code error) {
    const auto self = weak.lock();
    // Not when it was set anew since: this call may have waited its turn meanwhile.
    const bool is_over = self && self->reading_limit_.expiry() <= std::chrono::steady_clock::now();
    if (!error && is_over) self->stream_.cancel();
  });
}

void HttpSession::disarm() { reading_limit_.expires_at(std::chrono::steady_clock::time_point::max()); }

net::awaitable<HttpSession::HeadBytes> HttpSession::read_head() {
  drop_empty_lines(&buffer_);
  bool has_begun = !buffer_.empty();
  is_idle_ = !has_begun;
  stream_.expires_never();
  arm(has_begun || is_first_ ? context_.limits.head : context_.limits.idle);
  is_first_ = false;
  for (;;) {
    const auto end = head_end(buffer_);
    if (end != std::string::npos && end <= kMaxHeadBytes) {
      HeadBytes head{.bytes = buffer_.substr(0, end), .problem = {}};
      buffer_.erase(0, end);
      co_return head;
    }
    if (buffer_.size() > kMaxHeadBytes) {
      co_return HeadBytes{.bytes = {}, .problem = Problem{.status = 431, .code = "head_too_large",
                          .detail = "the head of a request may have 8 KiB", .remedy = "send fewer or shorter headers"}};
    }
    std::array<char, kReadChunk> chunk;
    error_code error;
    const auto count =
        co_await stream_.async_read_some(net::buffer(chunk), net::redirect_error(net::use_awaitable, error));
    is_idle_ = false;
    if (error == net::error::operation_aborted && has_begun && stream_.socket().is_open()) {
      co_return HeadBytes{.bytes = {}, .problem = too_slow("the head of a request has to come within 10 s")};
    }
    if (error) co_return HeadBytes{.bytes = {}, .problem = {}, .is_over = true};
    buffer_.append(chunk.data(), count);
    if (!has_begun) {
      drop_empty_lines(&buffer_);
      has_begun = !buffer_.empty();
      if (has_begun) arm(context_.limits.head);
    }
  }
}

net::awaitable<bool> HttpSession::read_body(const RequestHead& head, std::string* body) {
  if (head.content_length == 0) co_return true;
  stream_.expires_never();
  arm(context_.limits.body);
  if (head.expects_continue && buffer_.empty()) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await net::async_write(stream_, net::buffer(kContinue), net::use_awaitable);
  }
  const auto have = std::min(buffer_.size(), head.content_length);
  body->assign(buffer_, 0, have);
  buffer_.erase(0, have);
  // Memory is taken for what has come, not for what was announced: a head costs nobody anything.
  error_code error;
  while (!error && body->size() < head.content_length) {
    const auto before = body->size();
    body->resize(std::min(head.content_length, before + std::max(before, kReadChunk)));
    const auto count = co_await stream_.async_read_some(net::buffer(body->data() + before, body->size() - before),
                                                        net::redirect_error(net::use_awaitable, error));
    body->resize(before + count);
  }
  if (error && error != net::error::operation_aborted) throw boost::system::system_error(error);
  co_return !error;
}

net::awaitable<void> HttpSession::write(const Reply& reply, bool is_head, bool keep_alive) {
  const std::string head = reply_head(reply, keep_alive, context_.is_tls);
  const auto body = is_head || has_no_body(reply.status) ? std::string_view() : reply.text();
  stream_.expires_after(context_.limits.write);
  const std::array<net::const_buffer, 2> buffers = {net::buffer(head), net::buffer(body)};
  co_await net::async_write(stream_, buffers, net::use_awaitable);
}

// Closing with bytes unread makes the kernel send a reset, which can destroy the answer on its way. So say that no more
// comes, and read on for a moment.
net::awaitable<void> HttpSession::close_gently() {
  error_code error;
  stream_.socket().shutdown(StreamSocket::shutdown_send, error);
  stream_.expires_after(std::chrono::seconds{1});
  std::array<char, kReadChunk> chunk;
  for (std::size_t total = 0; !error && total < kMaxBodyBytes;) {
    total += co_await stream_.async_read_some(net::buffer(chunk), net::redirect_error(net::use_awaitable, error));
  }
}

} // namespace wardpulse::web
