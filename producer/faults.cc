#include "producer/faults.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/check.h"
#include "base/json_writer.h"
#include "proto/codec.h"
#include "proto/event_types.h"
#include "proto/incoming.h"

namespace wardpulse::producer {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::uint64_t kFaultStream = 2;
constexpr Duration kTooOld = hours{24 * 40};     // more than the 31 days that daily windows wait
constexpr Duration kOldVisit = hours{24 * 8};    // a hold runs out after 7 days
constexpr Duration kFarAhead = hours{24 * 36525}; // beyond every clock, also when the simulated time lies back
constexpr Duration kBeforeCheckin = minutes{5};
constexpr int kTooLargeShare = 100;
constexpr std::size_t kTooLargeBytes = 1'100'000;

enum class Expected : std::uint8_t { kRejected, kRejectedByRule, kDuplicate, kCounted };

struct KindSpec {
  std::string_view name; // also the reason or rule
  Expected expected;
  std::string_view more = {}; // a second rule that such a record always breaks
};
constexpr std::array<KindSpec, kFaultKindCount> kKinds = {{
    {"too_large", Expected::kRejected}, {"malformed_json", Expected::kRejected}, {"bad_type", Expected::kRejected},
    {"unsupported_schema", Expected::kRejected}, {"unknown_event_type", Expected::kRejected}, {"missing_field", Expected::kRejected},
    {"bad_time", Expected::kRejected}, {"future", Expected::kRejected}, {"too_late", Expected::kRejected}, {"unknown_visit", Expected::kRejected},
    {"required", Expected::kRejectedByRule}, {"gender", Expected::kRejectedByRule}, {"visit_type", Expected::kRejectedByRule},
    {"visit_status", Expected::kRejectedByRule}, {"room_type", Expected::kRejectedByRule}, {"visit_end_after_start", Expected::kRejectedByRule},
    {"discharge_after_admit", Expected::kRejectedByRule}, {"cost_not_negative", Expected::kRejectedByRule},
    {"total_not_negative", Expected::kRejectedByRule}, {"insurance_within_total", Expected::kRejectedByRule},
    {"paid_has_time", Expected::kRejectedByRule}, {"birth_before_registration", Expected::kRejectedByRule, "range"},
    {"range", Expected::kRejectedByRule}, {"duplicate", Expected::kDuplicate}, {"other_content", Expected::kDuplicate},
    {"patient_exists", Expected::kCounted}, {"out_of_sequence", Expected::kCounted},
}};

const KindSpec& spec_of(FaultKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

// Can such a mistake be made of this type of event?
bool fits(FaultKind kind, EventType type) {
  switch (kind) {
    case FaultKind::kUnknownVisit: return event_topic(type) == Topic::kEncounters || event_topic(type) == Topic::kBilling;
    case FaultKind::kRequired: return type == EventType::kCheckin || type == EventType::kRoomed || type == EventType::kPayment;
    case FaultKind::kGender:
    case FaultKind::kBirthBeforeRegistration: return type == EventType::kPatientRegistered;
    case FaultKind::kVisitType: return type == EventType::kCheckin || type == EventType::kVisitNoShow || type == EventType::kVisitCancelled;
    case FaultKind::kVisitStatus: return type == EventType::kVisitCompleted || type == EventType::kBill;
    case FaultKind::kRoomType: return type == EventType::kAdmission;
    case FaultKind::kVisitEndAfterStart: return type == EventType::kVisitCompleted;
    case FaultKind::kDischargeAfterAdmit: return type == EventType::kDischarge;
    case FaultKind::kCostNotNegative: return type == EventType::kTreatment;
    case FaultKind::kTotalNotNegative:
    case FaultKind::kInsuranceWithinTotal:
    case FaultKind::kPaidHasTime: return type == EventType::kBill;
    case FaultKind::kRange: return type == EventType::kTriage || type == EventType::kTreatment || type == EventType::kClaim;
    case FaultKind::kPatientExists:
    case FaultKind::kOutOfSequence: return false; // of no record of their own
    default: return true;
  }
}

// Breaks one rule, or one of the checks that look at an event's values.
void break_value(FaultKind kind, Event* event) {
  switch (kind) {
    case FaultKind::kFuture: event->event_time += kFarAhead; break;
    case FaultKind::kTooLate: event->event_time -= kTooOld; break;
    case FaultKind::kRequired: event->visit_id = "  "; break;
    case FaultKind::kGender: event->gender_text = "female"; break;
    case FaultKind::kVisitType: event->visit_type_text = "Daycare"; break;
    case FaultKind::kVisitStatus: event->status_text = "Done"; break;
    case FaultKind::kRoomType: event->room_type = "Attic"; break;
    case FaultKind::kVisitEndAfterStart: event->started_at = event->event_time; break;
    case FaultKind::kDischargeAfterAdmit: event->admitted_at = event->event_time + minutes{1}; break;
    case FaultKind::kCostNotNegative: event->cost_cents = -1; break;
    case FaultKind::kTotalNotNegative: event->total_cents = event->insurance_cents = event->patient_cents = -100; break;
    case FaultKind::kInsuranceWithinTotal: event->insurance_cents = event->total_cents + 1; break;
    case FaultKind::kPaidHasTime:
      event->status_text = "Paid";
      event->paid_at.reset();
      break;
    case FaultKind::kBirthBeforeRegistration: event->birth_date = std::chrono::sys_days{*event->registered_on} + std::chrono::days{1}; break;
    case FaultKind::kRange:
      event->acuity = 6;
      event->cost_cents = event->amount_cents = 1'000'000'001;
      break;
    case FaultKind::kOtherContent: event->facility = "elsewhere"; break;
    default: break;
  }
}

// Puts `to` in the place of the first `from`. REQUIRES: it is there.
void replace(std::string_view from, std::string_view to, std::string* text) {
  const std::size_t at = text->find(from);
  WP_CHECK(at != std::string::npos);
  text->replace(at, from.size(), to);
}

// Breaks the text of a record.
void break_text(FaultKind kind, const Event& event, Random* random, std::string* text) {
  const auto quoted = [](std::string_view name, std::string_view value) { return fmt::format("\"{}\":\"{}\"", name, value); };
  switch (kind) {
    case FaultKind::kTooLarge:
      text->pop_back();
      text->append(",\"metadata\":{\"note\":\"").append(kTooLargeBytes, 'x').append("\"}}");
      break;
    case FaultKind::kMalformedJson: text->resize(1 + random->below(text->size() - 1)); break;
    case FaultKind::kBadType: replace(quoted("event_id", event.event_id), "\"event_id\":7", text); break;
    case FaultKind::kUnsupportedSchema: replace("{", "{\"schema_version\":2,", text); break;
    case FaultKind::kUnknownEventType: replace("\"event_type\":\"", "\"event_type\":\"what?", text); break;
    case FaultKind::kMissingField: replace("\"event_time\":", "\"event_tiem\":", text); break;
    case FaultKind::kBadTime: replace(format_rfc3339(event.event_time), "yesterday", text); break;
    default: break;
  }
}

} // namespace

std::string_view fault_name(FaultKind kind) { return spec_of(kind).name; }

bool FaultOptions::any() const {
  return std::any_of(per_million.begin(), per_million.end(), [](std::int64_t one) { return one > 0; });
}

Result<FaultOptions> parse_faults(std::string_view text) {
  FaultOptions options;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals), value = equals == std::string_view::npos ? std::string_view{} : word.substr(equals + 1);
    double rate = -1;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), rate);
    if (error != std::errc{} || end != value.data() + value.size() || !(rate >= 0 && rate <= 1)) {
      return fail(fmt::format("'{}' must be KIND=RATE with a rate from 0 to 1, such as gender=0.01", word));
    }
    const std::int64_t per_million = std::llround(rate * 1'000'000);
    const auto found = std::find_if(kKinds.begin(), kKinds.end(), [&](const KindSpec& one) { return one.name == name; });
    if (found != kKinds.end()) {
      options.per_million[static_cast<std::size_t>(found - kKinds.begin())] = per_million;
    } else if (name == "all") {
      options.per_million.fill(per_million);
      options.per_million[static_cast<std::size_t>(FaultKind::kTooLarge)] = per_million / kTooLargeShare;
    } else {
      std::string known = "all";
      for (const KindSpec& one : kKinds) known.append(", ").append(one.name);
      return fail(fmt::format("'{}' is no kind of fault; known: {}", name, known));
    }
  }
  return options;
}

