// The tables of routes.
#include "base/version.h"
#include "web/docs_page.h"
#include "web/etag.h"
#include "web/explain.h"
#include "web/marts_api.h"
#include "web/ingest_replies.h"
#include "web/openapi.h"
#include "web/problem.h"
#include "web/service.h"
#include "web/summary.h"

namespace wardpulse::web {
namespace {

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

} // namespace

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
                      [this](const Request& request, const Caller&) {
                        return when_ready([&] { return answer_cells(request, store_, served_); });
                      },
                      cells_parameters(),
                      cell_answers});
  public_router_.add({"POST", "/session", Scope::kRead, "Exchanges the key in X-API-Key for a cookie of twelve hours.",
                      [this](const Request&, const Caller& caller) { return open_session(caller); }, {},
                      {{204, "The cookie is set."}}});
  public_router_.add(
      {"GET",
       "/ws",
       Scope::kNone,
       "Live cells by WebSocket, sub-protocol wardpulse.v1: with a key or session of scope read all topics, else topic public.",
       [this](const Request& request, const Caller& caller) { return judge_upgrade(request, caller); },
       {},
       {{101, "A WebSocket from here on."},
        {401, "The key or the session is not valid.", "application/problem+json", R"({"$ref":"#/components/schemas/Problem"})"},
        {426, "Not an upgrade to WebSocket.", "application/problem+json", R"({"$ref":"#/components/schemas/Problem"})"},
        unready},
       true});
  public_router_.add({"GET", "/openapi.json", Scope::kNone, "This document.",
                      [this](const Request&, const Caller&) { return Reply::json(200, openapi_); }, {},
                      {{200, "The OpenAPI document.", "application/json", "{\"type\":\"object\"}"}}});
  public_router_.add({"GET", "/docs", Scope::kNone, "The interface as a page to read.",
                      [this](const Request& request, const Caller&) {
                        return with_etag(request, Reply::of(200, "text/html; charset=utf-8", docs_));
                      },
                      {}, {{200, "The page.", "text/html; charset=utf-8", R"({"type":"string"})"}, not_modified}});
  public_router_.add({"GET", "/docs/style.css", Scope::kNone, "How the page looks.",
                      [](const Request& request, const Caller&) {
                        return with_etag(request, Reply::of(200, "text/css; charset=utf-8", std::string(docs_css())));
                      },
                      {}, {{200, "The style sheet.", "text/css; charset=utf-8", R"({"type":"string"})"}, not_modified}});
  public_router_.add({"GET", "/asyncapi.json", Scope::kNone, "The AsyncAPI document of the topics and the WebSocket.",
                      [](const Request&, const Caller&) { return Reply::json(200, std::string(asyncapi_json())); }, {},
                      {{200, "The AsyncAPI document.", "application/json", "{\"type\":\"object\"}"}}});
}

void Service::add_open_routes() {
  const Answer not_modified{304, "What the tag in If-None-Match names."};
  public_router_.add({"GET", "/dashboard", Scope::kNone, "The public view as a page.",
                      [this](const Request& request, const Caller&) { return dashboard_.get(request, "index.html"); }, {},
                      {{200, "The page.", "text/html; charset=utf-8", R"({"type":"string"})"}, not_modified,
                       {404, "No dashboard was built.", "application/problem+json", R"({"$ref":"#/components/schemas/Problem"})"}}});
  public_router_.add({"GET", "/public/metrics/summary", Scope::kNone, "What anybody may see: patients by department, in groups.",
                      [this](const Request& request, const Caller&) {
                        return with_etag(request, Reply::json(200, public_summary()));
                      },
                      {},
                      {{200, "Closed hours and days; 0 to 10 patients are shown as <11.", "application/json",
                        R"({"type":"object","required":["note","departments","totals"],"properties":{"note":{"type":"string"},)"
                        R"("departments":{"type":"array","items":{"type":"object"}},"totals":{"type":"array","items":{"type":"object"}}}})"},
                       not_modified}});
}

void Service::add_number_routes() {
  const Answer unready{503, "The cells have not been read yet.", "application/problem+json",
                       R"({"$ref":"#/components/schemas/Problem"})"};
  const auto with_unready = [&](std::vector<Answer> answers) {
    answers.push_back(unready);
    return answers;
  };
  for (const MartSpec& mart : marts()) {
    public_router_.add({"GET", "/api/v1/marts/" + std::string(mart.name), Scope::kRead,
                        "Rows of the mart " + std::string(mart.name) + ".",
                        [this, &mart](const Request& request, const Caller&) {
                          return when_ready(is_of_patients(mart), [&] { return answer_mart(mart, request, store_, patients_, served_); });
                        },
                        mart_parameters(mart), with_unready(mart_answers(mart))});
  }
  public_router_.add({"GET", "/api/v1/explain", Scope::kRead, "How a number came about.",
                      [this](const Request& request, const Caller&) {
                        return when_ready([&] { return answer_explain(request, store_, served_); });
                      },
                      explain_parameters(), with_unready(explain_answers())});
  public_router_.add({"GET", "/api/v1/system", Scope::kRead, "How the system itself is: consumers, replays, generations, clients.",
                      [this](const Request&, const Caller&) {
                        const InstanceBoard::Web web{hub_.viewer_count() + public_hub_.viewer_count(), served_.generation, version()};
                        return Reply::json(200, instances_.json(web, now()));
                      },
                      {}, system_answers()});
  public_router_.add({"GET", "/metrics/summary", Scope::kRead,
                      "The funnels in short: success rate, drop-off points, quality bottlenecks, time to analysis.",
                      [this](const Request& request, const Caller&) {
                        return when_ready([&] { return answer_summary(request, store_, served_); });
                      },
                      summary_parameters(), with_unready(summary_answers())});
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
                         metrics_.connections(connections_.counted());
                         return Reply::of(200, "text/plain; version=0.0.4; charset=utf-8",
                                          metrics_.page(hub_, public_hub_, pipe_heartbeat_.age(store_, now()), now()));
                       }});
}

} // namespace wardpulse::web
