#include <gtest/gtest.h>

#include "proto/codec.h"
#include "proto/event_types.h"
#include "tests/proto/sample_events.h"

namespace wardpulse {
namespace {

std::string encoded(const Event& event) {
  std::string json;
  encode_event(event, &json);
  return json;
}

// Every member of the event as a readable line, absent ones as "-".
std::string readable(const Event& event) {
  std::string lines;
  for (const TypeField& field : event_type_spec(event.type).fields) {
    const EventField& f = *field.field;
    std::string value = "-";
    if (f.text != nullptr && (event.*f.text).data() != nullptr) value = event.*f.text;
    if (f.number != nullptr) value = std::to_string(event.*f.number);
    if (f.moment != nullptr) value = format_rfc3339(event.*f.moment);
    if (f.time != nullptr && event.*f.time) value = format_rfc3339(*(event.*f.time));
    if (f.date != nullptr && event.*f.date) value = format_date(*(event.*f.date));
    if (f.flag != nullptr && event.*f.flag) value = *(event.*f.flag) ? "true" : "false";
    lines += std::string(f.name) + "=" + value + "\n";
  }
  return lines;
}

TEST(Encoder, EveryTypeComesBackAsItWas) {
  Decoder first, second;
  for (const EventTypeSpec& spec : event_types()) {
    for (const auto fields : {test::Fields::kAll, test::Fields::kRequired}) {
      const auto event = first.decode(spec.topic, test::sample_json(spec.type, fields));
      ASSERT_TRUE(event) << spec.name << event.error().detail;
      const auto again = second.decode(spec.topic, encoded(**event));
      ASSERT_TRUE(again) << spec.name << again.error().detail;
      EXPECT_EQ(readable(**again), readable(**event));
      EXPECT_EQ(encoded(**again), encoded(**event));
      EXPECT_EQ((*again)->gender, (*event)->gender);
      EXPECT_EQ((*again)->visit_type, (*event)->visit_type);
      EXPECT_EQ((*again)->bill_status, (*event)->bill_status);
    }
  }
}

TEST(Encoder, WritesTheEnvelopeFirstAndLeavesOutWhatIsAbsent) {
  Event event;
  event.type = EventType::kTreatment;
  event.event_id = "e\"1";
  event.event_time = *parse_rfc3339("2026-11-21T13:41:07.250Z");
  event.patient_id = "p1";
  event.visit_id = "v1";
  event.treatment_code = "X";
  event.cost_cents = 1250;
  EXPECT_EQ(
      encoded(event),
      R"({"event_id":"e\"1","event_type":"treatment","event_time":"2026-11-21T13:41:07.250Z","patient_id":"p1","visit_id":"v1",)"
      R"("treatment_code":"X","cost":12.50})");
}

TEST(Encoder, AListedValueNeedsNoText) {
  Event event;
  event.type = EventType::kCheckin;
  event.event_id = "e1";
  event.patient_id = "p1";
  event.visit_id = "v1";
  event.department = "Emergency";
  event.visit_type = VisitType::kInpatient;
  EXPECT_NE(encoded(event).find(R"("visit_type":"Inpatient")"), std::string::npos);
}

TEST(Encoder, KeyIsThePatientOrTheEntity) {
  Event event;
  event.patient_id = "p";
  event.entity_id = "e";
  event.type = EventType::kCheckin;
  EXPECT_EQ(event_key(event), "p");
  event.type = EventType::kWorkflow;
  EXPECT_EQ(event_key(event), "e");
  EXPECT_EQ(event_topic(EventType::kHeartbeat), Topic::kCheckins);
  EXPECT_EQ(event_topic(EventType::kClaim), Topic::kBilling);
}

} // namespace
} // namespace wardpulse
