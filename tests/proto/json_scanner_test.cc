#include "proto/json_scanner.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>
#include <string>

#include "tests/proto/sample_events.h"

namespace wardpulse {
namespace {

bool accepts(std::string_view json) {
  static JsonScanner scanner;
  return !scanner.scan(json).has_value();
}

TEST(JsonScanner, GivesTheTopLevelMembersInOrder) {
  JsonScanner scanner;
  ASSERT_FALSE(
      scanner.scan(R"( { "a" : "x\ny" , "b":-1.50e2,"c":[1,{"a":2}],"d":{"d":null} , "e":true,"f":false,"g":null } )"));
  ASSERT_EQ(scanner.kind(), JsonKind::kObject);
  const auto members = scanner.members();
  ASSERT_EQ(members.size(), 7u);
  EXPECT_EQ(members[0].name, "a");
  EXPECT_EQ(members[0].value.kind, JsonKind::kText);
  EXPECT_EQ(members[0].value.text, "x\ny");
  EXPECT_EQ(members[1].value.kind, JsonKind::kNumber);
  EXPECT_EQ(members[1].value.text, "-1.50e2");
  EXPECT_EQ(members[2].value.kind, JsonKind::kArray);
  EXPECT_EQ(members[3].value.kind, JsonKind::kObject);
  EXPECT_EQ(members[4].value.kind, JsonKind::kTrue);
  EXPECT_EQ(members[5].value.kind, JsonKind::kFalse);
  EXPECT_EQ(members[6].value.kind, JsonKind::kNull);
}

TEST(JsonScanner, RefusesANameGivenTwiceAtTopLevelOnly) {
  EXPECT_FALSE(accepts(R"({"a":1,"b":2,"a":1})"));
  EXPECT_FALSE(accepts(R"({"a":1,"\u0061":1})"));
  EXPECT_FALSE(accepts(R"({"":1,"":1})"));
  EXPECT_TRUE(accepts(R"({"a":{"b":1,"b":2},"b":1})"));
  EXPECT_TRUE(accepts(R"({"a":1,"A":1,"aa":1,"":1})"));
}

TEST(JsonScanner, FindsARepeatedNameAmongMany) {
  std::string json = "{";
  for (int i = 0; i < 50'000; ++i) json += "\"name" + std::to_string(i) + "\":0,";
  EXPECT_TRUE(accepts(json + "\"name\":0}"));
  EXPECT_FALSE(accepts(json + "\"name4711\":0}"));
}

TEST(JsonScanner, ChecksWhatNobodyReads) {
  EXPECT_FALSE(accepts(R"({"metadata":{"a":tru}})"));
  EXPECT_FALSE(accepts(R"({"metadata":[1,2,]})"));
  EXPECT_FALSE(accepts(R"({"metadata":"\x"})"));
  EXPECT_FALSE(accepts("{\"metadata\":\"\xff\"}"));
  EXPECT_FALSE(accepts("{\"metadata\":\"a\tb\"}"));
  EXPECT_FALSE(accepts(R"({"metadata":01})"));
  EXPECT_FALSE(accepts(R"({"metadata":{"\ud800":1}})"));
}

TEST(JsonScanner, RefusesTrailingAndLeadingBytes) {
  EXPECT_TRUE(accepts(" {} \r\n\t"));
  for (const std::string& json : {std::string("{}x"), std::string("{}{}"), std::string("{},"), std::string("{}\0", 3),
                                  std::string("\xEF\xBB\xBF{}"), std::string("\xEF\xBB\xBF"), std::string("\f{}"),
                                  std::string(""), std::string("  ")}) {
    EXPECT_FALSE(accepts(json)) << json;
  }
}

TEST(JsonScanner, NumbersOfAnySizeAreJson) {
  EXPECT_TRUE(accepts(R"({"a":123456789012345678901234567890,"b":1e400,"c":-1E-400})"));
}

TEST(JsonScanner, DepthIsBounded) {
  const auto nested = [](int depth) {
    const auto n = static_cast<std::size_t>(depth);
    return std::string(n, '[') + std::string(n, ']');
  };
  EXPECT_TRUE(accepts(nested(kMaxJsonDepth)));
  EXPECT_FALSE(accepts(nested(kMaxJsonDepth + 1)));
  EXPECT_FALSE(accepts(std::string(1'000'000, '[')));
}

TEST(JsonScanner, SaysWhatIsWrongAndWhere) {
  JsonScanner scanner;
  const auto problem = scanner.scan(R"({"a":1,})");
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->what, "expected a member's name in quotes");
  EXPECT_EQ(problem->at, 7u);
  EXPECT_EQ(scanner.scan(R"({"a":1,"a":2})")->at, std::nullopt);
}

// simdjson's parser and ours must agree, but for what ours refuses or takes on purpose.
void expect_agreement(const std::string& json) {
  static simdjson::dom::parser parser;
  static JsonScanner scanner;
  const auto error = parser.parse(json.data(), json.size()).error();
  const auto problem = scanner.scan(json);
  const bool on_purpose = problem && (problem->what == "a member's name is given twice" ||
                                      problem->what.find("surrogate") != std::string_view::npos);
  const bool big_number = error == simdjson::NUMBER_ERROR;
  if (on_purpose || big_number) return;
  ASSERT_EQ(error == simdjson::SUCCESS, !problem) << json << "\n" << simdjson::error_message(error);
}

TEST(JsonScanner, AgreesWithSimdjsonOnDamagedRecords) {
  std::mt19937_64 random{7};
  const std::string_view bytes = "{}[]\",:\\ \n0123456789eE+-.truefalsn\x80\xc3\x01u";
  std::vector<std::string> records;
  for (const EventTypeSpec& spec : event_types()) records.push_back(test::to_json(test::sample_members(spec)));
  records.push_back(R"({"a":[{"b":["\u00e9\n",-1.5e3,[],{}]},true,false,null],"c":"\ud83d\ude00"})");
  for (int i = 0; i < 100'000; ++i) {
    std::string json = records[random() % records.size()];
    for (auto damages = 1 + random() % 3; damages > 0; --damages) {
      const std::size_t at = random() % json.size();
      const char byte = bytes[random() % bytes.size()];
      switch (random() % 3) {
        case 0: json[at] = byte; break;
        case 1: json.insert(at, 1, byte); break;
        default: json.erase(at, 1 + random() % 3); break;
      }
      if (json.empty()) json = "0";
    }
    expect_agreement(json);
    if (HasFatalFailure()) return;
  }
}

} // namespace
} // namespace wardpulse
