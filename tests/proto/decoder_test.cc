#include <gtest/gtest.h>

#include "proto/codec.h"
#include "tests/proto/sample_events.h"

namespace wardpulse {
namespace {

using test::Members;

Rejection refused(Topic topic, const std::string& json) {
  Decoder decoder;
  const auto decoded = decoder.decode(topic, json);
  EXPECT_FALSE(decoded) << json;
  return decoded ? Rejection{} : decoded.error();
}

Members checkin() { return test::sample_members(event_type_spec(EventType::kCheckin)); }

Rejection refused_checkin(const Members& members) { return refused(Topic::kCheckins, test::to_json(members)); }

TEST(Decoder, ReadsEveryFieldOfACheckin) {
  Decoder decoder;
  const auto decoded = decoder.decode(Topic::kCheckins, R"({"event_id":"e1","event_type":"checkin",
    "event_time":"2026-11-21T14:41:07.2509+01:00","patient_id":"p\u00e9","visit_id":"007","department":"Emergency","visit_type":"Emergency",
    "arrival_mode":"ambulance","facility":"north","source":"ehr","actor_role":"nurse","schema_version":1,"metadata":{"x":1e999},"other":[]})");
  ASSERT_TRUE(decoded) << decoded.error().detail;
  const Event& event = **decoded;
  EXPECT_EQ(event.type, EventType::kCheckin);
  EXPECT_EQ(event.type_name, "checkin");
  EXPECT_EQ(event.event_id, "e1");
  EXPECT_EQ(event.event_time, *parse_rfc3339("2026-11-21T13:41:07.250Z"));
  EXPECT_EQ(event.patient_id, "p\u00e9");
  EXPECT_EQ(event.visit_id, "007");
  EXPECT_EQ(event.department, "Emergency");
  EXPECT_EQ(event.visit_type, VisitType::kEmergency);
  EXPECT_EQ(event.arrival_mode, "ambulance");
  EXPECT_EQ(event.facility, "north");
  EXPECT_EQ(event.source, "ehr");
  EXPECT_EQ(event.actor_role, "nurse");
  EXPECT_EQ(event.entity_id.data(), nullptr);
}

TEST(Decoder, FillsInDefaults) {
  Decoder decoder;
  const auto treatment =
      decoder.decode(Topic::kEncounters, test::sample_json(EventType::kTreatment, test::Fields::kRequired));
  ASSERT_TRUE(treatment);
  EXPECT_EQ((*treatment)->treatment_id, (*treatment)->event_id);
  EXPECT_EQ((*treatment)->source, "unknown");
  EXPECT_EQ((*treatment)->department.data(), nullptr);
  EXPECT_EQ((*treatment)->cost_cents, 12050);
  const auto payment = decoder.decode(Topic::kBilling, test::sample_json(EventType::kPayment, test::Fields::kRequired));
  ASSERT_TRUE(payment);
  EXPECT_EQ((*payment)->payment_id, (*payment)->event_id);
}

TEST(Decoder, NothingStaysFromTheEventBefore) {
  Decoder decoder;
  ASSERT_TRUE(decoder.decode(Topic::kBilling, test::sample_json(EventType::kBill)));
  const auto decoded = decoder.decode(Topic::kBilling, test::sample_json(EventType::kClaim, test::Fields::kRequired));
  ASSERT_TRUE(decoded);
  EXPECT_EQ((*decoded)->bill_id.data(), nullptr);
  EXPECT_EQ((*decoded)->facility.data(), nullptr);
  EXPECT_EQ((*decoded)->paid_at, std::nullopt);
  EXPECT_EQ((*decoded)->total_cents, 0);
}

TEST(Decoder, AnEmptyTextIsThereAndAnAbsentOneIsNot) {
  Decoder decoder;
  const auto decoded = decoder.decode(Topic::kCheckins, test::to_json(test::with(checkin(), "facility", "\"\"")));
  ASSERT_TRUE(decoded);
  EXPECT_NE((*decoded)->facility.data(), nullptr);
  EXPECT_EQ((*decoded)->facility, "");
}

TEST(Decoder, BlankDatesAreLeftToTheRules) {
  Decoder decoder;
  for (const auto& [type, field] :
       {std::pair{EventType::kPatientRegistered, "birth_date"}, std::pair{EventType::kDischarge, "admitted_at"},
        std::pair{EventType::kVisitCompleted, "started_at"}, std::pair{EventType::kPayment, "paid_at"}}) {
    const EventTypeSpec& spec = event_type_spec(type);
    EXPECT_TRUE(decoder.decode(spec.topic, test::to_json(test::with(test::sample_members(spec), field, "\" \""))))
        << field;
  }
  EXPECT_EQ(refused_checkin(test::with(checkin(), "event_time", "\"\"")).reason, RejectReason::kBadTime);
}

TEST(Decoder, EntityIdsAreTextsWhateverTheyLookLike) {
  Decoder decoder;
  for (const std::string_view id : {"NA", "null", "007", "1e5", "", " "}) {
    const Members members = test::with(test::sample_members(event_type_spec(EventType::kWorkflow)), "entity_id",
                                       "\"" + std::string(id) + "\"");
    const auto decoded = decoder.decode(Topic::kWorkflow, test::to_json(members));
    ASSERT_TRUE(decoded) << id;
    EXPECT_EQ((*decoded)->entity_id, id);
  }
}

TEST(Decoder, WorkflowKeepsTheNameOfItsType) {
  Decoder decoder;
  for (const char* name : {"ward round 7", "checkin"}) {
    const Members members = test::with(test::sample_members(event_type_spec(EventType::kWorkflow)), "event_type",
                                       "\"" + std::string(name) + "\"");
    const auto decoded = decoder.decode(Topic::kWorkflow, test::to_json(members));
    ASSERT_TRUE(decoded) << name;
    EXPECT_EQ((*decoded)->type, EventType::kWorkflow);
    EXPECT_EQ((*decoded)->type_name, name);
  }
}

// Each record has the fault of its line and every fault of the lines below it: the first in the order is the reason.
TEST(Decoder, JudgesInOrder) {
  Members bad_time = test::with(checkin(), "event_time", "\"noon\"");
  Members bad_type = test::with(bad_time, "department", "7");
  Members missing = test::without(bad_type, "visit_id");
  Members unknown = test::with(missing, "event_type", "\"triage\"");
  Members schema = test::with(unknown, "schema_version", "2");
  EXPECT_EQ(refused_checkin(bad_time).reason, RejectReason::kBadTime);
  EXPECT_EQ(refused_checkin(bad_type).reason, RejectReason::kBadType);
  EXPECT_EQ(refused_checkin(missing).reason, RejectReason::kMissingField);
  EXPECT_EQ(refused_checkin(unknown).reason, RejectReason::kUnknownEventType);
  EXPECT_EQ(refused_checkin(schema).reason, RejectReason::kUnsupportedSchema);
  EXPECT_EQ(refused(Topic::kCheckins, "[" + test::to_json(schema) + "]").reason, RejectReason::kBadType);
  const std::string malformed = test::to_json(schema) + "}";
  EXPECT_EQ(refused(Topic::kCheckins, malformed).reason, RejectReason::kMalformedJson);
  EXPECT_EQ(refused(Topic::kCheckins, malformed + std::string(kMaxRecordBytes, ' ')).reason, RejectReason::kTooLarge);
}

TEST(Decoder, ABadTypeComesBeforeABadTimeWhateverTheirOrderInTheRecord) {
  EXPECT_EQ(refused_checkin(test::with(test::with(checkin(), "event_time", "\"noon\""), "metadata", "7")).reason,
            RejectReason::kBadType);
}

TEST(Decoder, SizeLimitIsInclusive) {
  Decoder decoder;
  std::string json = test::to_json(checkin());
  json.resize(kMaxRecordBytes, ' ');
  EXPECT_TRUE(decoder.decode(Topic::kCheckins, json));
  EXPECT_EQ(refused(Topic::kCheckins, json + " ").reason, RejectReason::kTooLarge);
}

TEST(Decoder, SchemaVersion) {
  const auto verdict = [](const char* version) -> std::optional<RejectReason> {
    Decoder decoder;
    const auto decoded =
        decoder.decode(Topic::kCheckins, test::to_json(test::with(checkin(), "schema_version", version)));
    if (decoded) return std::nullopt;
    return decoded.error().reason;
  };
  EXPECT_EQ(verdict("1"), std::nullopt);
  EXPECT_EQ(verdict("0"), std::nullopt);
  EXPECT_EQ(verdict("null"), std::nullopt);
  EXPECT_EQ(verdict("2"), RejectReason::kUnsupportedSchema);
  EXPECT_EQ(verdict("99999999999999999999999"), RejectReason::kUnsupportedSchema);
  for (const char* version : {"1.0", "\"1\"", "\"2\"", "true", "2.5"}) {
    EXPECT_EQ(verdict(version), RejectReason::kBadType) << version;
  }
}

TEST(Decoder, EventTypeHasToBeAText) {
  EXPECT_EQ(refused_checkin(test::without(checkin(), "event_type")).reason, RejectReason::kMissingField);
  EXPECT_EQ(refused_checkin(test::with(checkin(), "event_type", "null")).reason, RejectReason::kMissingField);
  EXPECT_EQ(refused_checkin(test::with(checkin(), "event_type", "1")).reason, RejectReason::kBadType);
  EXPECT_EQ(refused_checkin(test::without(test::with(checkin(), "event_type", "1"), "event_id")).reason,
            RejectReason::kMissingField);
  EXPECT_EQ(refused_checkin(test::with(checkin(), "event_type", "\"\"")).reason, RejectReason::kUnknownEventType);
}

TEST(Decoder, MalformedJson) {
  const std::string good = test::to_json(checkin());
  for (const std::string& json : {std::string(), std::string(" "), std::string("{"), good + "x", "\xEF\xBB\xBF" + good,
                                  good.substr(0, good.size() - 1) + ",\"event_id\":\"2\"}",
                                  good.substr(0, good.size() - 1) + ",\"x\":{\"y\":\"\xff\"}}"}) {
    EXPECT_EQ(refused(Topic::kCheckins, json).reason, RejectReason::kMalformedJson) << json;
  }
}

TEST(Decoder, DetailsNameTheFieldAndNeverThePatient) {
  EXPECT_EQ(refused_checkin(test::with(checkin(), "department", "7")).detail,
            "department: expected a string, found a number");
  EXPECT_EQ(refused_checkin(test::without(test::without(checkin(), "visit_id"), "department")).detail,
            "visit_id, department are missing");
  EXPECT_EQ(refused_checkin(test::with(checkin(), "event_time", "\"noon\"")).detail,
            "event_time: expected a time with offset such as \"2026-11-21T13:41:07.250Z\", found \"noon\"");
  EXPECT_EQ(refused_checkin(test::with(checkin(), "event_type", "\"triage\"")).detail,
            "event_type \"triage\" is not a type of topic checkins");
  EXPECT_EQ(refused_checkin(test::with(checkin(), "patient_id", "\"" + std::string(65, 'x') + "\"")).detail,
            "patient_id: expected at most 64 characters, found 65");
  const Members registered =
      test::with(test::sample_members(event_type_spec(EventType::kPatientRegistered)), "birth_date", "\"1.1.1980\"");
  EXPECT_EQ(refused(Topic::kCheckins, test::to_json(registered)).detail,
            "birth_date: expected a date such as \"2026-11-21\"");
  EXPECT_EQ(refused(Topic::kCheckins, "[]").detail, "expected an object, found an array");
  EXPECT_EQ(refused(Topic::kCheckins, "{\"a\":tru}").detail, "a word that is not true, false or null (byte 5)");
  EXPECT_EQ(refused(Topic::kCheckins, "{\"a\":1,\"a\":2}").detail, "a member's name is given twice");
  EXPECT_EQ(refused_checkin(test::with(checkin(), "event_type", "\"" + std::string(50'000, 'x') + "\"")).detail.size(),
            std::string_view("event_type \"...\" is not a type of topic checkins").size() + 40);
}

} // namespace
} // namespace wardpulse
