// The whole service over real loopback sockets, with cells handed in as the Kafka reader would.
#include "web/service.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <gtest/gtest.h>
#include <simdjson.h>
#include <sys/resource.h>

#include <filesystem>

#include <fstream>
#include <thread>

#include "tests/web/cells.h"
#include "tests/web/http_client.h"
#include "tests/web/temporary_folder.h"

namespace wardpulse::web {
namespace {

using namespace test;
namespace websocket = beast::websocket;

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

class ServiceTest : public testing::Test {
 protected:
  explicit ServiceTest(const HttpLimits& limits = {}) {
    folder_.write("site/index.html", "<html>dashboard");
    folder_.write("site/assets/app.js", "app");
    key_ = create_key(folder_.path("keys"), Scope::kRead, "", now(), std::nullopt)->text;
    ServiceOptions options;
    options.listen = options.private_listen = HostPort{"127.0.0.1", 0};
    options.keys_path = folder_.path("keys");
    options.push_interval = Duration{10};
    options.limits = limits;
    auto service = Service::create(options, *StaticFiles::load(folder_.path("site")));
    EXPECT_TRUE(service);
    service_ = std::move(*service);
    thread_ = std::thread([this] { service_->run(-1); });
  }
  ~ServiceTest() override { stop(); }

  void stop() {
    if (!thread_.joinable()) return;
    service_->stop();
    thread_.join();
  }
  void fill() {
    load("live", department_cell({.checkins = 3}));
  }
  void load(const std::string& generation, const Cell& cell) {
    service_->started(generation);
    service_->loaded(store_with(cell), {});
  }
  static std::unique_ptr<CellStore> store_with(const Cell& cell) {
    auto cells = std::make_unique<CellStore>();
    cells->start_loading();
    cells->apply(update_of(cell));
    cells->start_expiring();
    return cells;
  }

  std::string ask(const std::string& request) {
    Client client(service_->public_port());
    client.send(request);
    return client.read_all();
  }
  std::string get(const std::string& target, const std::string& headers = "", std::uint16_t port = 0) {
    Client client(port == 0 ? service_->public_port() : port);
    client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + headers + "\r\n");
    return client.read_all();
  }
  std::string key_header() const { return "X-API-Key: " + key_ + "\r\n"; }
  static std::string status(const std::string& answer) { return status_of(answer); }

