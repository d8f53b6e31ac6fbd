#include "producer/json_import.h"

#include <gtest/gtest.h>

namespace wardpulse::producer {
namespace {

struct Line {
  std::string problem;
  Message message;
};

Line read(const std::string& text, Duration shift = Duration{0}, const std::string& zone = "UTC") {
  JsonLine reader(*TimeZone::load(zone));
  LocalTimeCounts counts;
  Line line;
  line.problem = reader.read(text, shift, &line.message, &counts);
  return line;
}

std::string step(const std::string& id) { return R"({"event_type":"data.uploaded","entity_id":")" + id + R"(","timestamp":"2026-03-02T09:00:00Z"})"; }

TEST(JsonLines, AnIdIsATextWhateverItLooksLike) {
  for (const char* id : {"NA", "null", "007", "1e5", "7.0", "true"}) {
    const Line got = read(step(id));
    EXPECT_EQ(got.problem, "");
    EXPECT_EQ(got.message.key, id);
    EXPECT_EQ(got.message.topic, Topic::kWorkflow);
  }
  EXPECT_EQ(read(R"({"event_type":"a","entity_id":7,"timestamp":"2026-03-02T09:00:00Z"})").problem, "bad_type: entity_id must be a string, not a number");
  EXPECT_EQ(read(R"({"event_type":"a","entity_id":null,"timestamp":"2026-03-02T09:00:00Z"})").problem, "missing_field: entity_id");
}

TEST(JsonLines, ARepeatHasTheSameEventIdAndAnotherContentAnother) {
  EXPECT_EQ(read(step("7")).message.value, read(" " + step("7") + " ").message.value);
  EXPECT_NE(read(step("7")).message.value.substr(0, 45), read(step("007")).message.value.substr(0, 45));
}

TEST(JsonLines, ABareCheckInGetsAVisitAndLocalTime) {
  const std::string text = R"({"patient_id":"NA","check_in_time":"2026-10-25 02:30","department":"Cardiology"})";
  const Line got = read(text, Duration{0}, "Europe/Stockholm");
  EXPECT_EQ(got.problem, "");
  EXPECT_EQ(format_rfc3339(got.message.event_time), "2026-10-25T00:30:00Z");
  EXPECT_NE(got.message.value.find(R"("visit_type":"Outpatient")"), std::string::npos);
  EXPECT_EQ(got.message.value, read(text, Duration{0}, "Europe/Stockholm").message.value);
}

TEST(JsonLines, WholeEventsGoOutAsTheyAre) {
  const std::string text = R"({"event_id":"e","event_type":"triage", "event_time":"2026-03-02T09:00:00Z","patient_id":"p","visit_id":"v","acuity":9,"other":[1]})";
  EXPECT_EQ(read(text).message.value, text);
  EXPECT_EQ(read(text).message.topic, Topic::kEncounters);
  EXPECT_EQ(format_rfc3339(read(text, std::chrono::hours{1}).message.event_time), "2026-03-02T10:00:00Z");
}

TEST(JsonLines, WhatCannotBeSentSaysWhy) {
  EXPECT_EQ(read("{\"a\":1,}").problem.substr(0, 15), "malformed_json:");
  EXPECT_EQ(read("[]").problem, "bad_type: an array, not an object");
  EXPECT_EQ(read("{}").problem.substr(0, 14), "missing_field:");
  EXPECT_EQ(read(R"({"event_type":"x","event_time":"2026-03-02T09:00:00Z","event_id":"1","patient_id":"p"})").problem,
            "unknown_event_type: x (a type of topic workflow needs entity_id)");
  EXPECT_EQ(read(R"({"event_type":"triage","event_time":"2 March","event_id":"1","patient_id":"p","visit_id":"v","acuity":1})").problem.substr(0, 9), "bad_time:");
}

} // namespace
} // namespace wardpulse::producer
