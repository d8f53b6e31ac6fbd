#include "proto/event_types.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/check.h"

namespace wardpulse {
namespace {

constexpr std::string_view kGenders[] = {"M", "F", "Other", "Unknown"};
constexpr std::string_view kVisitTypes[] = {"Outpatient", "Emergency", "Inpatient"};
constexpr std::string_view kRoomTypes[] = {"General",  "Private",   "ICU",    "Maternity",
                                           "Pediatric", "Emergency", "Surgery"};
constexpr std::string_view kVisitStatuses[] = {"Completed"};
constexpr std::string_view kBillStatuses[] = {"Pending", "Paid"};
constexpr std::string_view kLeftReasons[] = {"lwbs", "lbtc", "ama", "died", "transferred"};

// --- kinds of fields ------------------------------------------------------------------------------------------------

constexpr EventField text(std::string_view name, std::string_view Event::*member, std::string_view meaning) {
  return {.name = name, .kind = FieldKind::kText, .meaning = meaning, .text = member};
}
constexpr EventField id(std::string_view name, std::string_view Event::*member, std::string_view meaning) {
  EventField field = text(name, member, meaning);
  field.max_length = kMaxIdLength;
  return field;
}
constexpr EventField listed(std::string_view name, std::string_view Event::*member,
                            std::span<const std::string_view> list, Rule rule, std::string_view meaning) {
  EventField field = text(name, member, meaning);
  field.list = list;
  field.list_rule = rule;
  return field;
}
constexpr EventField money(std::string_view name, std::int64_t Event::*member, std::string_view meaning,
                           std::optional<Rule> least_zero = std::nullopt) {
  return {.name = name, .kind = FieldKind::kMoney, .meaning = meaning, .number = member, .least_zero = least_zero};
}
constexpr EventField time(std::string_view name, std::optional<Time> Event::*member, std::string_view meaning) {
  return {.name = name, .kind = FieldKind::kTime, .meaning = meaning, .time = member};
}
constexpr EventField flag(std::string_view name, std::optional<bool> Event::*member, std::string_view meaning) {
  return {.name = name, .kind = FieldKind::kSwitch, .meaning = meaning, .flag = member};
}

// --- envelope -------------------------------------------------------------------------------------------------------

constexpr EventField kEventId = id("event_id", &Event::event_id, "unique; a repeat is a duplicate");
constexpr EventField kTypeName{.name = kEventTypeMember,
                               .meaning = "what happened",
                               .text = &Event::type_name,
                               .max_length = kMaxIdLength};
constexpr EventField kEventTime{.name = "event_time",
                                .kind = FieldKind::kTime,
                                .meaning = "when it happened",
                                .moment = &Event::event_time};
constexpr EventField kPatientId = id("patient_id", &Event::patient_id, "the message key");
constexpr EventField kEntityId = id("entity_id", &Event::entity_id, "the message key on topic workflow");
constexpr EventField kVisitId = id("visit_id", &Event::visit_id, "names a visit together with patient_id");
constexpr EventField kDepartment = text("department", &Event::department, "without one, the visit's");
constexpr EventField kFacility = text("facility", &Event::facility, "hospital or site");
constexpr EventField kSource = text("source", &Event::source, "name of the feed; `unknown` when absent");
constexpr EventField kActorRole = text("actor_role", &Event::actor_role, "role of who did it");
constexpr EventField kSchemaVersionField{.name = kSchemaVersionMember,
                                         .kind = FieldKind::kInteger,
                                         .meaning = "1 when absent; a larger one is `unsupported_schema`"};
constexpr EventField kMetadata{.name = "metadata", .kind = FieldKind::kObject, .meaning = "ignored by the engine"};

// --- topic checkins -------------------------------------------------------------------------------------------------

constexpr EventField kGender = listed("gender", &Event::gender_text, kGenders, Rule::kGender, "");
constexpr EventField kBirthDate{.name = "birth_date",
                                .kind = FieldKind::kDate,
                                .meaning = "date of birth",
                                .text = &Event::birth_date_text,
                                .date = &Event::birth_date};
constexpr EventField kRegisteredOn{.name = "registered_on",
                                   .kind = FieldKind::kDate,
                                   .meaning = "the event's date when absent",
                                   .text = &Event::registered_on_text,
                                   .date = &Event::registered_on};
constexpr EventField kCity = text("city", &Event::city, "where the patient lives");
constexpr EventField kVisitType = listed("visit_type", &Event::visit_type_text, kVisitTypes, Rule::kVisitType, "");
constexpr EventField kArrivalMode = text("arrival_mode", &Event::arrival_mode, "walk-in, ambulance, ...");

// --- topic encounters -----------------------------------------------------------------------------------------------

constexpr EventField kAcuity{.name = "acuity",
                             .kind = FieldKind::kInteger,
                             .meaning = "1 (most urgent) to 5",
                             .number = &Event::acuity};
constexpr EventField kVentilated =
    flag("ventilated", &Event::ventilated, "on a ventilator; the latest by event time counts");
constexpr EventField kObservation = flag("observation", &Event::observation, "for observation only");
constexpr EventField kTreatmentCode = text("treatment_code", &Event::treatment_code, "code of the procedure");
constexpr EventField kCost = money("cost", &Event::cost_cents, "price of the treatment", Rule::kCostNotNegative);
constexpr EventField kDescription = text("description", &Event::description, "free text");
constexpr EventField kTreatmentId = id("treatment_id", &Event::treatment_id, "event_id when absent");
constexpr EventField kAdmissionId = id("admission_id", &Event::admission_id, "joins admission and discharge");
constexpr EventField kRoomType = listed("room_type", &Event::room_type, kRoomTypes, Rule::kRoomType, "");
constexpr EventField kAdmittedAt =
    time("admitted_at", &Event::admitted_at, "start of the admission; event_time is its end");
constexpr EventField kDisposition = text("disposition", &Event::disposition, "where the patient went");
constexpr EventField kStartedAt = time("started_at", &Event::started_at, "start of the visit; event_time is its end");
constexpr EventField kVisitStatus = listed("status", &Event::status_text, kVisitStatuses, Rule::kVisitStatus, "");
constexpr EventField kLeftReason{.name = "reason",
                                 .meaning = "the door; other texts are accepted and become a door of their own",
                                 .text = &Event::reason,
                                 .examples = kLeftReasons};

// --- topic billing --------------------------------------------------------------------------------------------------

constexpr EventField kBillId = id("bill_id", &Event::bill_id, "identity of the bill; Pending to Paid is a change");
constexpr EventField kTotalAmount =
    money("total_amount", &Event::total_cents, "what is billed", Rule::kTotalNotNegative);
constexpr EventField kInsuranceAmount = money("insurance_amount", &Event::insurance_cents, "at most total_amount");
constexpr EventField kPatientAmount = money("patient_amount", &Event::patient_cents, "the patient's share");
constexpr EventField kBillStatus = listed("status", &Event::status_text, kBillStatuses, Rule::kVisitStatus, "");
constexpr EventField kPaidAt =
    time("paid_at", &Event::paid_at, "when it was paid; has to be there when status is Paid");
constexpr EventField kPayer = text("payer", &Event::payer, "who pays");
constexpr EventField kAmount = money("amount", &Event::amount_cents, "");
constexpr EventField kPaymentId = id("payment_id", &Event::payment_id, "event_id when absent");
constexpr EventField kClaimId = id("claim_id", &Event::claim_id, "identity of the claim");
constexpr EventField kOrganization = text("organization", &Event::organization, "who claims");
constexpr EventField kCovered = money("covered", &Event::covered_cents, "what the payer covers");

// --- types ----------------------------------------------------------------------------------------------------------

using FieldRefs = std::initializer_list<const EventField*>;

constexpr std::uint32_t bit(Rule rule) { return 1u << static_cast<unsigned>(rule); }

const std::vector<const EventField*>& envelope() {
  static const std::vector<const EventField*> fields = {&kEventId,    &kTypeName, &kEventTime, &kPatientId,
                                                        &kEntityId,   &kVisitId,  &kDepartment, &kFacility,
                                                        &kSource,     &kActorRole};
  return fields;
}

// The envelope (its fields required where `required` names them), then the type's own fields, then what the engine
// drops.
std::vector<TypeField> fields_of(Topic topic, FieldRefs required, FieldRefs optional) {
  const auto is_required = [&](const EventField* field) {
    return field == &kEventId || field == &kTypeName || field == &kEventTime ||
           std::find(required.begin(), required.end(), field) != required.end();
  };
  std::vector<TypeField> fields;
  for (const EventField* field : envelope()) {
    if (field == &kEntityId && topic != Topic::kWorkflow) continue;
    fields.push_back({field, is_required(field)});
  }
  const auto in_envelope = [](const EventField* field) {
    return std::find(envelope().begin(), envelope().end(), field) != envelope().end();
  };
  for (const EventField* field : required) {
    if (!in_envelope(field)) fields.push_back({field, true});
  }
  for (const EventField* field : optional) fields.push_back({field, false});
  fields.push_back({&kSchemaVersionField, false});
  fields.push_back({&kMetadata, false});
  return fields;
}

// Rules that follow from the fields themselves.
std::uint32_t rules_of(const std::vector<TypeField>& fields) {
  std::uint32_t rules = bit(Rule::kRequired);
  for (const auto& [field, required, slot] : fields) {
    if (!field->list.empty()) rules |= bit(field->list_rule);
    if (field->least_zero) rules |= bit(*field->least_zero);
    if (field->number != nullptr) rules |= bit(Rule::kRange);
  }
  return rules;
}

EventTypeSpec make(EventType type, std::string_view name, Topic topic, std::string_view meaning, FieldRefs required,
                   FieldRefs optional, std::uint32_t more_rules = 0) {
  EventTypeSpec spec{type, name, topic, meaning, fields_of(topic, required, optional)};
  spec.rules = rules_of(spec.fields) | more_rules;
  return spec;
}

std::vector<EventTypeSpec> checkins_types() {
  const FieldRefs visit = {&kPatientId, &kVisitId, &kDepartment, &kVisitType};
  return {make(EventType::kPatientRegistered, "patient.registered", Topic::kCheckins, "a patient is entered",
               {&kPatientId, &kGender, &kBirthDate}, {&kRegisteredOn, &kCity},
               bit(Rule::kBirthBeforeRegistration) | bit(Rule::kRange)),
          make(EventType::kCheckin, "checkin", Topic::kCheckins, "a patient arrives; the visit starts", visit,
               {&kArrivalMode}),
          make(EventType::kVisitCancelled, "visit.cancelled", Topic::kCheckins, "the visit was called off", visit, {}),
          make(EventType::kVisitNoShow, "visit.no_show", Topic::kCheckins, "the patient did not come", visit, {})};
}

std::vector<EventTypeSpec> encounters_types() {
  constexpr Topic kTopic = Topic::kEncounters;
  return {
      make(EventType::kTriage, "triage", kTopic, "urgency is judged", {&kPatientId, &kVisitId, &kAcuity}, {}),
      make(EventType::kRoomed, "roomed", kTopic, "the patient gets a room", {&kPatientId, &kVisitId}, {&kVentilated}),
      make(EventType::kProviderSeen, "provider.seen", kTopic, "a physician sees the patient", {&kPatientId, &kVisitId},
           {&kVentilated}),
      make(EventType::kTreatment, "treatment", kTopic, "something is done",
           {&kPatientId, &kVisitId, &kTreatmentCode, &kCost}, {&kDescription, &kTreatmentId}),
      make(EventType::kAdmitDecision, "admit.decision", kTopic, "the patient is to be admitted",
           {&kPatientId, &kVisitId}, {&kObservation}),
      make(EventType::kAdmission, "admission", kTopic, "the patient is admitted to a bed",
           {&kPatientId, &kVisitId, &kAdmissionId, &kRoomType}, {}),
      make(EventType::kDischarge, "discharge", kTopic, "the admission ends",
           {&kPatientId, &kVisitId, &kAdmissionId, &kAdmittedAt, &kDisposition}, {}, bit(Rule::kDischargeAfterAdmit)),
      make(EventType::kVisitCompleted, "visit.completed", kTopic, "the visit ends as planned",
           {&kPatientId, &kVisitId, &kStartedAt, &kVisitStatus}, {}, bit(Rule::kVisitEndAfterStart)),
      make(EventType::kVisitLeft, "visit.left", kTopic, "the patient is gone before the visit was completed",
           {&kPatientId, &kVisitId, &kLeftReason}, {})};
}

std::vector<EventTypeSpec> other_types() {
  std::vector<EventTypeSpec> types = {
      make(EventType::kBill, "bill", Topic::kBilling, "a bill, or its change from Pending to Paid",
           {&kPatientId, &kVisitId, &kBillId, &kTotalAmount, &kInsuranceAmount, &kPatientAmount, &kBillStatus},
           {&kPaidAt, &kPayer}, bit(Rule::kInsuranceWithinTotal) | bit(Rule::kPaidHasTime)),
      make(EventType::kPayment, "payment", Topic::kBilling, "money came in for a bill",
           {&kPatientId, &kVisitId, &kBillId, &kAmount, &kPaidAt}, {&kPaymentId}),
      make(EventType::kClaim, "claim", Topic::kBilling, "a claim to a payer",
           {&kPatientId, &kVisitId, &kClaimId, &kPayer, &kOrganization, &kAmount, &kCovered}, {}),
      make(EventType::kWorkflow, "", Topic::kWorkflow, "a step of any other workflow; funnels give it meaning",
           {&kEntityId}, {}),
      make(EventType::kHeartbeat, "feed.heartbeat", Topic::kCheckins,
           "any topic: moves stream time and nothing else; no rule applies", {&kSource}, {})};
  types.back().rules = 0;
  return types;
}

// Everything derived from the declarations, made once.
struct Registry {
  std::vector<EventTypeSpec> types;
  std::vector<std::string_view> slots;
  std::array<std::vector<const EventTypeSpec*>, kTopicCount> by_topic;