std::string fault_line(const Fault& fault) {
  const KindSpec& spec = spec_of(fault.kind);
  const bool by_rule = spec.expected == Expected::kRejectedByRule;
  std::string out;
  JsonWriter json(&out);
  json.begin_object().key("kind").text(spec.name).key("topic").text(topic_name(fault.message.topic)).key("key").text(fault.message.key);
  if (!fault.event_id.empty()) json.key("event_id").text(fault.event_id);
  json.key("digest").text(content_id(fault.message.value)).key("source").text(fault.source);
  switch (spec.expected) {
    case Expected::kRejected: json.key("outcome").text("rejected").key("reason").text(spec.name); break;
    case Expected::kRejectedByRule: json.key("outcome").text("rejected").key("reason").text("rule"); break;
    case Expected::kDuplicate: json.key("outcome").text("duplicate"); break;
    case Expected::kCounted: json.key("outcome").text("applied"); break;
  }
  if (by_rule || spec.expected == Expected::kCounted) {
    json.key("rules").begin_array().text(spec.name);
    if (!spec.more.empty()) json.text(spec.more);
    json.end_array();
  }
  json.end_object();
  return out + "\n";
}

Faults::Faults(const FaultOptions& options, std::uint64_t seed) : options_(options), seed_(seed), random_(seed, kFaultStream) {}

