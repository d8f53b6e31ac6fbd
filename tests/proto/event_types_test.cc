#include "proto/event_types.h"

#include <gtest/gtest.h>

#include <set>

#include "proto/codec.h"
#include "tests/proto/sample_events.h"

namespace wardpulse {
namespace {

using test::Members;

// The reason why the decoder refuses the record; nullopt: it does not.
std::optional<RejectReason> refusal(const EventTypeSpec& spec, const Members& members) {
  static Decoder decoder;
  const auto decoded = decoder.decode(spec.topic, test::to_json(members));
  if (decoded) return std::nullopt;
  return decoded.error().reason;
}

class EachType : public testing::TestWithParam<EventType> {
 protected:
  const EventTypeSpec& spec = event_type_spec(GetParam());
};

TEST_P(EachType, IsTakenWithAllFieldsAndWithTheRequiredOnes) {
  EXPECT_EQ(refusal(spec, test::sample_members(spec)), std::nullopt);
  EXPECT_EQ(refusal(spec, test::sample_members(spec, test::Fields::kRequired)), std::nullopt);
}

TEST_P(EachType, MissesRequiredFieldsWhenAbsentOrNull) {
  for (const TypeField& field : spec.fields) {
    const auto expected = field.required ? std::optional(RejectReason::kMissingField) : std::nullopt;
    EXPECT_EQ(refusal(spec, test::without(test::sample_members(spec), field.field->name)), expected)
        << field.field->name;
    EXPECT_EQ(refusal(spec, test::with(test::sample_members(spec), field.field->name, "null")), expected)
        << field.field->name;
  }
}

TEST_P(EachType, RefusesEveryOtherKindOfValue) {
  const std::pair<const char*, std::set<FieldKind>> values[] = {
      {"7", {FieldKind::kInteger, FieldKind::kMoney}},
      {"7.25", {FieldKind::kMoney}},
      {"7.0", {FieldKind::kMoney}},
      {"true", {FieldKind::kSwitch}},
      {"[]", {}},
      {"{}", {FieldKind::kObject}},
      {"\"7\"", {FieldKind::kText, FieldKind::kDate, FieldKind::kTime}},
  };
  for (const TypeField& field : spec.fields) {
    if (field.field->name == kSchemaVersionMember || field.field->name == kEventTypeMember) continue;
    for (const auto& [json, kinds] : values) {
      const auto reason = refusal(spec, test::with(test::sample_members(spec), field.field->name, json));
      if (!kinds.contains(field.field->kind)) {
        EXPECT_EQ(reason, RejectReason::kBadType) << field.field->name << " " << json;
      } else {
        EXPECT_NE(reason, RejectReason::kBadType) << field.field->name << " " << json;
      }
    }
  }
}

TEST_P(EachType, RefusesTimesAndDatesThatDoNotRead) {
  for (const TypeField& field : spec.fields) {
    if (field.field->kind != FieldKind::kDate && field.field->kind != FieldKind::kTime) continue;
    for (const char* json :
         {"\"yesterday\"", "\"2026-02-30\"", "\"2026-02-30T00:00:00Z\"", "\"2026-11-21T13:00:00\""}) {
      EXPECT_EQ(refusal(spec, test::with(test::sample_members(spec), field.field->name, json)), RejectReason::kBadTime)
          << field.field->name << " " << json;
    }
  }
}

TEST_P(EachType, CountsLengthInCharacters) {
  for (const TypeField& field : spec.fields) {
    if (field.field->kind != FieldKind::kText || field.field->name == kEventTypeMember) continue;
    const auto text = [&](std::size_t characters) {
      std::string json = "\"";
      for (std::size_t i = 0; i < characters; ++i) json += "\U0001F600";
      return json + "\"";
    };
    const std::size_t most = field.field->max_length;
    EXPECT_EQ(refusal(spec, test::with(test::sample_members(spec), field.field->name, text(most))), std::nullopt)
        << field.field->name;
    EXPECT_EQ(refusal(spec, test::with(test::sample_members(spec), field.field->name, text(most + 1))),
              RejectReason::kBadType)
        << field.field->name;
  }
}

INSTANTIATE_TEST_SUITE_P(EventTypes, EachType, testing::ValuesIn([] {
                           std::vector<EventType> types;
                           for (const EventTypeSpec& spec : event_types()) types.push_back(spec.type);
                           return types;
                         }()));

TEST(EventTypes, BelongToTheirTopicOnly) {
  for (const EventTypeSpec& spec : event_types()) {
    if (spec.type == EventType::kWorkflow || spec.type == EventType::kHeartbeat) continue;
    for (int t = 0; t < kTopicCount; ++t) {
      const auto topic = static_cast<Topic>(t);
      const EventTypeSpec* found = find_event_type(topic, spec.name);
      if (topic == spec.topic) {
        EXPECT_EQ(found, &spec);
      } else if (topic == Topic::kWorkflow) { // any name is a workflow's there
        ASSERT_NE(found, nullptr);
        EXPECT_EQ(found->type, EventType::kWorkflow);
      } else {
        EXPECT_EQ(found, nullptr) << spec.name;
      }
    }
  }
}

TEST(EventTypes, HeartbeatBelongsToEveryTopic) {
  for (int t = 0; t < kTopicCount; ++t) {
    const EventTypeSpec* found = find_event_type(static_cast<Topic>(t), "feed.heartbeat");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->type, EventType::kHeartbeat);
  }
}

TEST(EventTypes, WorkflowNamesAreOf64SafeCharacters) {
  EXPECT_TRUE(is_workflow_type_name("Ward 7/transfer_out-2.done"));
  EXPECT_TRUE(is_workflow_type_name(std::string(64, 'a')));
  for (const std::string& name :
       {std::string(), std::string(65, 'a'), std::string("a\nb"), std::string("\u00e9"), std::string("a|b")}) {
    EXPECT_FALSE(is_workflow_type_name(name)) << name;
  }
}

TEST(EventTypes, ListedValuesHaveNames) {
  for (const std::string_view text : {"M", "F", "Other", "Unknown"})
    EXPECT_EQ(gender_name(*gender_from_text(text)), text);
  for (const std::string_view text : {"Outpatient", "Emergency", "Inpatient"}) {
    EXPECT_EQ(visit_type_name(*visit_type_from_text(text)), text);
  }
  for (const std::string_view text : {"Pending", "Paid"})
    EXPECT_EQ(bill_status_name(*bill_status_from_text(text)), text);
  EXPECT_EQ(gender_from_text("m"), std::nullopt);
}

TEST(Names, OfTopicsReasonsAndRules) {
  for (const std::string_view name : {"checkins", "encounters", "billing", "workflow"}) {
    EXPECT_EQ(topic_name(*topic_from_name(name)), name);
  }
  EXPECT_EQ(topic_from_name("rejected"), std::nullopt);
  EXPECT_EQ(reject_reason_name(RejectReason::kTooLarge), "too_large");
  EXPECT_EQ(reject_reason_name(RejectReason::kUnknownVisit), "unknown_visit");
  EXPECT_EQ(rule_name(Rule::kRequired), "required");
  EXPECT_EQ(rule_name(Rule::kPaidHasTime), "paid_has_time");
  EXPECT_EQ(rule_name(Rule::kRange), "range");
}

} // namespace
} // namespace wardpulse