  Registry() {
    for (const auto& part : {checkins_types(), encounters_types(), other_types()}) {
      types.insert(types.end(), part.begin(), part.end());
    }
    WP_CHECK(types.size() == kEventTypeCount);
    for (std::size_t i = 0; i < types.size(); ++i) {
      WP_CHECK(static_cast<std::size_t>(types[i].type) == i);
      number_slots(&types[i]);
      if (types[i].type < EventType::kWorkflow) by_topic[static_cast<std::size_t>(types[i].topic)].push_back(&types[i]);
    }
    WP_CHECK(slots.size() <= kMaxSlots);
  }

  void number_slots(EventTypeSpec* spec) {
    for (TypeField& field : spec->fields) {
      const auto found = std::find(slots.begin(), slots.end(), field.field->name);
      field.slot = static_cast<int>(found - slots.begin());
      if (found == slots.end()) slots.push_back(field.field->name);
      if (field.required) spec->required_slots |= std::uint64_t{1} << field.slot;
    }
  }
};

const Registry& registry() {
  static const Registry instance;
  return instance;
}

template <class Enum, std::size_t kCount>
std::optional<Enum> from_list(const std::string_view (&names)[kCount], std::initializer_list<Enum> values,
                              std::string_view text) {
  for (std::size_t i = 0; i < kCount; ++i) {
    if (names[i] == text) return values.begin()[i];
  }
  return std::nullopt;
}

constexpr std::string_view kHeartbeatName = "feed.heartbeat";

} // namespace

std::span<const EventTypeSpec> event_types() { return registry().types; }

const EventTypeSpec& event_type_spec(EventType type) { return registry().types[static_cast<std::size_t>(type)]; }

const EventTypeSpec* find_event_type(Topic topic, std::string_view name) {
  if (name == kHeartbeatName) return &event_type_spec(EventType::kHeartbeat);
  if (topic == Topic::kWorkflow) return is_workflow_type_name(name) ? &event_type_spec(EventType::kWorkflow) : nullptr;
  for (const EventTypeSpec* spec : registry().by_topic[static_cast<std::size_t>(topic)]) {
    if (spec->name == name) return spec;
  }
  return nullptr;
}

bool is_workflow_type_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' || c == '.' ||
           c == '_' || c == '/' || c == '-';
  };
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), allowed);
}

