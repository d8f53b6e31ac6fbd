// The web service without Kafka: cells come in by the CellSink's calls, and go out by HTTP and WebSocket. One thread
// runs everything; only the CellSink's calls and stop() may come from another.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <semaphore>
#include <span>
#include <string>

#include "base/config.h"
#include "base/result.h"
#include "web/aggregates_reader.h"
#include "web/cells_api.h"
#include "web/gate.h"
#include "web/http_session.h"
#include "web/hub.h"
#include "web/ingest.h"
#include "web/instances.h"
#include "web/listener.h"
#include "web/log_reader.h"
#include "web/marts_api.h"
#include "web/metrics.h"
#include "web/pipe_heartbeat.h"
#include "web/public_view.h"
#include "web/push_pace.h"
#include "web/router.h"
#include "web/static_files.h"
#include "web/table_reader.h"
#include "web/tls_front.h"

namespace wardpulse::web {

struct ServiceOptions {
  HostPort listen{"127.0.0.1", 8080};
  HostPort private_listen{"127.0.0.1", 9103};
  std::string keys_path;
  Duration push_interval{100};
  // Where events are sent to and read from; nullopt: requests for that are answered with 503.
  std::optional<kafka::ClientOptions> client = std::nullopt;
  std::string topic_prefix = "wardpulse";
  PublicPolicy public_policy = PublicPolicy::kBands;
  Duration public_tick = kPublicTick; // for tests
  std::optional<Duration> pipe_heartbeat = std::nullopt; // how often; nullopt: none is sent
  TimeZone zone = TimeZone::utc(); // of times without offset in short forms
  HttpLimits limits;
  std::optional<TlsFiles> tls = std::nullopt; // of the public listener
  std::int64_t request_rate = 1000; // a second, of one key or address; 0: no limit
  std::int64_t max_connections = 20'000;
  std::int64_t max_connections_per_address = 2000;
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
  void loaded(std::unique_ptr<CellStore> cells, const ApplyCounts& records) override;
  void batch(std::vector<CellUpdate> updates) override;
  void malformed_record() override;
  void trouble(std::optional<std::string> what) override;
  // The rows of the patients' mart, from the start of their topic (again).
  void patients_started();
  void patients_ended(); // all that the topic held has come
  void patient_rows(std::vector<TableRow> rows);
  // Topic control, from its start (again).
  void control_started();
  void control_rows(std::vector<TableRow> rows);
  // What was published in topic public.
  void public_started();
  void public_rows(std::vector<TableRow> rows);
  void public_ready();

 private:
  Service(const ServiceOptions& options, StaticFiles dashboard, std::unique_ptr<net::io_context> io,
          Listener public_listener, Listener private_listener);

  void add_public_routes();
  void add_open_routes();
  void add_number_routes();
  void add_event_routes();
  void add_private_routes();
  Reply when_ready(const std::function<Reply()>& answer) const { return when_ready(false, answer); }
  Reply when_ready(bool with_patients, const std::function<Reply()>& answer) const;
  Reply open_session(const Caller& caller) const;
  Reply judge_upgrade(const Request& request, const Caller& caller) const;
  Reply readiness() const;
  void accept(tcp::socket socket, const HttpContext& context);
  void upgrade(Stream stream, const RequestHead& head, const Caller& caller, const std::string& address);
  void push_soon(std::span<const std::int32_t> partitions, std::span<const std::int32_t> said_all);
  void public_tick();
  void send_heartbeats();
  void forget_unpublished(const std::string& key);
  void show_public(const std::string& key, std::optional<PublicRow> row);
  const std::string& public_summary();
  void each_second();
  void begin_stop();
  void wait_for_connections(std::chrono::steady_clock::time_point deadline);

  const ServiceOptions options_;
  const StaticFiles dashboard_;
  CellStore store_;
  std::string incoming_generation_; // being read; until it is whole viewers see what they saw: nothing of two, and no gap
  // The public view and its stream. Nothing below here has access to the store; public_tick() hands counts over.
  PublicView public_view_;
  CellStore public_store_{public_families()};
  Hub public_hub_{public_store_, nullptr, true};
  std::int64_t public_version_ = 0;
  bool is_public_read_ = false;
  std::map<std::string, PublicRow> shown_public_;
  std::string public_summary_; // of what is shown; empty: to be made
  Hub hub_{store_, &public_hub_};
  Gate gate_;
  Metrics metrics_;
  PipeHeartbeat pipe_heartbeat_;
  Router public_router_;
  Router private_router_;
  PatientRows patients_;
  bool are_patients_read_ = false;
  InstanceBoard instances_;
  std::string openapi_;
  std::string docs_;
  Served served_;
  std::optional<std::string> kafka_trouble_; // why no cells come
  Connections connections_;
  RateLimiter limiter_;
  HttpContext public_context_;
  HttpContext private_context_;
  // Batches of cells that were handed over and not applied yet.
  std::counting_semaphore<> room_{8};
  std::atomic<bool> is_stopping_ = false;
  // Goes first: sessions that are still open use all of the above.
  std::unique_ptr<net::io_context> io_;
  Listener public_listener_;
  std::unique_ptr<TlsFront> tls_;
  Listener private_listener_;
  net::steady_timer push_timer_;
  PushPace pace_;
  net::steady_timer second_timer_;
  net::steady_timer public_timer_;
  net::steady_timer heartbeat_timer_;
  net::steady_timer stop_timer_;
  net::posix::stream_descriptor stop_descriptor_;
  // Their threads hand answers to io_, so they go before it.
  std::unique_ptr<Ingest> ingest_;
  std::unique_ptr<LogReader> log_reader_;
};

// Hands the rows of topic marts.patient-stats to the service.
TableReader patients_reader(const ReaderOptions& options, Service* service);
TableReader control_reader(const ReaderOptions& options, Service* service);
TableReader public_reader(const ReaderOptions& options, Service* service);

} // namespace wardpulse::web
