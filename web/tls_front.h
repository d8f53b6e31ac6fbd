// TLS for the public listener: takes connections, shakes hands, and hands on what comes out as plain bytes over a pair of
// local sockets, so that nothing behind it knows about TLS.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "web/net.h"

namespace wardpulse::web {

struct TlsFiles {
  std::string certificate; // PEM, the server's first, then those between it and the root
  std::string key;         // PEM
};

class TlsFront {
 public:
  // `on_plain` takes over a connection after its handshake. Error: the files do not read, or do not belong together.
  // `keep` is what accept() was given.
  using OnPlain = std::function<void(StreamSocket, const std::string& address, const std::shared_ptr<void>& keep)>;
  static Result<std::unique_ptr<TlsFront>> create(const TlsFiles& files, OnPlain on_plain);

  // `keep` lives as long as the connection does, handshake included.
  void accept(tcp::socket socket, const std::string& address, std::shared_ptr<void> keep);
  // New connections get the new files. When they do not read, those before stay in force and problem() tells.
  void reload_if_changed();
  const std::optional<std::string>& problem() const { return problem_; }

 private:
  TlsFront(TlsFiles files, OnPlain on_plain) : files_(std::move(files)), on_plain_(std::move(on_plain)) {}
  net::awaitable<void> serve(tcp::socket socket, std::string address, std::shared_ptr<void> keep);

  const TlsFiles files_;
  const OnPlain on_plain_;
  std::shared_ptr<net::ssl::context> context_; // connections hold on to the one that they began with
  std::string seen_;
  std::optional<std::string> problem_;
};

} // namespace wardpulse::web