int slot_count() { return static_cast<int>(registry().slots.size()); }
std::string_view slot_name(int slot) { return registry().slots[static_cast<std::size_t>(slot)]; }

int field_slot(std::string_view name) {
  const auto& slots = registry().slots;
  const auto found = std::find(slots.begin(), slots.end(), name);
  WP_CHECK(found != slots.end());
  return static_cast<int>(found - slots.begin());
}

std::optional<Gender> gender_from_text(std::string_view text) {
  return from_list(kGenders, {Gender::kMale, Gender::kFemale, Gender::kOther, Gender::kUnknown}, text);
}
std::optional<VisitType> visit_type_from_text(std::string_view text) {
  return from_list(kVisitTypes, {VisitType::kOutpatient, VisitType::kEmergency, VisitType::kInpatient}, text);
}
std::optional<BillStatus> bill_status_from_text(std::string_view text) {
  return from_list(kBillStatuses, {BillStatus::kPending, BillStatus::kPaid}, text);
}

std::string_view gender_name(Gender gender) {
  return gender == Gender::kInvalid ? std::string_view{} : kGenders[static_cast<std::size_t>(gender)];
}
std::string_view visit_type_name(VisitType visit_type) {
  return visit_type == VisitType::kOther ? std::string_view{} : kVisitTypes[static_cast<std::size_t>(visit_type)];
}
std::string_view bill_status_name(BillStatus status) {
  return status == BillStatus::kOther ? std::string_view{} : kBillStatuses[static_cast<std::size_t>(status)];
}

} // namespace wardpulse
