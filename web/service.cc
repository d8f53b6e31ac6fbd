#include "web/service.h"

#include <boost/asio/post.hpp>
#include <unistd.h>

#include <random>

#include "base/json_writer.h"
#include "base/log.h"
#include "base/version.h"
#include "web/openapi.h"
#include "web/problem.h"
#include "web/ws_session.h"

namespace wardpulse::web {
namespace {

// What is still open then is cut off: a stop takes 10 s at most.
constexpr auto kStopTimeout = std::chrono::seconds{5};
constexpr auto kStopCheckInterval = std::chrono::milliseconds{20};

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

// 53 bits: exact in every JSON reader. Two services, or two runs of one, do not share an epoch.
std::uint64_t random_epoch() {
  std::random_device random;
  return ((static_cast<std::uint64_t>(random()) << 32) | random()) >> 11;
}

Problem not_ready() {
  return {.status = 503, .code = "not_ready", .detail = "the cells have not been read from Kafka yet",
          .remedy = "try again in a moment; /readyz of the private listener says what is missing"};
}

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
  return std::unique_ptr<Service>(new Service(options, std::move(dashboard), std::move(io), std::move(*public_listener),
                                              std::move(*private_listener)));
}

Service::Service(const ServiceOptions& options, StaticFiles dashboard, std::unique_ptr<net::io_context> io,
                 Listener public_listener, Listener private_listener)
    : options_(options),
      dashboard_(std::move(dashboard)),
      gate_(options.keys_path),
      metrics_(version()),
      io_(std::move(io)),
      public_listener_(std::move(public_listener)),
      private_listener_(std::move(private_listener)),
      push_timer_(*io_),
      second_timer_(*io_),
      stop_timer_(*io_),
      stop_descriptor_(*io_) {
  if (options_.client) {
    ingest_ = std::make_unique<Ingest>(IngestOptions{*options_.client, options_.topic_prefix, options_.zone});
    log_reader_ = std::make_unique<LogReader>(*options_.client, options_.topic_prefix);
  }
  add_public_routes();
  add_event_routes();
  add_private_routes();
  openapi_ = openapi_json(public_router_, version());
  public_context_ = {&public_router_, &gate_, &metrics_, &connections_, options_.limits,
                     [this](beast::tcp_stream stream, const RequestHead& head, const Caller& caller) {
                       upgrade(std::move(stream), head, caller);
                     }};
  private_context_ = {&private_router_, nullptr, &metrics_, &connections_, options_.limits, {}};
}

Service::~Service() = default;

void Service::add_public_routes() {
  const Answer file{200, "The file.", "*/*", {}};
  const Answer not_modified{304, "The file is that of the tag in If-None-Match."};
  const Answer missing{404, "There is no such file.", "application/problem+json",
                       R"({"$ref":"#/components/schemas/Problem"})"};
  const Answer unready{503, "The cells have not been read yet.", "application/problem+json",
                       R"({"$ref":"#/components/schemas/Problem"})"};
  public_router_.add({"GET",
                      "/",
                      Scope::kNone,
                      "The dashboard.",
                      [this](const Request& request, const Caller&) { return dashboard_.get(request, "index.html"); },
                      {},
                      {file, not_modified, missing}});
  public_router_.add(
      {"GET",
       "/assets/*",
       Scope::kNone,
       "The dashboard's files.",
       [this](const Request& request, const Caller&) { return dashboard_.get(request, request.path.substr(1)); },
       {},
       {file, not_modified, missing}});
  auto cell_answers = cells_answers();
  cell_answers.push_back(unready);
  public_router_.add({"GET", "/api/v1/cells", Scope::kRead, "Merged cells.",
                      [this](const Request& request, const Caller&) { return cells(request); }, cells_parameters(),
                      cell_answers});
  public_router_.add({"POST", "/session", Scope::kRead, "Exchanges the key in X-API-Key for a cookie of twelve hours.",
                      [this](const Request&, const Caller& caller) { return open_session(caller); }, {},
                      {{204, "The cookie is set."}}});
  public_router_.add(
      {"GET",
       "/ws",
       Scope::kRead,
       "Live cells by WebSocket, sub-protocol wardpulse.v1.",
       [this](const Request& request, const Caller&) { return judge_upgrade(request); },
       {},
       {{101, "A WebSocket from here on."},
        {426, "Not an upgrade to WebSocket.", "application/problem+json", R"({"$ref":"#/components/schemas/Problem"})"},
        unready},
       true});
  public_router_.add({"GET", "/openapi.json", Scope::kNone, "This document.",
                      [this](const Request&, const Caller&) { return Reply::json(200, openapi_); }, {},
                      {{200, "The OpenAPI document.", "application/json", "{\"type\":\"object\"}"}}});
  public_router_.add({"GET", "/asyncapi.json", Scope::kNone, "The AsyncAPI document of the topics and the WebSocket.",
                      [](const Request&, const Caller&) { return Reply::json(200, std::string(asyncapi_json())); }, {},
                      {{200, "The AsyncAPI document.", "application/json", "{\"type\":\"object\"}"}}});
}

void Service::add_event_routes() {
  const auto without_kafka = [](const ReplyLater& done) {
    done(problem_reply({.status = 503, .code = "unavailable", .detail = "this service has no connection to Kafka",
                        .remedy = "start it with --brokers"}).with("Retry-After", "60"));
  };
  const Body json{"application/json", ingest_body_schema(false)};
  public_router_.add({.method = "POST", .path = "/events", .scope = Scope::kIngest,
                      .summary = "Takes one event, and answers when Kafka has acknowledged it.",
                      .answers = ingest_answers(false),
                      .slow_handler = [this, without_kafka](Request request, const Caller&, ReplyLater done) {
                        if (ingest_) ingest_->one(std::move(request), std::move(done));
                        else without_kafka(done);
                      },
                      .bodies = {json}});
  public_router_.add({.method = "POST", .path = "/events/bulk", .scope = Scope::kIngest,
                      .summary = "Takes up to 5,000 events, as a JSON array or one a line; each has its own outcome.",
                      .answers = ingest_answers(true),
                      .slow_handler = [this, without_kafka](Request request, const Caller&, ReplyLater done) {
                        if (ingest_) ingest_->bulk(std::move(request), std::move(done));
                        else without_kafka(done);
                      },
                      .bodies = {{"application/json", ingest_body_schema(true)},
                                 {"application/x-ndjson", R"({"type":"string"})"}}});
  public_router_.add({.method = "GET", .path = "/events", .scope = Scope::kRead,
                      .summary = "The newest records of a topic, straight from the log.",
                      .parameters = log_reader_parameters(),
                      .answers = log_reader_answers(),
                      .slow_handler = [this, without_kafka](Request request, const Caller&, ReplyLater done) {
                        if (log_reader_) log_reader_->read(request, std::move(done));
                        else without_kafka(done);
                      }});
}

void Service::add_private_routes() {
  private_router_.add({"GET", "/livez", Scope::kNone, "The process works.",
                       [](const Request&, const Caller&) { return Reply::json(200, R"({"status":"ok"})"); }});
  private_router_.add({"GET", "/readyz", Scope::kNone, "It can serve, with each check by name.",
                       [this](const Request&, const Caller&) { return readiness(); }});
  private_router_.add({"GET", "/metrics", Scope::kNone, "Prometheus.", [this](const Request&, const Caller&) {
                         metrics_.connections(connections_.size());
                         return Reply::of(200, "text/plain; version=0.0.4; charset=utf-8", metrics_.page(hub_, now()));
                       }});
}

Reply Service::cells(const Request& request) const {
  if (!hub_.is_open()) return problem_reply(not_ready()).with("Retry-After", "1");
  return answer_cells(request, store_, served_);
}

Reply Service::open_session(const Caller& caller) const {
  return Reply::empty(204).with("Set-Cookie", gate_.session_cookie(caller, now()));
}

Reply Service::judge_upgrade(const Request& request) const {
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
  if (!hub_.is_open()) return problem_reply(not_ready()).with("Retry-After", "1");
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
  write_check("running", is_stopping_ ? std::optional<std::string>("stopping") : std::nullopt, &out);
  out.end_object();
  out.end_object();
  return Reply::json(is_ready ? 200 : 503, std::move(json));
}

void Service::accept(tcp::socket socket, const HttpContext& context) {
  if (connections_.is_full()) return metrics_.connection_refused(); // closes it
  std::make_shared<HttpSession>(std::move(socket), context)->start();
}

void Service::upgrade(beast::tcp_stream stream, const RequestHead& head, const Caller& caller) {
  auto is_welcome = [this, id = caller.key_id] { return gate_.is_active(id, now()); };
  std::make_shared<WsSession>(std::move(stream), hub_, metrics_, connections_, std::move(is_welcome))->start(head);
}

void Service::push() {
  hub_.tick(store_.take_changes());
  push_timer_.expires_after(options_.push_interval);
  push_timer_.async_wait([this](error_code error) { if (!error) push(); });
}

void Service::each_second() {
  gate_.reload_if_changed();
  hub_.heartbeat();
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
  push();
  each_second();
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

void Service::started(const std::string& generation) {
  net::post(*io_, [this, generation] {
    hub_.close();
    store_.clear();
    served_ = {.generation = generation};
    kafka_trouble_.reset();
  });
}

void Service::batch(std::vector<CellUpdate> updates) {
  while (!room_.try_acquire_for(std::chrono::milliseconds{100})) {
    if (is_stopping_) return;
  }
  net::post(*io_, [this, updates = std::move(updates)]() mutable {
    for (auto& update : updates) metrics_.record_read(store_.apply(std::move(update)));
    served_.as_of = now();
    room_.release();
  });
}

void Service::malformed_record() {
  net::post(*io_, [this] { metrics_.record_read(ApplyOutcome::kMalformed); });
}

void Service::ready() {
  net::post(*io_, [this] {
    store_.start_expiring();
    store_.take_changes(); // all of it is in the snapshots
    hub_.open(random_epoch());
    log_info("ready", {{"generation", served_.generation}, {"cells", store_.cell_count()}});
  });
}

void Service::trouble(std::optional<std::string> what) {
  net::post(*io_, [this, what = std::move(what)]() mutable {
    // Once for each trouble, not for each of its symptoms.
    if (what && !kafka_trouble_) log_warning("cells cannot be read for now", {{"why", *what}});
    if (!what && kafka_trouble_) log_info("cells can be read again");
    kafka_trouble_ = std::move(what);
  });
}

} // namespace wardpulse::web
