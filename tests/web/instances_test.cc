#include "web/instances.h"

#include <gtest/gtest.h>
#include <simdjson.h>

namespace wardpulse::web {
namespace {

Time at(const char* text) { return *parse_rfc3339(text); }

std::string record(const std::string& role, const std::string& name, const std::string& time) {
  return R"({"role":")" + role + R"(","instance":")" + name + R"(","generation":"live","at":")" + time + R"(","held":3})";
}

struct System {
  explicit System(const std::string& json) : text(json), root(parser.parse(text)) {}
  std::string text;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto instance : root["instances"].get_array()) names.emplace_back(instance["instance"].get_string().value());
    return names;
  }
};

const InstanceBoard::Web kWeb{7, "live", "1.2.3"};
const Time kNow = at("2026-03-04T10:00:00Z");

TEST(InstanceBoard, SaysWhatEachProcessSaidLastAndHowLongAgo) {
  InstanceBoard board;
  board.take({{"instance/consumer/a", record("consumer", "a", "2026-03-04T09:00:00Z")},
              {"instance/consumer/a", record("consumer", "a", "2026-03-04T09:59:58.5Z")},
              {"instance/replay/b", record("replay", "b", "2026-03-04T10:00:09Z")}});
  const System system(board.json(kWeb, kNow));
  EXPECT_EQ(system.names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(system.root["instances"].at(0)["age_seconds"].get_double().value(), 1.5);
  EXPECT_EQ(system.root["instances"].at(0)["held"].get_int64().value(), 3);
  EXPECT_EQ(system.root["instances"].at(1)["age_seconds"].get_double().value(), 0) << "its clock is ahead";
  EXPECT_EQ(system.root["web"]["clients"].get_int64().value(), 7);
  EXPECT_EQ(std::string_view(system.root["generated_at"]), "2026-03-04T10:00:00Z");
}

TEST(InstanceBoard, OneThatEndedIsGoneAndOneThatFellSilentStaysForAnHour) {
  InstanceBoard board;
  board.take({{"instance/consumer/ended", record("consumer", "ended", "2026-03-04T09:59:59Z")},
              {"instance/consumer/ended", std::nullopt},
              {"instance/consumer/silent", record("consumer", "silent", "2026-03-04T09:00:00Z")},
              {"instance/consumer/lost", record("consumer", "lost", "2026-03-04T08:59:59Z")}});
  EXPECT_EQ(System(board.json(kWeb, kNow)).names(), (std::vector<std::string>{"silent"}));
  board.clear();
  EXPECT_TRUE(System(board.json(kWeb, kNow)).names().empty());
}

TEST(InstanceBoard, WhatDoesNotReadIsNotShown) {
  InstanceBoard board;
  const auto good = record("consumer", "a", "2026-03-04T09:59:59Z");
  for (const std::string& bad : {std::string(), std::string("null"), std::string("[1]"), good.substr(0, good.size() - 1),
                                 record("", "a", "2026-03-04T09:59:59Z"), record("consumer", "a", "yesterday")}) {
    board.take({{"instance/consumer/a", good}, {"instance/consumer/a", bad}});
    EXPECT_TRUE(System(board.json(kWeb, kNow)).names().empty()) << bad;
  }
  board.take({{"something/else", good}});
  EXPECT_TRUE(System(board.json(kWeb, kNow)).names().empty());
}

TEST(InstanceBoard, NamesTheGenerationInForce) {
  InstanceBoard board;
  const auto generation = [&] { return simdjson::minify(System(board.json(kWeb, kNow)).root["generation"]); };
  EXPECT_EQ(generation(), R"({"active":"live","previous":null,"number":0,"switched_at":null})");
  board.take({{"active", R"({"generation":"fixed","number":2,"at":"2026-03-04T09:00:00Z","previous":{"generation":"live"}})"},
              {"active", "this does not read"}});
  EXPECT_EQ(generation(), R"({"active":"fixed","previous":"live","number":2,"switched_at":"2026-03-04T09:00:00Z"})");
}

} // namespace
} // namespace wardpulse::web
