#include "web/service.h"

#include <boost/asio/post.hpp>
#include <unistd.h>

#include "base/json_writer.h"
#include "base/log.h"
#include "base/version.h"
#include "web/docs_page.h"
#include "web/openapi.h"
#include "web/problem.h"
#include "web/ws_session.h"

namespace wardpulse::web {
namespace {

// What is still open then is cut off: a stop takes 10 s at most.
constexpr auto kStopTimeout = std::chrono::seconds{5};
constexpr auto kStopCheckInterval = std::chrono::milliseconds{20};

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

Problem not_ready() {
  return {.status = 503, .code = "not_ready", .detail = "the cells have not been read from Kafka yet",
          .remedy = "try again in a moment; /readyz of the private listener says what is missing"};
}

// Without a session: what fits into the socket's buffer, or nothing.
void send_away(tcp::socket socket) {
  const auto problem = problem_json({.status = 503,
                                     .code = "too_many_connections",
                                     .detail = "there are too many connections, in all or from this address",
                                     .remedy = "close those that are not needed; --max-connections and "
                                               "--max-connections-per-address set the limits"});
  const std::string answer = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 5\r\nContent-Length: " +
                             std::to_string(problem.size()) + "\r\nConnection: close\r\n\r\n" + problem;
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(net::buffer(answer), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

// Counts as a connection from the first byte of the handshake on.
class Handshake : public Connection {
 public:
  Handshake(Connections* connections, const std::string& address) : connections_(connections) { connections_->add(this, address); }
  ~Handshake() override { connections_->remove(this); }
  void stop() override {} // the session behind it is stopped, and then it ends

 private:
  Connections* const connections_;
};

void write_check(const char* name, const std::optional<std::string>& trouble, JsonWriter* out) {
  out->key(name).begin_object();
  out->key("ok").boolean(!trouble);
  if (trouble) out->key("detail").text(*trouble);
  out->end_object();
}

} // namespace

Result<std::unique_ptr<Service>> Service::create(const ServiceOptions& options, StaticFiles dashboard) {
  auto io = std::make_unique<net::io_context>(1);
  auto public_listener = Listener::bind(*io, options.listen, "listen");
  if (!public_listener) return tl::unexpected(public_listener.error());
  auto private_listener = Listener::bind(*io, options.private_listen, "private-listen");
  if (!private_listener) return tl::unexpected(private_listener.error());
  std::unique_ptr<Service> service(new Service(options, std::move(dashboard), std::move(io), std::move(*public_listener),
                                               std::move(*private_listener)));
  if (!options.tls) return service;
  auto front = TlsFront::create(*options.tls, [service = service.get()](StreamSocket socket, const std::string& address, const std::shared_ptr<void>& handshake) {
    service->connections_.uncount(static_cast<Handshake*>(handshake.get())); // the session is counted
    std::make_shared<HttpSession>(std::move(socket), service->public_context_, address)->start();
  });
  if (!front) return tl::unexpected(front.error());
  service->tls_ = std::move(*front);
  return service;
}

Service::Service(const ServiceOptions& options, StaticFiles dashboard, std::unique_ptr<net::io_context> io,
                 Listener public_listener, Listener private_listener)
    : options_(options),
      dashboard_(std::move(dashboard)),
      public_view_(options.public_policy),
      gate_(options.keys_path),
      metrics_(version()),
      connections_(static_cast<std::size_t>(options.max_connections), static_cast<std::size_t>(options.max_connections_per_address)),
      limiter_(options.request_rate),
      io_(std::move(io)),
      public_listener_(std::move(public_listener)),
      private_listener_(std::move(private_listener)),
      push_timer_(*io_),
      pace_(options_.push_interval),
      second_timer_(*io_),
      public_timer_(*io_),
      heartbeat_timer_(*io_),
      stop_timer_(*io_),
      stop_descriptor_(*io_) {
  if (options_.client) {
    ingest_ = std::make_unique<Ingest>(IngestOptions{*options_.client, options_.topic_prefix, options_.zone});
    log_reader_ = std::make_unique<LogReader>(*options_.client, options_.topic_prefix);
  }
  add_public_routes();
  add_open_routes();
  add_number_routes();
  add_event_routes();
  add_private_routes();
  openapi_ = openapi_json(public_router_, version());
  docs_ = docs_html(public_router_, version());
  public_context_ = {&public_router_, &gate_, &metrics_, &connections_, options_.tls.has_value(), &limiter_, options_.limits,
                     [this](Stream stream, const RequestHead& head, const Caller& caller, const std::string& address) {
                       upgrade(std::move(stream), head, caller, address);
                     }};
  private_context_ = {&private_router_, nullptr, &metrics_, &connections_, false, nullptr, options_.limits, {}};
}

Service::~Service() = default;

Reply Service::when_ready(bool with_patients, const std::function<Reply()>& answer) const {
  const bool lacks_patients = with_patients && options_.client && !are_patients_read_;
  return hub_.is_open() && !lacks_patients ? answer() : problem_reply(not_ready()).with("Retry-After", "1");
}

Reply Service::open_session(const Caller& caller) const {
  return Reply::empty(204).with("Set-Cookie", gate_.session_cookie(caller, now()) + (options_.tls ? "; Secure" : ""));
}

Reply Service::judge_upgrade(const Request& request, const Caller& caller) const {
  const bool is_upgrade = request.method == "GET" && has_token(request.header("upgrade"), "websocket") &&
                          has_token(request.header("connection"), "upgrade") &&
                          request.header("sec-websocket-version") == "13" && request.has_header("sec-websocket-key");
  if (!is_upgrade) {
    return problem_reply({.status = 426,
                          .code = "upgrade_needed",
                          .detail = "this is the address of a WebSocket (version 13)",
                          .remedy = "connect with a WebSocket client, sub-protocol wardpulse.v1"})
        .with("Upgrade", "websocket")
        .with("Sec-WebSocket-Version", "13");
  }
  const auto offered = request.header("sec-websocket-protocol");
  if (!offered.empty() && !has_token(offered, kSubProtocol)) {
    return problem_reply({.status = 400,
                          .code = "unknown_subprotocol",
                          .detail = "none of the offered sub-protocols is spoken here",
                          .remedy = "offer wardpulse.v1, or none"});
  }
  // A key or session that is no good is not taken for nobody in particular: its owner thinks to be let in.
  if (caller.scope == Scope::kNone && (request.has_header("x-api-key") || has_session_cookie(request))) {
    return problem_reply({.status = 401, .code = "key_needed", .detail = "the key or the session is not valid (any more)",
                          .remedy = "get a new one; without any, topic public can be had"});
  }
  const bool is_open = scope_allows(caller.scope, Scope::kRead) ? hub_.is_open() : public_hub_.is_open();
  if (!is_open) return problem_reply(not_ready()).with("Retry-After", "1");
  return Reply::empty(101);
}

Reply Service::readiness() const {
  const std::optional<std::string> unread =
      hub_.is_open() ? std::nullopt : std::optional<std::string>("not read to their end yet");
  const bool is_ready = !unread && !kafka_trouble_ && !gate_.problem() && !is_stopping_;
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  out.key("status").text(is_ready ? "ready" : "not ready");
  out.key("checks").begin_object();
  write_check("cells", unread, &out);
  write_check("kafka", kafka_trouble_, &out);
  write_check("keys", gate_.problem(), &out);
  if (tls_) write_check("certificate", tls_->problem(), &out);
  write_check("running", is_stopping_ ? std::optional<std::string>("stopping") : std::nullopt, &out);
  out.end_object();
  out.end_object();
  return Reply::json(is_ready ? 200 : 503, std::move(json));
}

void Service::accept(tcp::socket socket, const HttpContext& context) {
  error_code error;
  const auto address = socket.remote_endpoint(error).address().to_string();
  if (error) return; // gone already
  // The private listener answers whatever the public one is going through.
  if (&context == &public_context_ && connections_.is_full(address)) {
    metrics_.connection_refused();
    return send_away(std::move(socket));
  }
  if (&context == &public_context_ && tls_) {
    tls_->accept(std::move(socket), address, std::make_shared<Handshake>(&connections_, address));
  } else {
    std::make_shared<HttpSession>(StreamSocket(std::move(socket)), context, address)->start();
  }
}

void Service::upgrade(Stream stream, const RequestHead& head, const Caller& caller, const std::string& address) {
  auto is_welcome = [this, id = caller.key_id] { return id.empty() || gate_.is_active(id, now()); };
  Hub& hub = scope_allows(caller.scope, Scope::kRead) ? hub_ : public_hub_;
  std::make_shared<WsSession>(std::move(stream), hub, metrics_, connections_, std::move(is_welcome), address)->start(head);
}

void Service::push_soon(std::span<const std::int32_t> partitions, std::span<const std::int32_t> said_all) {
  if (is_stopping_) return;
  const Time moment = now();
  push_timer_.expires_after(pace_.changed(moment, partitions, said_all) - moment); // gives up the wait before
  push_timer_.async_wait([this](error_code error) {
    if (error || std::chrono::steady_clock::now() < push_timer_.expiry()) return; // put off when it was about to run
    pace_.pushed(now());
    hub_.tick(store_.take_changes());
  });
}

void Service::each_second() {
  gate_.reload_if_changed();
  if (tls_) tls_->reload_if_changed();
  hub_.heartbeat();
  public_hub_.heartbeat();
  second_timer_.expires_after(std::chrono::seconds{1});
  second_timer_.async_wait([this](error_code error) { if (!error) each_second(); });
}

void Service::run(int stop_fd) {
  public_listener_.start([this](tcp::socket socket) { accept(std::move(socket), public_context_); });
  private_listener_.start([this](tcp::socket socket) { accept(std::move(socket), private_context_); });
  if (stop_fd >= 0) {
    stop_descriptor_.assign(::dup(stop_fd));
    stop_descriptor_.async_wait(net::posix::stream_descriptor::wait_read, [this](error_code error) {
      if (!error) begin_stop();
    });
  }
  each_second();
  if (!options_.client) public_ready(); // nothing was published, and nothing is kept
  public_tick();
  if (options_.pipe_heartbeat && ingest_) send_heartbeats();
  for (;;) {
    try {
      io_->run();
      return;
    } catch (const std::exception& problem) {
      log_error("an operation failed; the service goes on", {{"why", problem.what()}});
    }
  }
}

void Service::stop() { net::post(*io_, [this] { begin_stop(); }); }

void Service::begin_stop() {
  if (is_stopping_.exchange(true)) return;
  log_info("stopping", {{"connections", connections_.size()}});
  public_listener_.stop();
  private_listener_.stop();
  push_timer_.cancel();
  second_timer_.cancel();
  public_timer_.cancel();
  heartbeat_timer_.cancel();
  error_code ignored;
  stop_descriptor_.close(ignored);
  connections_.stop_all();
  wait_for_connections(std::chrono::steady_clock::now() + kStopTimeout);
}

void Service::wait_for_connections(std::chrono::steady_clock::time_point deadline) {
  if (connections_.size() == 0 || std::chrono::steady_clock::now() > deadline) return io_->stop();
  stop_timer_.expires_after(kStopCheckInterval);
  stop_timer_.async_wait([this, deadline](error_code) { wait_for_connections(deadline); });
}

void Service::patients_started() {
  net::post(*io_, [this] {
    patients_.clear();
    are_patients_read_ = false;
  });
}

void Service::patients_ended() {
  net::post(*io_, [this] { are_patients_read_ = true; });
}

void Service::patient_rows(std::vector<TableRow> rows) {
  net::post(*io_, [this, rows = std::move(rows)]() mutable {
    for (auto& row : rows) {
      if (row.value) patients_.put(std::move(row.key), std::move(*row.value));
      else patients_.remove(row.key);
    }
  });
}

void Service::control_started() {
  net::post(*io_, [this] { instances_.clear(); });
}

void Service::control_rows(std::vector<TableRow> rows) {
  net::post(*io_, [this, rows = std::move(rows)] { instances_.take(rows); });
}

void Service::send_heartbeats() {
  heartbeat_timer_.expires_after(*options_.pipe_heartbeat);
  heartbeat_timer_.async_wait([this](error_code error) { if (!error) send_heartbeats(); });
  if (!hub_.is_open()) return;
  for (const auto& record : pipe_heartbeat_.due(store_, now())) {
    ingest_->put_heartbeat(record.topic, record.partition, record.value, [this, record](std::optional<std::int64_t> offset) {
      net::post(*io_, [this, record, offset] { pipe_heartbeat_.delivered(record, offset); });
    });
  }
}

void Service::started(const std::string& generation) {
  net::post(*io_, [this, generation] {
    incoming_generation_ = generation;
    kafka_trouble_.reset();
  });
}

void Service::loaded(std::unique_ptr<CellStore> cells, const ApplyCounts& records) {
  net::post(*io_, [this, cells = std::move(cells), records]() mutable {
    for (std::size_t i = 0; i < records.size(); ++i) metrics_.records_read(static_cast<ApplyOutcome>(i), records[i]);
    store_.swap(*cells);
    served_ = {.generation = incoming_generation_, .as_of = now()};
    hub_.open(new_epoch());
    cells.reset(); // what was shown until now: nobody refers to it any more
    public_tick();
    log_info("ready", {{"generation", served_.generation}, {"cells", store_.cell_count()}});
  });
}

void Service::batch(std::vector<CellUpdate> updates) {
  while (!room_.try_acquire_for(std::chrono::milliseconds{100})) {
    if (is_stopping_) return;
  }
  net::post(*io_, [this, updates = std::move(updates)]() mutable {
    std::vector<std::int32_t> partitions, said_all; // they come in runs
    for (auto& update : updates) {
      if (partitions.empty() || partitions.back() != update.partition) partitions.push_back(update.partition);
      if (update.ends_publication()) said_all.push_back(update.partition);
      metrics_.records_read(store_.apply(std::move(update)), 1);
    }
    served_.as_of = now();
    push_soon(partitions, said_all);
    room_.release();
  });
}

void Service::malformed_record() {
  net::post(*io_, [this] { metrics_.records_read(ApplyOutcome::kMalformed, 1); });
}

void Service::trouble(std::optional<std::string> what) {
  net::post(*io_, [this, what = std::move(what)]() mutable {
    // Once for each trouble, not for each of its symptoms.
    if (what && !kafka_trouble_) log_warning("cells cannot be read for now", {{"why", *what}});
    if (!what && kafka_trouble_) log_info("cells can be read again");
    kafka_trouble_ = std::move(what);
  });
}

TableReader control_reader(const ReaderOptions& options, Service* service) {
  return TableReader(options.client, options.topic_prefix + ".control",
                     {.on_started = [service] { service->control_started(); },
                      .on_rows = [service](std::vector<TableRow> rows) { service->control_rows(std::move(rows)); },
                      .on_end = [] {}});
}

TableReader patients_reader(const ReaderOptions& options, Service* service) {
  return TableReader(options.client, options.topic_prefix + ".marts.patient-stats",
                     {.on_started = [service] { service->patients_started(); },
                      .on_rows = [service](std::vector<TableRow> rows) { service->patient_rows(std::move(rows)); },
                      .on_end = [service] { service->patients_ended(); }});
}

} // namespace wardpulse::web