std::string Faults::next_id(std::string_view prefix) { return fmt::format("{}{}-{}", prefix, seed_, ++made_); }

std::vector<Fault> Faults::beside(const Happening& happening, const std::string& value) {
  std::vector<Fault> made;
  for (int i = 0; i < kFaultKindCount; ++i) {
    const auto kind = static_cast<FaultKind>(i);
    if (fits(kind, happening.event.type) && draw(kind)) made.push_back(make(kind, happening.event, value));
  }
  return made;
}

Fault Faults::make(FaultKind kind, const Event& event, const std::string& value) {
  Event broken = event;
  Fault fault{kind, {event_topic(event.type), event.type, event.event_time, std::string(event_key(event)), {}}, {}, event.source};
  const bool is_repeat = spec_of(kind).expected == Expected::kDuplicate;
  fault.event_id = is_repeat ? std::string(event.event_id) : next_id("f");
  broken.event_id = fault.event_id;
  break_value(kind, &broken);
  std::string nowhere;
  if (kind == FaultKind::kUnknownVisit) {
    broken.visit_id = nowhere = next_id("nowhere");
    broken.event_time -= kOldVisit;
    for (auto time : {&Event::admitted_at, &Event::started_at}) {
      if (broken.*time) *(broken.*time) -= kOldVisit;
    }
  }
  fault.message.event_time = broken.event_time;
  if (kind == FaultKind::kDuplicate) fault.message.value = value;
  else encode_event(broken, &fault.message.value);
  break_text(kind, broken, &random_, &fault.message.value);
  if (kind == FaultKind::kMalformedJson || kind == FaultKind::kBadType) fault.event_id.clear();
  return fault;
}

bool Faults::drops(const Event& event) {
  if (event.type != EventType::kPatientRegistered || !draw(FaultKind::kPatientExists)) return false;
  unregistered_.emplace(event.patient_id);
  return true;
}

// A visit's entry is the one that the rule is counted at.
bool Faults::breaks_patient_exists(const Event& event) const {
  const bool is_entry = event.type == EventType::kCheckin || event.type == EventType::kVisitCancelled || event.type == EventType::kVisitNoShow;
  return is_entry && unregistered_.contains(event.patient_id);
}

bool Faults::unsettles(const Happening& happening, Event* event) {
  if (event->type != EventType::kProviderSeen || happening.checked_in == kNever || !draw(FaultKind::kOutOfSequence)) return false;
  event->event_time = happening.checked_in - kBeforeCheckin;
  return true;
}

} // namespace wardpulse::producer
