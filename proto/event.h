// One event as the engine sees it. The field lists per event type are declared once, in event_types.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace wardpulse {

enum class Topic : std::uint8_t { kCheckins, kEncounters, kBilling, kWorkflow };
inline constexpr int kTopicCount = 4;
std::string_view topic_name(Topic topic); // "checkins", without prefix
std::optional<Topic> topic_from_name(std::string_view name);

enum class EventType : std::uint8_t {
  kPatientRegistered, kCheckin, kVisitCancelled, kVisitNoShow,                                // checkins
  kTriage, kRoomed, kProviderSeen, kTreatment, kAdmitDecision, kAdmission, kDischarge,        // encounters
  kVisitCompleted, kVisitLeft,
  kBill, kPayment, kClaim,                                                                    // billing
  kWorkflow,  // any type on topic workflow: `type_name` says which
  kHeartbeat, // "feed.heartbeat", any topic: moves stream time and nothing else
};
inline constexpr int kEventTypeCount = 18;

enum class VisitType : std::uint8_t { kOutpatient, kEmergency, kInpatient, kOther };
enum class Gender : std::uint8_t { kMale, kFemale, kOther, kUnknown, kInvalid };
enum class BillStatus : std::uint8_t { kPending, kPaid, kOther };

// Views point into the decoder's buffer and die with the next decode. An absent optional text field is a view with
// data() == nullptr; a present empty one is not. Enumerated texts keep the text (rules report it) beside the value.
struct Event {
  EventType type{};
  std::string_view type_name;
  std::string_view event_id;
  Time event_time{};
  std::string_view patient_id; // may be absent on topic workflow
  std::string_view visit_id;
  std::string_view entity_id;  // topic workflow only
  std::string_view department;
  std::string_view facility;
  std::string_view source;     // "unknown" when absent
  std::string_view actor_role;

  std::string_view gender_text;   Gender gender{Gender::kUnknown};                // patient.registered
  std::string_view city;
  std::string_view birth_date_text;    std::optional<std::chrono::year_month_day> birth_date;
  std::string_view registered_on_text; std::optional<std::chrono::year_month_day> registered_on;
  std::string_view visit_type_text;
  VisitType visit_type{VisitType::kOther}; // checkin, visit.cancelled, visit.no_show
  std::string_view arrival_mode;
  std::int64_t acuity = 0;                                                        // triage
  std::optional<bool> ventilated;                                                 // roomed, provider.seen
  std::optional<bool> observation;                                                // admit.decision
  std::string_view treatment_code, description, treatment_id;                     // treatment (id defaults to event_id)
  std::int64_t cost_cents = 0;
  std::string_view admission_id, room_type, disposition;                          // admission, discharge
  std::optional<Time> admitted_at, started_at, paid_at; // discharge, visit.completed, bill|payment
  std::string_view status_text; BillStatus bill_status{BillStatus::kOther};       // visit.completed, bill
  std::string_view reason;                                                        // visit.left
  std::string_view bill_id, payment_id, claim_id, payer, organization; // billing (payment_id defaults to event_id)
  std::int64_t total_cents = 0, insurance_cents = 0, patient_cents = 0, amount_cents = 0, covered_cents = 0;
};

// Absent, empty, or nothing but white space (Unicode property White_Space).
bool is_blank(std::string_view text);
// As a regular expression: what is_blank() is not true of. (\S would differ in the control character U+0085, and in U+FEFF.)
inline constexpr std::string_view kNotBlankPattern =
    R"([^\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000])";

} // namespace wardpulse
