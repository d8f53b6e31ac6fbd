// The web service without Kafka: cells come in by the CellSink's calls, and go out by HTTP and WebSocket. One thread
// runs everything; only the CellSink's calls and stop() may come from another.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>

#include "base/config.h"
#include "base/result.h"
#include "web/aggregates_reader.h"
#include "web/cells_api.h"
#include "web/gate.h"
#include "web/http_session.h"
#include "web/hub.h"
#include "web/ingest.h"
#include "web/listener.h"
#include "web/log_reader.h"
#include "web/metrics.h"
#include "web/router.h"
#include "web/static_files.h"

namespace wardpulse::web {

struct ServiceOptions {
  HostPort listen{"127.0.0.1", 8080};
  HostPort private_listen{"127.0.0.1", 9103};
  std::string keys_path;
  Duration push_interval{100};
  // Where events are sent to and read from; nullopt: requests for that are answered with 503.
  std::optional<kafka::ClientOptions> client = std::nullopt;
  std::string topic_prefix = "wardpulse";
  TimeZone zone = TimeZone::utc(); // of times without offset in short forms
  HttpLimits limits;
};

class Service : public CellSink {
 public:
  // Binds both listeners.
  static Result<std::unique_ptr<Service>> create(const ServiceOptions& options, StaticFiles dashboard);
  ~Service() override;

  // Serves until stop(), or until `stop_fd` (-1: none) becomes readable; then closes clients and returns.
  void run(int stop_fd);
  void stop();
  // Set from the moment that a stop was asked for.
  const std::atomic<bool>& stopping() const { return is_stopping_; }

  std::uint16_t public_port() const { return public_listener_.endpoint().port(); }
  std::uint16_t private_port() const { return private_listener_.endpoint().port(); }

  void started(const std::string& generation) override;
  void batch(std::vector<CellUpdate> updates) override;
  void malformed_record() override;
  void ready() override;
  void trouble(std::optional<std::string> what) override;

 private:
  Service(const ServiceOptions& options, StaticFiles dashboard, std::unique_ptr<net::io_context> io,
          Listener public_listener, Listener private_listener);

  void add_public_routes();
  void add_event_routes();
  void add_private_routes();
  Reply cells(const Request& request) const;
  Reply open_session(const Caller& caller) const;
  Reply judge_upgrade(const Request& request) const;
  Reply readiness() const;
  void accept(tcp::socket socket, const HttpContext& context);
  void upgrade(beast::tcp_stream stream, const RequestHead& head, const Caller& caller);
  void push();
  void each_second();
  void begin_stop();
  void wait_for_connections(std::chrono::steady_clock::time_point deadline);

  const ServiceOptions options_;
  const StaticFiles dashboard_;
  CellStore store_;
  Hub hub_{store_};
  Gate gate_;
  Metrics metrics_;
  Router public_router_;
  Router private_router_;
  std::string openapi_;
  Served served_;
  std::optional<std::string> kafka_trouble_; // why no cells come
  Connections connections_;
  HttpContext public_context_;
  HttpContext private_context_;
  // Batches of cells that were handed over and not applied yet.
  std::counting_semaphore<> room_{4};
  std::atomic<bool> is_stopping_ = false;
  // Goes first: sessions that are still open use all of the above.
  std::unique_ptr<net::io_context> io_;
  Listener public_listener_;
  Listener private_listener_;
  net::steady_timer push_timer_;
  net::steady_timer second_timer_;
  net::steady_timer stop_timer_;
  net::posix::stream_descriptor stop_descriptor_;
  // Their threads hand answers to io_, so they go before it.
  std::unique_ptr<Ingest> ingest_;
  std::unique_ptr<LogReader> log_reader_;
};

} // namespace wardpulse::web
