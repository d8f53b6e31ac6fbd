#include "web/listener.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/log.h"

namespace wardpulse::web {
namespace {

// After an accept that failed for lack of descriptors or memory, trying again at once would only burn the processor.
constexpr auto kAcceptPause = std::chrono::milliseconds{100};
constexpr int kBacklog = 4096;

} // namespace

Result<Listener> Listener::bind(net::io_context& io, const HostPort& address, const std::string& flag) {
  const std::string text = address.host + ":" + std::to_string(address.port);
  error_code error;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive, error);
  if (error || found.empty())
    return fail("--" + flag + " " + text + ": no such address", "use a host or address of this machine");
  const tcp::endpoint endpoint = found.begin()->endpoint();
  tcp::acceptor acceptor(io);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(net::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kBacklog, error);
  if (error)
    return fail("--" + flag + " " + text + ": " + error.message(),
                "choose another address or port; port 0 takes a free one");
  return Listener(std::move(acceptor));
}

Listener::Listener(tcp::acceptor acceptor) : acceptor_(std::move(acceptor)), endpoint_(acceptor_.local_endpoint()) {}

void Listener::start(OnConnection on_connection) {
  net::co_spawn(acceptor_.get_executor(), accept_loop(std::move(on_connection)), net::detached);
}

void Listener::stop() {
  error_code ignored;
  acceptor_.close(ignored);
}

net::awaitable<void> Listener::accept_loop(OnConnection on_connection) {
  net::steady_timer pause(acceptor_.get_executor());
  bool was_told = false; // of a failure: once, until one is accepted again
  while (acceptor_.is_open()) {
    error_code error;
    tcp::socket socket = co_await acceptor_.async_accept(net::redirect_error(net::use_awaitable, error));
    if (!error) {
      was_told = false;
      on_connection(std::move(socket));
      continue;
    }
    if (error == net::error::operation_aborted || !acceptor_.is_open()) co_return;
    if (!was_told) log_warning("connections cannot be accepted for now", {{"why", error.message()}});
    was_told = true;
    pause.expires_after(kAcceptPause);
    co_await pause.async_wait(net::redirect_error(net::use_awaitable, error));
  }
}

} // namespace wardpulse::web
