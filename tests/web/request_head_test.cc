#include "web/request_head.h"

#include <gtest/gtest.h>

#include <random>

namespace wardpulse::web {
namespace {

std::string get(const std::string& more = "") { return "GET / HTTP/1.1\r\nHost: a\r\n" + more + "\r\n"; }

TEST(RequestHead, Reads) {
  const auto head = parse_request_head(
      "POST /a%20b?x=1&x=2&y=a+b HTTP/1.1\r\nHost: [::1]:8080\r\nX-API-Key:  k \t\r\ncontent-LENGTH: 12\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->method, "POST");
  EXPECT_EQ(head->header("x-api-key"), "k");
  EXPECT_EQ(head->content_length, 12U);
  EXPECT_TRUE(head->keep_alive);
  const auto request = make_request(*head);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->path, "/a b");
  EXPECT_EQ(request->query, (std::vector<NamedText>{{"x", "1"}, {"x", "2"}, {"y", "a b"}}));
}

TEST(RequestHead, KeepsConnectionsAsAsked) {
  EXPECT_TRUE(parse_request_head(get())->keep_alive);
  EXPECT_FALSE(parse_request_head(get("Connection: x, Close\r\n"))->keep_alive);
  EXPECT_FALSE(parse_request_head("GET / HTTP/1.0\r\n\r\n")->keep_alive);
  EXPECT_TRUE(parse_request_head("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")->keep_alive);
}

struct Refused {
  const char* why;
  std::string bytes;
  int status;
};

TEST(RequestHead, RefusesWhatCouldBeUnderstoodInTwoWays) {
  const std::string cl = "Content-Length: 5\r\n";
  const Refused cases[] = {
      {"chunked", get("Transfer-Encoding: chunked\r\n"), 411},
      {"CL.TE", get(cl + "Transfer-Encoding: chunked\r\n"), 400},
      {"TE.CL", get("Transfer-Encoding: chunked\r\n" + cl), 400},
      {"TE identity", get("Transfer-Encoding: identity\r\n"), 411},
      {"TE empty", get("Transfer-Encoding:\r\n"), 411},
      {"TE twice", get("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"), 411},
      {"TE with a space before the colon", get("Transfer-Encoding : chunked\r\n"), 400},
      {"TE folded", get("Transfer-Encoding:\r\n chunked\r\n"), 400},
      {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"two lengths", get(cl + "Content-Length: 6\r\n"), 400},
      {"two equal lengths", get(cl + cl), 400},
      {"length as a list", get("Content-Length: 5, 5\r\n"), 400},
      {"length with a sign", get("Content-Length: +5\r\n"), 400},
      {"negative length", get("Content-Length: -1\r\n"), 400},
      {"hexadecimal length", get("Content-Length: 0x5\r\n"), 400},
      {"empty length", get("Content-Length:\r\n"), 400},
      {"length beyond all numbers", get("Content-Length: 99999999999999999999\r\n"), 400},
      {"length over the limit", get("Content-Length: 1048577\r\n"), 413},
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", get("Host: b\r\n"), 400},
      {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"Host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
      {"folded header", get("X: a\r\n b\r\n"), 400},
      {"bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"one bare line feed", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
      {"carriage return in a value", get("X: a\rb\r\n"), 400},
      {"zero byte in a value", get(std::string("X: a\0b\r\n", 8)), 400},
      {"control character in a value", get("X: a\x01\r\n"), 400},
      {"no colon", get("X\r\n"), 400},
      {"no name", get(": x\r\n"), 400},
      {"name with a space", get("X Y: x\r\n"), 400},
      {"name that is not ASCII", get("X\xc3\xa9: x\r\n"), 400},
      {"space before the first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"absolute target", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"authority as target", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"star for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"fragment in the target", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"tab for a space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"target that is not ASCII", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no version", "GET /\r\nHost: a\r\n\r\n", 400},
      {"HTTP/2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"no method", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"strange method", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"unknown expectation", get("Expect: coffee\r\n"), 417},
      {"nothing", "\r\n", 400},
      {"something behind", get() + "x", 400},
  };
  for (const auto& [why, bytes, status] : cases) {
    const auto head = parse_request_head(bytes);
    ASSERT_FALSE(head) << why;
    EXPECT_EQ(head.error().status, status) << why << ": " << head.error().detail;
  }
}

TEST(RequestHead, RefusesTooManyHeaders) {
  std::string fields;
  for (int i = 0; i < 100; ++i) fields += "X: y\r\n";
  const auto head = parse_request_head(get(fields));
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().status, 431);
}

TEST(RequestHead, RefusesBadPercentSigns) {
  for (const char* target : {"/%", "/%1", "/%zz", "/%00", "/?a=%", "/?%g1=b"}) {
    const auto head = parse_request_head("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(head) << target;
    EXPECT_FALSE(make_request(*head)) << target;
  }
}

TEST(RequestHead, AnyBytesGiveAHeadOrAProblem) {
  std::mt19937 random(7);
  const std::string valid = "GET /a?b=c HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
  for (int i = 0; i < 20'000; ++i) {
    auto bytes = valid.substr(0, random() % (valid.size() + 1));
    for (int n = 0; n < 3 && !bytes.empty(); ++n) bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto head = parse_request_head(bytes);
    if (head) (void)make_request(*head);
    else ASSERT_GE(head.error().status, 400);
  }
}

TEST(Token, IsFoundInLists) {
  EXPECT_TRUE(has_token("keep-alive, Upgrade", "upgrade"));
  EXPECT_FALSE(has_token("upgraded", "upgrade"));
  EXPECT_FALSE(has_token("", "upgrade"));
}

TEST(EntityTag, IsComparedWeakly) {
  EXPECT_TRUE(none_match_names("\"a\", W/\"b\"", "\"b\""));
  EXPECT_TRUE(none_match_names("*", "\"b\""));
  EXPECT_FALSE(none_match_names("\"a\"", "\"b\""));
  EXPECT_FALSE(none_match_names("", "\"b\""));
}

} // namespace
} // namespace wardpulse::web
