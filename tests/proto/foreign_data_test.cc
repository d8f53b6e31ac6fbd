// Input that others collected to break parsers. Runs when WARDPULSE_TEST_DATA names the folder that holds it.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>

#include "proto/codec.h"
#include "tests/proto/sample_events.h"

namespace wardpulse {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> data_folder(const char* name) {
  const char* root = std::getenv("WARDPULSE_TEST_DATA");
  if (root == nullptr || !fs::exists(fs::path(root) / name)) return std::nullopt;
  return fs::path(root) / name;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The suite takes repeated names; a record with one is refused on purpose.
const std::set<std::string> kRepeatedNames = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"};

TEST(ForeignData, JsonTestSuiteIsJudgedRight) {
  const auto folder = data_folder("json_testsuite/test_parsing");
  if (!folder) {
    std::cout << "SKIPPED: data\n";
    GTEST_SKIP() << "SKIPPED: data (json_testsuite)";
  }
  Decoder decoder;
  int files = 0;
  for (const auto& entry : fs::directory_iterator(*folder)) {
    const std::string name = entry.path().filename();
    const std::string json = read_file(entry.path());
    for (int t = 0; t < kTopicCount; ++t) {
      const auto decoded = decoder.decode(static_cast<Topic>(t), json);
      ASSERT_FALSE(decoded) << name << ": not an event";
      const bool malformed = decoded.error().reason == RejectReason::kMalformedJson;
      if (name.starts_with("n_") || kRepeatedNames.contains(name)) {
        EXPECT_TRUE(malformed) << name << ": " << decoded.error().detail;
      } else if (name.starts_with("y_")) {
        EXPECT_FALSE(malformed) << name << ": " << decoded.error().detail;
      }
    }
    ++files;
  }
  EXPECT_EQ(files, 318);
}

TEST(ForeignData, NaughtyStringsComeBackExactly) {
  const auto folder = data_folder("blns");
  if (!folder) {
    std::cout << "SKIPPED: data\n";
    GTEST_SKIP() << "SKIPPED: data (blns)";
  }
  simdjson::dom::parser parser;
  Decoder first, second;
  int strings = 0;
  for (const simdjson::dom::element element : parser.load((*folder / "blns.json").string()).get_array()) {
    const std::string text{element.get_string().value()};
    Event event;
    event.type = EventType::kTriage;
    event.event_id = "e";
    event.patient_id = text;
    event.visit_id = text;
    event.department = text;
    event.source = text;
    event.acuity = 3;
    std::string json;
    encode_event(event, &json);
    const auto decoded = first.decode(Topic::kEncounters, json);
    ++strings;
    if (!decoded) { // longer than a text may be
      EXPECT_EQ(decoded.error().reason, RejectReason::kBadType) << text << ": " << decoded.error().detail;
      EXPECT_NE(decoded.error().detail.find("at most"), std::string::npos) << decoded.error().detail;
      EXPECT_GT(text.size(), kMaxIdLength);
      continue;
    }
    EXPECT_EQ((*decoded)->patient_id, text);
    EXPECT_EQ((*decoded)->visit_id, text);
    EXPECT_EQ((*decoded)->department, text);
    EXPECT_EQ((*decoded)->source, text);
    std::string again;
    encode_event(**decoded, &again);
    EXPECT_EQ(again, json);
  }
  EXPECT_EQ(strings, 515);
}

} // namespace
} // namespace wardpulse
