#include "web/router.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "web/openapi.h"

namespace wardpulse::web {
namespace {

Reply say(const char* what) { return Reply::json(200, what); }

Router sample() {
  Router router;
  router.add({"GET", "/open", Scope::kNone, "Open.", [](const Request&, const Caller&) { return say("open"); }});
  router.add(
      {"GET", "/numbers", Scope::kRead, "Numbers.", [](const Request&, const Caller&) { return say("numbers"); }});
  router.add({"POST", "/numbers", Scope::kIngest, "More.", [](const Request&, const Caller&) { return say("taken"); }});
  router.add({"GET", "/assets/*", Scope::kNone, "Files.",
              [](const Request& r, const Caller&) { return say(r.path.c_str()); }});
  return router;
}

Request ask(std::string method, std::string path) {
  return Request{
      .method = std::move(method), .path = std::move(path), .query = {}, .headers = {{"host", "a"}}, .body = {}};
}

std::string header_of(const Reply& reply, const std::string& name) {
  for (const auto& [known, value] : reply.headers) {
    if (known == name) return value;
  }
  return {};
}

TEST(Router, FindsRoutes) {
  const auto router = sample();
  const auto open = router.answer(ask("GET", "/open"), {});
  EXPECT_EQ(open.reply.text(), "open");
  EXPECT_EQ(open.route, "/open");
  const auto file = router.answer(ask("GET", "/assets/a/b.js"), {});
  EXPECT_EQ(file.reply.text(), "/assets/a/b.js");
  EXPECT_EQ(file.route, "/assets/*") << "no names in labels";
  for (const char* path : {"/", "/assets", "/assets/", "/open/", "/opens", ""}) {
    EXPECT_EQ(router.answer(ask("GET", path), {}).reply.status, 404) << path;
  }
}

TEST(Router, AnswersWhatAPathAllows) {
  const auto router = sample();
  const auto refused = router.answer(ask("DELETE", "/numbers"), {"k", Scope::kAdmin});
  EXPECT_EQ(refused.reply.status, 405);
  EXPECT_EQ(header_of(refused.reply, "Allow"), "GET, HEAD, POST, OPTIONS");
  const auto options = router.answer(ask("OPTIONS", "/numbers"), {});
  EXPECT_EQ(options.reply.status, 204);
  EXPECT_EQ(header_of(options.reply, "Allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(router.answer(ask("OPTIONS", "*"), {}).reply.status, 204);
  EXPECT_EQ(router.answer(ask("HEAD", "/open"), {}).reply.status, 200);
  EXPECT_EQ(router.answer(ask("get", "/open"), {}).reply.status, 405) << "methods have a case";
}

TEST(Router, AsksForScopes) {
  const auto router = sample();
  const auto status = [&](const char* method, Caller caller) {
    return router.answer(ask(method, "/numbers"), caller).reply.status;
  };
  EXPECT_EQ(status("GET", {}), 401);
  EXPECT_EQ(status("HEAD", {}), 401);
  EXPECT_EQ(status("GET", {"k", Scope::kIngest}), 403);
  EXPECT_EQ(status("GET", {"k", Scope::kRead}), 200);
  EXPECT_EQ(status("GET", {"k", Scope::kRead, true}), 200);
  EXPECT_EQ(status("POST", {"k", Scope::kRead}), 403);
  EXPECT_EQ(status("POST", {"k", Scope::kIngest}), 200);
  EXPECT_EQ(status("POST", {"k", Scope::kAdmin}), 200);
  EXPECT_EQ(status("POST", {"k", Scope::kAdmin, true}), 401) << "a cookie changes nothing";
}

TEST(Router, RefusesChangesFromForeignPages) {
  const auto router = sample();
  auto request = ask("POST", "/numbers");
  request.headers.emplace_back("origin", "http://evil.example");
  const auto refused = router.answer(request, {"k", Scope::kAdmin});
  EXPECT_EQ(refused.reply.status, 403);
  EXPECT_NE(refused.reply.text().find("foreign_origin"), std::string_view::npos);
  request.method = "GET";
  EXPECT_EQ(router.answer(request, {"k", Scope::kRead}).reply.status, 200)
      << "the browser keeps the answer from the page";
}

TEST(Router, ProblemsHaveCodeAndRemedy) {
  const auto reply = sample().answer(ask("GET", "/nothing"), {}).reply;
  EXPECT_EQ(reply.content_type, "application/problem+json");
  simdjson::dom::parser parser;
  const auto problem = parser.parse(*reply.body);
  EXPECT_EQ(std::int64_t(problem["status"]), 404);
  EXPECT_EQ(std::string_view(problem["code"]), "not_found");
  EXPECT_FALSE(std::string_view(problem["remedy"]).empty());
}

TEST(OpenApi, DescribesEveryRoute) {
  const auto router = sample();
  const auto json = openapi_json(router, "1.2.3");
  simdjson::dom::parser parser;
  const auto document = parser.parse(json);
  ASSERT_EQ(document.error(), simdjson::SUCCESS) << json;
  EXPECT_EQ(std::string_view(document["openapi"]), "3.1.0");
  std::size_t count = 0;
  for (const auto path : document["paths"].get_object()) count += path.value.get_object().size();
  EXPECT_EQ(count, router.routes().size());
  const auto post = document["paths"].at_key("/numbers").at_key("post");
  EXPECT_EQ(post["security"].get_array().size(), 1U) << "no cookie for a change";
  EXPECT_EQ(post["responses"]["401"].error(), simdjson::SUCCESS);
  EXPECT_EQ(document["paths"].at_key("/assets/{name}").at_key("get")["parameters"].get_array().size(), 1U);
}

} // namespace
} // namespace wardpulse::web
