// Requests that two servers could understand differently, each with the exact answer it gets. After every one of them a
// second request stands in the same bytes: it is never answered.
#include <gtest/gtest.h>

#include "tests/web/http_client.h"
#include "tests/web/temporary_folder.h"
#include "web/service.h"

namespace wardpulse::web {
namespace {

using namespace test;

struct Hostile {
  const char* name;
  std::string request;
  std::string status;
};

std::string post(const std::string& headers, const std::string& body = "") {
  return "POST /events HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n" + body;
}
std::string get(const std::string& headers) { return "GET / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n"; }

std::vector<Hostile> hostile_requests() {
  const std::string chunked = "0\r\n\r\n";
  return {
      {"CL.TE", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunked), "400"},
      {"TE.CL", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunked), "400"},
      {"TE alone", post("Transfer-Encoding: chunked\r\n", chunked), "411"},
      {"TE in capitals", post("TRANSFER-ENCODING: CHUNKED\r\n", chunked), "411"},
      {"TE.TE", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", chunked), "411"},
      {"TE with a list", post("Transfer-Encoding: gzip, chunked\r\n", chunked), "411"},
      {"TE identity", post("Transfer-Encoding: identity\r\n", chunked), "411"},
      {"TE xchunked", post("Transfer-Encoding: xchunked\r\n", chunked), "411"},
      {"TE with a tab", post("Transfer-Encoding:\tchunked\r\n", chunked), "411"},
      {"TE with quotes", post("Transfer-Encoding: \"chunked\"\r\n", chunked), "411"},
      {"TE empty", post("Transfer-Encoding:\r\n", chunked), "411"},
      {"chunk extensions", post("Transfer-Encoding: chunked\r\n", "1;a=b\r\nx\r\n0\r\n\r\n"), "411"},
      {"TE with a blank before the colon", post("Transfer-Encoding : chunked\r\n", chunked), "400"},
      {"CL with a blank before the colon", post("Content-Length : 5\r\n", chunked), "400"},
      {"TE folded", post("Transfer-Encoding:\r\n chunked\r\n", chunked), "400"},
      {"folded header", post("X: y\r\n folded\r\n"), "400"},
      {"folded with a tab", post("X: y\r\n\tfolded\r\n"), "400"},
      {"folded first header", "POST / HTTP/1.1\r\n Host: a\r\n\r\n", "400"},
      {"two lengths that differ", post("Content-Length: 0\r\nContent-Length: 5\r\n", chunked), "400"},
      {"two lengths that agree", post("Content-Length: 5\r\nContent-Length: 5\r\n", chunked), "400"},
      {"lengths in a list", post("Content-Length: 5, 5\r\n", chunked), "400"},
      {"length with a plus", post("Content-Length: +5\r\n", chunked), "400"},
      {"length with a minus", post("Content-Length: -5\r\n", chunked), "400"},
      {"length in hex", post("Content-Length: 0x5\r\n", chunked), "400"},
      {"length with decimals", post("Content-Length: 5.0\r\n", chunked), "400"},
      {"length empty", post("Content-Length:\r\n"), "400"},
      {"length with words", post("Content-Length: 5 bytes\r\n", chunked), "400"},
      {"length beyond 64 bits", post("Content-Length: 18446744073709551621\r\n"), "400"},
      {"length over the limit", post("Content-Length: 1048577\r\n"), "413"},
      {"HTTP/1.0 chunked", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, "400"},
      {"HTTP/1.0 chunked, kept alive", "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, "400"},
      {"two hosts", get("Host: b\r\n"), "400"},
      {"no host", "GET / HTTP/1.1\r\n\r\n", "400"},
      {"host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"},
      {"host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "400"},
      {"absolute target", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"authority target", "CONNECT b:80 HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", "400"},
      {"one bare line feed", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", "400"},
      {"carriage return in a value", get("X: a\rTransfer-Encoding: chunked\r\n"), "400"},
      {"zero byte in a value", get(std::string("X: a\0b\r\n", 8)), "400"},
      {"zero byte in a name", get(std::string("X\0Y: a\r\n", 8)), "400"},
      {"no colon", get("Transfer-Encoding chunked\r\n"), "400"},
      {"empty name", get(": x\r\n"), "400"},
      {"name in brackets", get("(x): y\r\n"), "400"},
      {"blank in the target", "GET / x HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"tab for a blank", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"blank before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"method with brackets", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"fragment in the target", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"bytes above ASCII in the target", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"bad percent sign", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"zero byte by percent sign", "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"HTTP/0.9", "GET /\r\n\r\n", "400"},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "505"},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
      {"version in small letters", "GET / http/1.1\r\nHost: a\r\n\r\n", "400"},
      {"version with a blank after", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "400"},
      {"expectation", get("Expect: 200-ok\r\n"), "417"},
      {"TLS hello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15), "400"},
      {"very long target", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", "431"},
      {"very many headers", get([] {
         std::string headers;
         for (int i = 0; i < 101; ++i) headers += "X: y\r\n";
         return headers;
       }()), "431"},
  };
}

class HostileTest : public testing::Test {
 protected:
  HostileTest() {
    folder_.write("site/index.html", "page");
    ServiceOptions options;
    options.listen = options.private_listen = HostPort{"127.0.0.1", 0};
    options.request_rate = 50;
    options.max_connections_per_address = 8;
    service_ = std::move(*Service::create(options, *StaticFiles::load(folder_.path("site"))));
    thread_ = std::thread([this] { service_->run(-1); });
  }
  ~HostileTest() override {
    service_->stop();
    thread_.join();
  }
  std::string ask(const std::string& bytes) {
    Client client(service_->public_port());
    client.send(bytes);
    return client.read_all();
  }

  TemporaryFolder folder_;
  std::unique_ptr<Service> service_;
  std::thread thread_;
};

TEST_F(HostileTest, NothingIsSmuggled) {
  const std::string smuggled = "GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  const auto all = hostile_requests();
  EXPECT_GE(all.size(), 40U);
  for (const auto& [name, request, status] : all) {
    const auto answer = ask(request + smuggled);
    EXPECT_EQ(status_of(answer), status) << name << ": " << answer;
    EXPECT_EQ(answer.find("HTTP/1.1 ", 1), std::string::npos) << name << ": more than one answer";
    EXPECT_NE(answer.find("Connection: close"), std::string::npos) << name;
    EXPECT_NE(answer.find("application/problem+json"), std::string::npos) << name;
  }
}

TEST_F(HostileTest, WhoAsksTooOftenIsToldWhenToComeAgain) {
  Client client(service_->public_port());
  std::string answer;
  for (int i = 0; i < 200 && status_of(answer) != "429"; ++i) {
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    answer = client.read_one();
  }
  EXPECT_EQ(status_of(answer), "429");
  EXPECT_NE(answer.find("Retry-After: 1\r\n"), std::string::npos);
  EXPECT_NE(answer.find("\"code\":\"too_many_requests\""), std::string::npos);
}

TEST_F(HostileTest, OneAddressDoesNotTakeAllConnections) {
  std::vector<std::unique_ptr<Client>> clients;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<Client>(service_->public_port()));
    clients.back()->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_of(clients.back()->read_one()), "200");
  }
  EXPECT_EQ(status_of(ask("")), "503") << "told at once";
  clients.clear();
  while (status_of(ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")) != "200") {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "those that ended make room";
  }
}

} // namespace
} // namespace wardpulse::web
