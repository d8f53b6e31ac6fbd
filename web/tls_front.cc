#include "web/tls_front.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <array>

#include "base/log.h"

namespace wardpulse::web {
namespace {

constexpr auto kHandshakeTimeout = std::chrono::seconds{10};
constexpr auto kWriteTimeout = std::chrono::seconds{60};
constexpr auto kShutdownTimeout = std::chrono::seconds{2};
constexpr std::size_t kBufferBytes = 8192;

using Plain = net::local::stream_protocol::socket;

Result<std::shared_ptr<net::ssl::context>> load(const TlsFiles& files) {
  auto context = std::make_shared<net::ssl::context>(net::ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  error_code error;
  context->use_certificate_chain_file(files.certificate, error);
  if (error) return fail("--tls-cert " + files.certificate + ": " + error.message(), "name a readable PEM file with the certificate");
  context->use_private_key_file(files.key, net::ssl::context::pem, error);
  if (error) return fail("--tls-key " + files.key + ": " + error.message(), "name the PEM file of the key that belongs to the certificate");
  return context;
}

std::string identity_of(const TlsFiles& files) {
  std::string identity;
  for (const auto& path : {files.certificate, files.key}) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) continue;
    identity += std::to_string(status.st_ino) + ":" + std::to_string(status.st_size) + ":" + std::to_string(status.st_mtim.tv_sec) + "." +
                std::to_string(status.st_mtim.tv_nsec) + " ";
  }
  return identity;
}

// One connection: the TLS side and the plain side, with what goes between.
struct Bridge {
  Bridge(tcp::socket socket, std::shared_ptr<net::ssl::context> with, std::shared_ptr<void> kept)
      : context(std::move(with)), keep(std::move(kept)), tls(std::move(socket), *context), plain(tls.get_executor()) {}

  std::shared_ptr<net::ssl::context> context;
  std::shared_ptr<void> keep;
  net::ssl::stream<tcp::socket> tls;
  Plain plain;

  void close() {
    error_code ignored;
    plain.close(ignored);
    tls.lowest_layer().close(ignored);
  }
};

void close_after(std::chrono::seconds time, const std::shared_ptr<Bridge>& bridge, net::steady_timer* limit) {
  limit->expires_after(time);
  limit->async_wait([weak = std::weak_ptr(bridge)](error_code cancelled) {
    if (const auto late = weak.lock(); late && !cancelled) late->close();
  });
}

net::awaitable<void> decrypt(std::shared_ptr<Bridge> bridge) {
  std::array<char, kBufferBytes> buffer;
  error_code error;
  while (!error) {
    const auto count = co_await bridge->tls.async_read_some(net::buffer(buffer), net::redirect_error(net::use_awaitable, error));
    if (!error) co_await net::async_write(bridge->plain, net::buffer(buffer, count), net::redirect_error(net::use_awaitable, error));
  }
  // No more will come; the answer may still be under way.
  bridge->plain.shutdown(Plain::shutdown_send, error);
}

net::awaitable<void> encrypt(std::shared_ptr<Bridge> bridge) {
  std::array<char, kBufferBytes> buffer;
  error_code error;
  net::steady_timer limit(bridge->tls.get_executor());
  while (!error) {
    const auto count = co_await bridge->plain.async_read_some(net::buffer(buffer), net::redirect_error(net::use_awaitable, error));
    if (error) break;
    close_after(kWriteTimeout, bridge, &limit); // a client that does not read does not notice when the session gives it up
    co_await net::async_write(bridge->tls, net::buffer(buffer, count), net::redirect_error(net::use_awaitable, error));
    limit.cancel();
  }
  close_after(kShutdownTimeout, bridge, &limit);
  co_await bridge->tls.async_shutdown(net::redirect_error(net::use_awaitable, error));
  bridge->close();
}

} // namespace

Result<std::unique_ptr<TlsFront>> TlsFront::create(const TlsFiles& files, OnPlain on_plain) {
  std::unique_ptr<TlsFront> front(new TlsFront(files, std::move(on_plain)));
  front->seen_ = identity_of(files);
  auto context = load(files);
  if (!context) return tl::unexpected(context.error());
  front->context_ = std::move(*context);
  return front;
}

void TlsFront::reload_if_changed() {
  auto identity = identity_of(files_);
  if (identity == seen_ && !problem_) return;
  seen_ = std::move(identity);
  auto context = load(files_);
  if (!context) { // tried again each time: rights may follow the file
    if (problem_ != context.error().text()) {
      log_error("the certificate cannot be read; the one read before stays in force", {{"why", context.error().text()}});
    }
    problem_ = context.error().text();
    return;
  }
  problem_.reset();
  context_ = std::move(*context);
  log_info("certificate read", {{"file", files_.certificate}});
}

void TlsFront::accept(tcp::socket socket, const std::string& address, std::shared_ptr<void> keep) {
  const auto executor = socket.get_executor();
  net::co_spawn(executor, serve(std::move(socket), address, std::move(keep)), net::detached);
}

net::awaitable<void> TlsFront::serve(tcp::socket socket, std::string address, std::shared_ptr<void> keep) {
  error_code error;
  socket.set_option(tcp::no_delay(true), error);
  const auto bridge = std::make_shared<Bridge>(std::move(socket), context_, std::move(keep));
  net::steady_timer limit(bridge->tls.get_executor());
  close_after(kHandshakeTimeout, bridge, &limit);
  co_await bridge->tls.async_handshake(net::ssl::stream_base::server, net::redirect_error(net::use_awaitable, error));
  limit.cancel();
  if (error) co_return;
  Plain behind(bridge->tls.get_executor());
  net::local::connect_pair(bridge->plain, behind, error);
  if (error) co_return;
  net::co_spawn(bridge->tls.get_executor(), decrypt(bridge), net::detached);
  net::co_spawn(bridge->tls.get_executor(), encrypt(bridge), net::detached);
  on_plain_(StreamSocket(std::move(behind)), address, bridge->keep);
}

} // namespace wardpulse::web
