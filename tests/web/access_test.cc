// Who may do what: every route and method of the OpenAPI document with a key in every state.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>

#include "tests/web/http_client.h"
#include "tests/web/temporary_folder.h"
#include "web/key_file.h"
#include "web/service.h"

namespace wardpulse::web {
namespace {

using namespace test;
using std::chrono::hours;

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

struct Key {
  std::string name;
  std::string header;
  Scope scope = Scope::kNone; // what it opens
};

class AccessTest : public testing::Test {
 protected:
  AccessTest() {
    folder_.write("site/index.html", "x");
    folder_.write("site/assets/a.js", "x");
    const auto path = folder_.path("keys");
    const auto key = [&](Scope scope, Time created, std::optional<Time> expires) { return create_key(path, scope, "", created, expires)->text; };
    const auto with = [](const std::string& text) { return "X-API-Key: " + text + "\r\n"; };
    keys_.push_back({"none", "", Scope::kNone});
    for (const Scope scope : {Scope::kRead, Scope::kIngest, Scope::kAdmin}) {
      const std::string name(scope_name(scope));
      keys_.push_back({name, with(key(scope, now(), std::nullopt)), scope});
      keys_.push_back({name + " until tomorrow", with(key(scope, now(), now() + hours{24})), scope});
      keys_.push_back({name + " expired", with(key(scope, now() - hours{2}, now() - hours{1})), Scope::kNone});
      const auto revoked = key(scope, now(), std::nullopt);
      EXPECT_TRUE(revoke_key(path, parse_api_key(revoked)->id, now()));
      keys_.push_back({name + " revoked", with(revoked), Scope::kNone});
      keys_.push_back({name + " unknown", with(make_api_key(scope).text), Scope::kNone});
    }
    auto other_scope = key(Scope::kRead, now(), std::nullopt);
    other_scope.replace(3, 4, "admin");
    keys_.push_back({"scope changed by hand", with(other_scope), Scope::kNone});
    keys_.push_back({"empty", with(""), Scope::kNone});
    keys_.push_back({"nonsense", with("' or 1=1 --"), Scope::kNone});
    ServiceOptions options;
    options.listen = options.private_listen = HostPort{"127.0.0.1", 0};
    options.keys_path = path;
    options.request_rate = 0;
    service_ = std::move(*Service::create(options, *StaticFiles::load(folder_.path("site"))));
    thread_ = std::thread([this] { service_->run(-1); });
  }
  ~AccessTest() override {
    service_->stop();
    thread_.join();
  }
  std::string ask(const std::string& method, const std::string& path, const std::string& headers) {
    Client client(service_->public_port());
    client.send(method + " " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + headers + "\r\n");
    return client.read_all();
  }

  TemporaryFolder folder_;
  std::vector<Key> keys_;
  std::unique_ptr<Service> service_;
  std::thread thread_;
};

// What a route needs is read from the document: no security is for all; else the scope stands in the 401's words.
std::map<std::pair<std::string, std::string>, Scope> routes_of(std::string_view openapi) {
  std::map<std::pair<std::string, std::string>, Scope> routes;
  simdjson::dom::parser parser;
  for (const auto path : parser.parse(openapi.data(), openapi.size())["paths"].get_object()) {
    for (const auto operation : path.value.get_object()) {
      std::string_view scope;
      if (operation.value["x-scope"].get(scope) != simdjson::SUCCESS) scope = "none";
      std::string target(path.key);
      if (const auto name = target.find("{name}"); name != std::string::npos) target.replace(name, 6, "a.js");
      std::string method(operation.key);
      for (char& c : method) c = static_cast<char>(std::toupper(c));
      routes[{method, target}] = scope_from_name(scope).value_or(Scope::kNone);
    }
  }
  return routes;
}

TEST_F(AccessTest, EveryRouteMethodAndKey) {
  const auto routes = routes_of(body_of(ask("GET", "/openapi.json", "")));
  EXPECT_GE(routes.size(), 15U);
  int judged = 0;
  for (const auto& [route, needed] : routes) {
    const auto& [method, path] = route;
    for (const Key& key : keys_) {
      std::vector<std::string> methods = {method};
      if (method == "GET") methods.push_back("HEAD");
      for (const auto& one : methods) {
        const auto status = status_of(ask(one, path, key.header));
        const std::string what = one + " " + path + " with key: " + key.name;
        if (scope_allows(key.scope, needed)) EXPECT_TRUE(status != "401" && status != "403") << what << ": " << status;
        else if (key.scope == Scope::kNone) EXPECT_EQ(status, "401") << what;
        else EXPECT_EQ(status, "403") << what;
        ++judged;
      }
    }
    for (const char* other : {"PUT", "DELETE", "PATCH", "TRACE"}) EXPECT_EQ(status_of(ask(other, path, "")), "405") << other << " " << path;
  }
  EXPECT_GT(judged, 300);
}

} // namespace
} // namespace wardpulse::web