  TemporaryFolder folder_;
  std::string key_;
  std::unique_ptr<Service> service_;
  std::thread thread_;
};

TEST_F(ServiceTest, ServesTheDashboardWithSecurityHeaders) {
  const auto page = get("/");
  EXPECT_EQ(status(page), "200");
  EXPECT_TRUE(page.ends_with("\r\n\r\n<html>dashboard"));
  for (const auto& answer :
       {page, get("/nothing"), get("/api/v1/cells"), get("/openapi.json"), ask("nonsense\r\n\r\n")}) {
    EXPECT_NE(answer.find("Content-Security-Policy: default-src 'self'; script-src 'self'; style-src 'self'"),
              std::string::npos);
    EXPECT_NE(answer.find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_NE(answer.find("X-Content-Type-Options: nosniff"), std::string::npos);
    EXPECT_NE(answer.find("Referrer-Policy: no-referrer"), std::string::npos);
  }
  EXPECT_TRUE(get("/assets/app.js").ends_with("app"));
  for (const char* target :
       {"/assets/../index.html", "/assets/%2e%2e/%2e%2e/keys", "/assets/..%2fkeys", "/keys", "/index.html"}) {
    EXPECT_EQ(status(get(target)), "404") << target;
  }
}

TEST_F(ServiceTest, IsReadyWhenTheTopicIsRead) {
  const auto port = service_->private_port();
  EXPECT_EQ(status(get("/livez", "", port)), "200");
  const auto before = get("/readyz", "", port);
  EXPECT_EQ(status(before), "503");
  EXPECT_NE(before.find("\"cells\":{\"ok\":false,"), std::string::npos);
  EXPECT_EQ(status(get("/api/v1/cells?family=census", key_header())), "503");
  fill();
  EXPECT_EQ(status(get("/readyz", "", port)), "200");
  service_->trouble("broker away");
  const auto after = get("/readyz", "", port);
  EXPECT_EQ(status(after), "503");
  EXPECT_NE(after.find("broker away"), std::string::npos);
  EXPECT_EQ(status(get("/api/v1/cells?family=census", key_header())), "200") << "what was read is still served";
  EXPECT_EQ(status(get("/livez")), "404") << "not on the public listener";
}

TEST_F(ServiceTest, SurvivesRunningOutOfDescriptors) {
  get("/livez"); // whatever is opened once is open
  net::io_context context;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const auto open = std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(open) + 15;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  std::vector<tcp::socket> clients;
  error_code error; // no exceptions: the undefined behaviour sanitizer needs a descriptor to look at them
  while (!error && clients.size() < 20) {
    clients.emplace_back(context).connect({net::ip::address_v4::loopback(), service_->public_port()}, error);
  }
  EXPECT_EQ(error, net::error::no_descriptors);
  clients.clear();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(status(get("/")), "200");
}

TEST_F(ServiceTest, CountsRequests) {
  get("/nothing");
  const auto page = get("/metrics", "", service_->private_port());
  EXPECT_NE(page.find("wardpulse_http_requests_total{code=\"404\",route=\"none\"} 1"), std::string::npos) << page;
  EXPECT_NE(page.find("wardpulse_build_info{version=\""), std::string::npos);
  EXPECT_NE(page.find("wardpulse_ws_clients 0"), std::string::npos);
}

TEST_F(ServiceTest, CellsNeedAKeyOrACookie) {
  fill();
  EXPECT_EQ(status(get("/api/v1/cells?family=census")), "401");
  EXPECT_EQ(status(get("/api/v1/cells?family=census", "X-API-Key: wp_read_x\r\n")), "401");
  const auto cells = get("/api/v1/cells?family=department&window=1m", key_header());
  EXPECT_EQ(status(cells), "200");
  EXPECT_NE(cells.find("\"checkins\":3"), std::string::npos);
  EXPECT_NE(cells.find("Cache-Control: no-store"), std::string::npos);
  const auto session = ask("POST /session HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + key_header() + "\r\n");
  EXPECT_EQ(status(session), "204");
  const auto begin = session.find("wp_session=");
  const auto cookie = session.substr(begin, session.find(';', begin) - begin);
  EXPECT_EQ(status(get("/api/v1/cells?family=census", "Cookie: " + cookie + "\r\n")), "200");
  EXPECT_EQ(status(ask("POST /session HTTP/1.1\r\nHost: a\r\nConnection: close\r\nOrigin: http://b\r\n" + key_header() +
                       "\r\n")),
            "403");
  EXPECT_EQ(status(ask("POST /session HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: " + cookie + "\r\n\r\n")),
            "401");
}

TEST_F(ServiceTest, ServesItsDocuments) {
  const auto asyncapi = get("/asyncapi.json");
  EXPECT_EQ(status(asyncapi), "200");
  simdjson::dom::parser parser;
  const simdjson::dom::element document = parser.parse(asyncapi.substr(asyncapi.find("\r\n\r\n") + 4));
  EXPECT_EQ(std::string_view(document["asyncapi"]), "3.0.0");
  // It is whole: there is no other document to look into.
  std::size_t references = 0;
  const auto follow = [&](const auto& self, simdjson::dom::element element) -> void {
    simdjson::dom::array array;
    simdjson::dom::object object;
    if (element.get(array) == simdjson::SUCCESS) {
      for (const auto item : array) self(self, item);
    }
    if (element.get(object) != simdjson::SUCCESS) return;
    for (const auto [name, value] : object) {
      std::string_view target;
      self(self, value);
      if (name != "$ref" || value.get(target) != simdjson::SUCCESS) continue;
      ++references;
      ASSERT_TRUE(target.starts_with("#/")) << target;
      EXPECT_EQ(document.at_pointer(target.substr(1)).error(), simdjson::SUCCESS) << target;
    }
  };
  follow(follow, document);
  EXPECT_GT(references, 20U);
}

TEST_F(ServiceTest, HeadHasTheHeadersAlone) {
  const auto head = ask("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status(head), "200");
  EXPECT_NE(head.find("Content-Length: 15\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST_F(ServiceTest, KeepsConnectionsAndTakesPipelinedRequests) {
  Client client(service_->public_port());
  const std::string request = "GET /assets/app.js HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(request + "\r\n" + request);
  EXPECT_TRUE(client.read_one().ends_with("app"));
  EXPECT_TRUE(client.read_one().ends_with("app"));
  client.send(request);
  EXPECT_TRUE(client.read_one().ends_with("app"));
}

TEST_F(ServiceTest, ReadsBodies) {
  Client client(service_->public_port());
  client.send("POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_one(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("12345GET /assets/app.js HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status(client.read_one()), "404");
  EXPECT_TRUE(client.read_one().ends_with("app")) << "the body was not taken for a request";
}

// A refused head ends the connection: what follows it is never taken for a request.
// A head costs nobody a mebibyte.
TEST_F(ServiceTest, BodiesThatAreOnlyAnnouncedTakeNoMemory) {
  const auto resident_kib = [] {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
    }
    return 0L;
  };
  const auto before = resident_kib();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<Client>(service_->public_port()));
    clients.back()->send("POST /events HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\nx");
  }
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (get("/metrics", "", service_->private_port()).find("wardpulse_connections 101\n") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
  EXPECT_LT(resident_kib() - before, 30 * 1024);
}

TEST_F(ServiceTest, SmuggledRequestsAreNotAnswered) {
  const std::string smuggled = "GET /assets/app.js HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string headers :
       {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 0\r\nContent-Length: 44\r\n",
        "Transfer-Encoding: chunked\r\n", "Host: b\r\n", "X: y\r\n folded\r\n"}) {
    const auto answer = ask("POST / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n0\r\n\r\n" + smuggled);
    EXPECT_EQ(answer.find("HTTP/1.1 4"), 0U) << headers;
    EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << "one answer only: " << headers;
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  }
  EXPECT_EQ(status(ask("GET / HTTP/1.1\nHost: a\n\n")), "400");
  EXPECT_EQ(status(ask("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n")), "431");
  EXPECT_EQ(status(ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n")), "413");
}

class ImpatientServiceTest : public ServiceTest {
 protected:
  ImpatientServiceTest() : ServiceTest({.head = kShort, .body = kShort, .idle = kShort}) {}
  static constexpr std::chrono::milliseconds kShort{200};
};

TEST_F(ImpatientServiceTest, SlowRequestsAreGivenUp) {
  EXPECT_EQ(ask(""), "");
  for (const std::string request : {"GET / HTTP/1.1\r\nHost: a\r\n",
                                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n123"}) {
    const auto answer = ask(request);
    EXPECT_EQ(status(answer), "408") << request;
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  }
}

class WsClient {
 public:
  WsClient(std::uint16_t port, const std::string& key, const std::string& origin = "",
           const std::string& protocol = "wardpulse.v1")
      : ws_(io_) {
    ws_.next_layer().connect({net::ip::address_v4::loopback(), port});
    const timeval limit{kPatience.count(), 0};
    ::setsockopt(ws_.next_layer().native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ws_.set_option(websocket::stream_base::decorator([=](websocket::request_type& request) {
      if (!key.empty()) request.set("X-API-Key", key);
      if (!origin.empty()) request.set("Origin", origin);
      if (!protocol.empty()) request.set("Sec-WebSocket-Protocol", protocol);
    }));
    ws_.handshake(response_, "a", "/ws", error_);
  }
  int status() const { return response_.result_int(); }
  std::string protocol() const { return std::string(response_["Sec-WebSocket-Protocol"]); }
  void send(const std::string& text) { ws_.write(net::buffer(text)); }
  // The next message of that type; heartbeats and others are passed over. Empty: the connection ended.
  std::string read(const std::string& type) {
    for (;;) {
      beast::flat_buffer buffer;
      ws_.read(buffer, error_);
      if (error_) return {};
      const std::string text(static_cast<const char*>(buffer.data().data()), buffer.size());
      if (text.starts_with("{\"type\":\"" + type + "\"")) return text;
    }
  }
  int close_code() const { return ws_.reason().code; }

 private:
  net::io_context io_;
  websocket::stream<tcp::socket> ws_;
  websocket::response_type response_;
  error_code error_;
};

TEST_F(ServiceTest, WebSocketSendsSnapshotDeltaAndHeartbeat) {
  fill();
  WsClient client(service_->public_port(), key_);
  ASSERT_EQ(client.status(), 101);
  EXPECT_EQ(client.protocol(), "wardpulse.v1");
  client.send(R"({"op":"subscribe","topics":["department:1m"]})");
  const auto snapshot = client.read("snapshot");
  EXPECT_NE(snapshot.find("\"checkins\":3"), std::string::npos) << snapshot;
  service_->batch({update_of(department_cell({.checkins = 8, .version = 2}))});
  EXPECT_NE(client.read("delta").find("\"checkins\":8"), std::string::npos);
  EXPECT_NE(client.read("heartbeat").find("\"department:1m\":{\"epoch\":"), std::string::npos);
  client.send(std::string(5000, ' '));
  EXPECT_NE(client.read("error").find("too_large"), std::string::npos);

  load("other", department_cell({.checkins = 1}));
  EXPECT_NE(client.read("snapshot").find("\"checkins\":1"), std::string::npos) << "another generation is a new epoch";
}

TEST_F(ServiceTest, AnotherGenerationIsShownWhenItIsWholeAndNotBefore) {
  fill();
  const auto cells = [this] { return get("/api/v1/cells?family=department&window=1m", key_header()); };
  service_->started("other");
  const auto while_read = cells();
  EXPECT_EQ(status(while_read), "200");
  EXPECT_EQ(while_read.find("\"checkins\":77"), std::string::npos);
  EXPECT_NE(while_read.find("\"generation\":\"live\""), std::string::npos) << while_read;
  service_->loaded(store_with(department_cell({.checkins = 77})), {});
  const auto after = cells();
  EXPECT_NE(after.find("\"checkins\":77"), std::string::npos) << after;
  EXPECT_NE(after.find("\"generation\":\"other\""), std::string::npos);
}

TEST_F(ServiceTest, WebSocketIsForThoseLetIn) {
  EXPECT_EQ(WsClient(service_->public_port(), key_).status(), 503) << "nothing was read yet";
  fill();
  EXPECT_EQ(WsClient(service_->public_port(), "wp_read_x").status(), 401);
  EXPECT_EQ(WsClient(service_->public_port(), key_, "http://evil.example").status(), 403);
  EXPECT_EQ(WsClient(service_->public_port(), key_, "http://a").status(), 101);
  EXPECT_EQ(WsClient(service_->public_port(), key_, "", "chat").status(), 400);
  EXPECT_EQ(WsClient(service_->public_port(), key_, "", "").status(), 101);
  EXPECT_EQ(status(get("/ws", key_header())), "426");
}

TEST_F(ServiceTest, EverybodyHasTheTopicPublicAndNoOther) {
  const auto closed = department_cell({.start = kStart, .checkins = 3, .status = CellStatus::kClosed,
                                       .watermark = kStart + std::chrono::hours{2}, .size = WindowSize::k1h});
  load("live", closed);
  WsClient client(service_->public_port(), "");
  ASSERT_EQ(client.status(), 101);
  client.send(R"({"op":"subscribe","topics":["public","census"]})");
  EXPECT_NE(client.read("error").find("forbidden"), std::string::npos);
  const auto snapshot = client.read("snapshot");
  EXPECT_NE(snapshot.find(R"("topic":"public")"), std::string::npos);
  EXPECT_NE(snapshot.find(R"("patients":"<11")"), std::string::npos) << snapshot;
  const auto summary = get("/public/metrics/summary");
  EXPECT_EQ(status(summary), "200");
  EXPECT_NE(summary.find(R"("patients":"<11")"), std::string::npos) << summary;
  EXPECT_EQ(status(get("/dashboard")), "200");
  WsClient reader(service_->public_port(), key_);
  reader.send(R"({"op":"subscribe","topics":["public"]})");
  EXPECT_NE(reader.read("snapshot").find(R"("family":"public")"), std::string::npos) << "whoever may read may read this too";
}

TEST_F(ServiceTest, WebSocketThatSendsWithoutEndIsClosed) {
  fill();
  WsClient client(service_->public_port(), "");
  for (int i = 0; i < 300; ++i) client.send(R"({"op":"unsubscribe","topics":["public"]})");
  EXPECT_EQ(client.read("nothing"), "");
  EXPECT_EQ(client.close_code(), websocket::close_code::policy_error);
}

TEST_F(ServiceTest, WebSocketEndsWithItsKey) {
  fill();
  WsClient client(service_->public_port(), key_);
  ASSERT_TRUE(revoke_key(folder_.path("keys"), parse_api_key(key_)->id, now()));
  EXPECT_EQ(client.read("nothing"), "");
  EXPECT_EQ(client.close_code(), websocket::close_code::policy_error);
}

TEST_F(ServiceTest, StopClosesClientsWith1001) {
  fill();
  WsClient client(service_->public_port(), key_);
  Client idle(service_->public_port());
  service_->stop();
  EXPECT_EQ(client.read("nothing"), "");
  EXPECT_EQ(client.close_code(), websocket::close_code::going_away);
  thread_.join();
}

TEST_F(ServiceTest, StopEndsWithClientsThatDoNotAnswer) {
  fill();
  WsClient silent(service_->public_port(), key_); // reads nothing, so never answers the close
  Client half(service_->public_port());
  half.send("GET / HT");
  const auto began = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{8});
}

} // namespace
} // namespace wardpulse::web
