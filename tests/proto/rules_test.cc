#include "proto/rules.h"

#include <gtest/gtest.h>

#include <cctype>

#include "proto/codec.h"
#include "proto/event_types.h"
#include "tests/proto/sample_events.h"

namespace wardpulse {
namespace {

constexpr std::uint32_t bit(Rule rule) { return 1u << static_cast<unsigned>(rule); }
const RuleBounds kBounds;

// What the rules say of a record of `type` with some members replaced: the broken rules' names and the detail.
std::string verdict(EventType type, const test::Members& changes) {
  static Decoder decoder;
  const EventTypeSpec& spec = event_type_spec(type);
  test::Members members = test::sample_members(spec);
  for (const auto& [name, json] : changes) members = test::with(members, name, json);
  const auto decoded = decoder.decode(spec.topic, test::to_json(members));
  if (!decoded) return "refused: " + decoded.error().detail;
  const std::uint32_t broken = rules_broken(**decoded, kBounds);
  EXPECT_EQ(broken & ~rules_evaluated(**decoded), 0u);
  if (broken == 0) return "";
  const Rejection rejection = rule_rejection(**decoded, kBounds, broken);
  EXPECT_EQ(rejection.reason, RejectReason::kRule);
  std::string text;
  for (const Rule rule : rejection.rules) text += std::string(rule_name(rule)) + " ";
  return text + "| " + rejection.detail;
}

TEST(Rules, ASampleOfEveryTypeBreaksNone) {
  for (const EventTypeSpec& spec : event_types()) EXPECT_EQ(verdict(spec.type, {}), "") << spec.name;
}

TEST(Rules, RequiredTextsAndTimesMustNotBeBlank) {
  for (const EventTypeSpec& spec : event_types()) {
    if (spec.type == EventType::kHeartbeat) continue;
    for (const TypeField& field : spec.fields) {
      const EventField& f = *field.field;
      const bool can_be_blank = f.text != nullptr || f.time != nullptr;
      if (!field.required || !can_be_blank || f.name == kEventTypeMember || !f.list.empty()) continue;
      EXPECT_EQ(verdict(spec.type, {{std::string(f.name), "\" \\t\\u00a0\\u3000\""}}),
                "required | " + std::string(f.name) + " must not be blank")
          << spec.name;
    }
  }
}

TEST(Rules, OptionalTextsMayBeBlank) {
  EXPECT_EQ(verdict(EventType::kTriage, {{"department", "\"\""}, {"source", "\" \""}}), "");
  EXPECT_EQ(verdict(EventType::kPatientRegistered, {{"registered_on", "\"\""}}), "");
}

TEST(Rules, ListedValues) {
  EXPECT_EQ(verdict(EventType::kPatientRegistered, {{"gender", "\"male\""}}),
            "gender | gender \"male\" is not one of M, F, Other, Unknown");
  EXPECT_EQ(verdict(EventType::kCheckin, {{"visit_type", "\"\""}}),
            "visit_type | visit_type \"\" is not one of Outpatient, Emergency, Inpatient");
  EXPECT_EQ(verdict(EventType::kVisitCompleted, {{"status", "\"Done\""}}),
            "visit_status | status \"Done\" is not one of Completed");
  EXPECT_EQ(verdict(EventType::kBill, {{"status", "\"Overdue\""}}),
            "visit_status | status \"Overdue\" is not one of Pending, Paid");
  EXPECT_EQ(
      verdict(EventType::kAdmission, {{"room_type", "\"Attic\""}}),
      "room_type | room_type \"Attic\" is not one of General, Private, ICU, Maternity, Pediatric, Emergency, Surgery");
  EXPECT_EQ(verdict(EventType::kVisitLeft, {{"reason", "\"eloped\""}}), "");
}

TEST(Rules, AnEndIsAfterItsStart) {
  const std::string at_the_same_time = "\"2026-11-21T13:41:07.250Z\"";
  EXPECT_EQ(
      verdict(EventType::kVisitCompleted, {{"started_at", at_the_same_time}}),
      "visit_end_after_start | event_time 2026-11-21T13:41:07.250Z is not after started_at 2026-11-21T13:41:07.250Z");
  EXPECT_EQ(
      verdict(EventType::kDischarge, {{"admitted_at", at_the_same_time}}),
      "discharge_after_admit | event_time 2026-11-21T13:41:07.250Z is not after admitted_at 2026-11-21T13:41:07.250Z");
  EXPECT_EQ(verdict(EventType::kDischarge, {{"admitted_at", "\"2026-11-21T13:41:07.249Z\""}}), "");
}

TEST(Rules, Money) {
  EXPECT_EQ(verdict(EventType::kTreatment, {{"cost", "-0.01"}}), "cost_not_negative | cost -0.01 is negative");
  EXPECT_EQ(verdict(EventType::kTreatment, {{"cost", "0"}}), "");
  EXPECT_EQ(verdict(EventType::kTreatment, {{"cost", "10000000"}}), "");
  EXPECT_EQ(verdict(EventType::kTreatment, {{"cost", "10000000.01"}}), "range | cost 10000000.01 is above 10000000.00");
  EXPECT_EQ(verdict(EventType::kBill, {{"insurance_amount", "120.51"}}),
            "insurance_within_total | insurance_amount 120.51 is above total_amount 120.50");
  EXPECT_EQ(verdict(EventType::kClaim, {{"covered", "1e9"}}), "range | covered 1000000000.00 is above 10000000.00");
  EXPECT_EQ(verdict(EventType::kBill, {{"total_amount", "-1"}}),
            "total_not_negative insurance_within_total | total_amount -1.00 is negative");
  EXPECT_EQ(verdict(EventType::kTreatment, {{"cost", "-92233720368547758.08"}}),
            "cost_not_negative | cost -92233720368547758.08 is negative");
  EXPECT_EQ(verdict(EventType::kPayment, {{"amount", "-10000000"}}), "");
  EXPECT_EQ(verdict(EventType::kPayment, {{"amount", "-10000000.01"}}), "range | amount -10000000.01 is below -10000000.00");
}

TEST(Rules, APaidBillSaysWhen) {
  EXPECT_EQ(verdict(EventType::kBill, {{"status", "\"Paid\""}, {"paid_at", "null"}}),
            "paid_has_time | status is Paid and paid_at is missing");
  EXPECT_EQ(verdict(EventType::kBill, {{"status", "\"Paid\""}, {"paid_at", "\"\""}}),
            "paid_has_time | status is Paid and paid_at is missing");
  EXPECT_EQ(verdict(EventType::kBill, {{"status", "\"Pending\""}, {"paid_at", "null"}}), "");
}

TEST(Rules, BirthAndAge) {
  EXPECT_EQ(verdict(EventType::kPatientRegistered, {{"birth_date", "\"2026-11-20\""}}), "");
  EXPECT_EQ(verdict(EventType::kPatientRegistered, {{"birth_date", "\"2026-11-21\""}}),
            "birth_before_registration range | birth_date is after registered_on");
  EXPECT_EQ(verdict(EventType::kPatientRegistered, {{"birth_date", "\"2026-11-21\""}, {"registered_on", "null"}}), "");
  EXPECT_EQ(verdict(EventType::kPatientRegistered, {{"birth_date", "\"1895-11-21\""}}), "");
  EXPECT_EQ(verdict(EventType::kPatientRegistered, {{"birth_date", "\"1895-11-20\""}}),
            "range | birth_date makes an age outside 0..130 years");
}

TEST(Rules, Acuity) {
  EXPECT_EQ(verdict(EventType::kTriage, {{"acuity", "5"}}), "");
  EXPECT_EQ(verdict(EventType::kTriage, {{"acuity", "0"}}), "range | acuity 0 is outside 1..5");
  EXPECT_EQ(verdict(EventType::kTriage, {{"acuity", "6"}}), "range | acuity 6 is outside 1..5");
}

TEST(Rules, TheFirstInOrderIsTheReasonAndAllAreReported) {
  EXPECT_EQ(verdict(EventType::kBill,
                    {{"bill_id", "\"\""}, {"status", "\"?\""}, {"total_amount", "-5"}, {"patient_amount", "99999999"}}),
            "required visit_status total_not_negative insurance_within_total range | bill_id must not be blank");
}

TEST(Rules, EvaluatedDependsOnTheTypeAlone) {
  Event event;
  event.type = EventType::kCheckin;
  EXPECT_EQ(rules_evaluated(event), bit(Rule::kRequired) | bit(Rule::kVisitType));
  event.type = EventType::kBill;
  EXPECT_EQ(rules_evaluated(event), bit(Rule::kRequired) | bit(Rule::kVisitStatus) | bit(Rule::kTotalNotNegative) |
                                        bit(Rule::kInsuranceWithinTotal) | bit(Rule::kPaidHasTime) | bit(Rule::kRange));
  event.type = EventType::kHeartbeat;
  EXPECT_EQ(rules_evaluated(event), 0u);
}

TEST(Blank, IsUnicodeWhiteSpace) {
  for (const char* text : {"", " ", "\t\n\r\v\f", "\u00a0", "\u0085\u2003\u3000\u2028\u202f\u205f\u1680"})
    EXPECT_TRUE(is_blank(text));
  for (const char* text : {"a", " a", "\u200b", "\u00e9", "0", "\u180e"}) EXPECT_FALSE(is_blank(text));
  EXPECT_TRUE(is_blank(std::string_view{}));
}

} // namespace
} // namespace wardpulse
