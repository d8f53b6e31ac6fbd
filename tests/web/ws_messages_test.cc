#include "web/ws_messages.h"

#include <gtest/gtest.h>

namespace wardpulse::web {
namespace {

TEST(ClientMessage, Reads) {
  const auto message = parse_client_message(
      R"({"op":"subscribe","topics":["census","task"],"resume":{"census":{"epoch":7,"seq":3},)"
      R"("task":{"epoch":"x"}},"new":1})");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->op, ClientOp::kSubscribe);
  EXPECT_EQ(message->topics, (std::vector<std::string>{"census", "task"}));
  ASSERT_EQ(message->resume.size(), 1U) << "a point that does not read is left out";
  EXPECT_EQ(message->resume.at("census").epoch, 7U);
  EXPECT_EQ(message->resume.at("census").seq, 3U);
}

TEST(ClientMessage, RefusesWithTheCodeOfTheProtocol) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "bad_json"},
      {"[]", "bad_json"},
      {"{\"op\":\"subscribe\"", "bad_json"},
      {"{}", "bad_op"},
      {R"({"op":1})", "bad_op"},
      {R"({"op":"subscribe"})", "bad_op"},
      {R"({"op":"subscribe","topics":[]})", "bad_op"},
      {R"({"op":"subscribe","topics":[1]})", "bad_op"},
      {R"({"op":"subscribe","topics":"census"})", "bad_op"},
      {std::string(4097, ' '), "too_large"},
      {"\"\xff\"", "bad_json"},
  };
  for (const auto& [text, code] : cases) {
    const auto message = parse_client_message(text);
    ASSERT_FALSE(message) << text;
    EXPECT_EQ(message.error().code, code) << text;
  }
}

TEST(ServerMessage, Reads) {
  EXPECT_EQ(error_message({.code = "unknown_topic", .detail = "no", .topic = "x", .known = {"a"}}),
            R"({"type":"error","code":"unknown_topic","detail":"no","topic":"x","known":["a"]})");
  EXPECT_EQ(
      heartbeat_message({{"census", {5, 6}}}, kNever, from_ms(0)),
      R"({"type":"heartbeat","topics":{"census":{"epoch":5,"seq":6}},"watermark":null,)"
            R"("server_time":"1970-01-01T00:00:00Z"})");
}

} // namespace
} // namespace wardpulse::web
