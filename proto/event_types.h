// Every event type with its fields, declared once. The decoder, the encoder, the rules, the JSON Schemas and the table
// in proto/README.md all come from here; nothing else lists fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "proto/event.h"
#include "proto/rejection.h"

namespace wardpulse {

enum class FieldKind : std::uint8_t {
  kText,
  kInteger,
  kMoney,  // decimal with at most two places; inside: cents
  kDate,   // "2026-11-21"; a blank one is taken as not given (rule `required` judges it when it has to be there)
  kTime,   // RFC 3339 with offset; blank as for kDate, but a blank event_time is bad_time
  kSwitch, // true or false
  kObject, // looked at by nobody
};

inline constexpr std::size_t kMaxIdLength = 64;    // characters (Unicode code points), not bytes
inline constexpr std::size_t kMaxTextLength = 256;

// One JSON member. Of the pointers, those that fit `kind` are set: where the value goes in Event.
struct EventField {
  std::string_view name;
  FieldKind kind = FieldKind::kText;
  std::string_view meaning; // for the documentation
  std::string_view Event::*text = nullptr; // kText; kDate: as written
  std::int64_t Event::*number = nullptr;   // kInteger, kMoney
  std::optional<Time> Event::*time = nullptr;
  Time Event::*moment = nullptr; // kTime that is always there: event_time
  std::optional<std::chrono::year_month_day> Event::*date = nullptr;
  std::optional<bool> Event::*flag = nullptr;
  std::size_t max_length = kMaxTextLength;
  std::span<const std::string_view> list{};     // the values that rule `list_rule` lets through; empty: any
  Rule list_rule = Rule::kRequired;
  std::span<const std::string_view> examples{}; // usual values; others are accepted
  std::optional<Rule> least_zero{};             // the rule that asks for >= 0
};

struct TypeField {
  const EventField* field = nullptr;
  bool required = false;
  int slot = 0; // number of the field's name; one name, one slot (see field_slot)
};

struct EventTypeSpec {
  EventType type{};
  std::string_view name;    // "checkin"; kWorkflow: empty, since the record says
  Topic topic{};            // kHeartbeat: any topic
  std::string_view meaning; // for the documentation
  std::vector<TypeField> fields; // in the order in which they are written
  std::uint64_t required_slots = 0;
  std::uint32_t rules = 0; // bit r: rule r can be broken by such an event
};

std::span<const EventTypeSpec> event_types(); // in the order of EventType
const EventTypeSpec& event_type_spec(EventType type);
// The type that `name` means on `topic`, nullptr when it means none. On topic workflow every name of the right form
// means kWorkflow, also one that is an event type of another topic; feed.heartbeat means the heartbeat everywhere.
const EventTypeSpec* find_event_type(Topic topic, std::string_view name);
bool is_workflow_type_name(std::string_view name); // 1..64 of [A-Za-z0-9 ._/-]

// What belongs to the message rather than to the event: read by the decoder, kept by nobody.
inline constexpr std::string_view kEventTypeMember = "event_type";
inline constexpr std::string_view kSchemaVersionMember = "schema_version";
inline constexpr std::int64_t kSchemaVersion = 1;

inline constexpr int kMaxSlots = 64;
int slot_count();
std::string_view slot_name(int slot);
int field_slot(std::string_view name); // REQUIRES: a declared name

std::optional<Gender> gender_from_text(std::string_view text);
std::optional<VisitType> visit_type_from_text(std::string_view text);
std::optional<BillStatus> bill_status_from_text(std::string_view text);
std::string_view gender_name(Gender gender);             // kInvalid: empty
std::string_view visit_type_name(VisitType visit_type);  // kOther: empty
std::string_view bill_status_name(BillStatus status);    // kOther: empty

} // namespace wardpulse
