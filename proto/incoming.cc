#include "proto/incoming.h"

#include <fmt/format.h>
#include <simdjson.h>
#include <xxhash.h>

#include "base/time_format.h"
#include "proto/event_types.h"

namespace wardpulse {
namespace {

// Ids that are made here begin so, and are told apart from those of the data.
constexpr std::string_view kMadeVisit = "visit-";

tl::unexpected<Rejection> refuse(RejectReason reason, std::string detail) {
  return tl::unexpected(Rejection{reason, std::move(detail), {}});
}

// The object "metadata" as it is written, or nothing. REQUIRES: `record` is a JSON object.
std::string metadata_of(std::string_view record) {
  const simdjson::padded_string padded(record);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object metadata;
  std::string_view raw;
  if (parser.iterate(padded).get(document) || document["metadata"].get_object().get(metadata)) return {};
  return metadata.raw_json().get(raw) ? std::string() : std::string(raw);
}

// The envelope with an event_id that is the digest of all the rest.
std::string with_content_id(Event* event, const std::string& metadata) {
  const auto encode = [&] {
    std::string text;
    encode_event(*event, &text);
    if (metadata.empty()) return text;
    text.pop_back();
    return text + ",\"metadata\":" + metadata + "}";
  };
  event->event_id = "";
  const std::string id = content_id(encode());
  event->event_id = id;
  return encode();
}

} // namespace

std::string content_id(std::string_view content) {
  const XXH128_hash_t hash = XXH3_128bits(content.data(), content.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

const JsonMember* IncomingReader::member(std::string_view name) const {
  for (const JsonMember& one : scanner_.members()) {
    if (one.name == name && one.value.kind != JsonKind::kNull) return &one;
  }
  return nullptr;
}

IncomingReader::Done IncomingReader::text_of(std::string_view name, bool required, std::string_view* out) const {
  const JsonMember* const found = member(name);
  if (found == nullptr) return required ? Done(refuse(RejectReason::kMissingField, std::string(name))) : Done();
  if (found->value.kind != JsonKind::kText) {
    return refuse(RejectReason::kBadType,
                  fmt::format("{} must be a string, not {}", name, json_kind_phrase(found->value.kind)));
  }
  *out = found->value.text;
  return {};
}

IncomingReader::Done IncomingReader::time_of(std::string_view name, Time* out) {
  static const TimeFormat iso = *TimeFormat::parse("iso");
  std::string_view text;
  if (auto done = text_of(name, true, &text); !done) return done;
  const auto written = iso.read(text);
  if (!written) return refuse(RejectReason::kBadTime, fmt::format("{} is not written like 2026-11-21T13:41:07Z", name));
  const LocalTime local = *resolve(*written, &zone_);
  local_time_ = local.kind;
  *out = local.time;
  return {};
}

tl::expected<Incoming, Rejection> IncomingReader::read(std::string_view record) {
  if (record.size() > kMaxRecordBytes) return refuse(RejectReason::kTooLarge, "more than 1 MiB");
  if (const auto problem = scanner_.scan(record)) {
    return refuse(RejectReason::kMalformedJson, problem->at ? fmt::format("{} at byte {}", problem->what, *problem->at)
                                                            : std::string(problem->what));
  }
  if (scanner_.kind() != JsonKind::kObject) {
    return refuse(RejectReason::kBadType, fmt::format("{}, not an object", json_kind_phrase(scanner_.kind())));
  }
  local_time_ = LocalTimeKind::kUnique;
  Done done;
  if (member("event_time") != nullptr || member("event_id") != nullptr) {
    done = read_envelope(record);
  } else if (member("check_in_time") != nullptr) {
    done = read_check_in();
  } else if (member("timestamp") != nullptr) {
    done = read_step(record);
  } else {
    return refuse(RejectReason::kMissingField,
                  "one of event_time (an event), timestamp (a short event), check_in_time (a check-in)");
  }
  if (!done) return tl::unexpected(std::move(done.error()));
  const auto event = decoder_.decode(topic_, envelope_);
  if (!event) return tl::unexpected(event.error());
  return Incoming{topic_, *event, envelope_, local_time_};
}

// A declared type belongs to its topic; anything that names an entity and no patient is of topic workflow.
IncomingReader::Done IncomingReader::read_envelope(std::string_view record) {
  std::string_view type;
  if (auto done = text_of(kEventTypeMember, true, &type); !done) return done;
  const JsonMember* const version = member(kSchemaVersionMember);
  if (version != nullptr && (version->value.text == "0" || version->value.text.starts_with('-'))) {
    return refuse(RejectReason::kUnsupportedSchema, "schema_version begins with 1");
  }
  topic_ = Topic::kWorkflow;
  if (member("entity_id") == nullptr || member("patient_id") != nullptr) {
    for (const EventTypeSpec& spec : event_types()) {
      if (!spec.name.empty() && spec.name == type) topic_ = spec.topic;
    }
  }
  if (topic_ == Topic::kWorkflow && member("entity_id") == nullptr) {
    return refuse(RejectReason::kUnknownEventType, fmt::format("{} (a type of topic workflow needs entity_id)", type));
  }
  envelope_ = record;
  return {};
}

IncomingReader::Done IncomingReader::read_step(std::string_view record) {
  Event event;
  event.type = EventType::kWorkflow;
  Done done = text_of(kEventTypeMember, true, &event.type_name);
  if (done) done = text_of("entity_id", true, &event.entity_id);
  if (done) done = text_of("actor_role", false, &event.actor_role);
  if (done) done = time_of("timestamp", &event.event_time);
  if (!done) return done;
  const JsonMember* const metadata = member("metadata");
  if (metadata != nullptr && metadata->value.kind != JsonKind::kObject) {
    return refuse(RejectReason::kBadType, fmt::format("metadata must be an object, not {}", json_kind_phrase(metadata->value.kind)));
  }
  topic_ = Topic::kWorkflow;
  envelope_ = with_content_id(&event, metadata == nullptr ? "" : metadata_of(record));
  return {};
}

IncomingReader::Done IncomingReader::read_check_in() {
  Event event;
  event.type = EventType::kCheckin;
  event.visit_type = VisitType::kOutpatient;
  Done done = text_of("patient_id", true, &event.patient_id);
  if (done) done = text_of("department", true, &event.department);
  if (done) done = time_of("check_in_time", &event.event_time);
  if (!done) return done;
  event.visit_id = "";
  event.event_id = "";
  std::string content;
  encode_event(event, &content);
  const std::string visit_id = std::string(kMadeVisit) + content_id(content);
  event.visit_id = visit_id;
  topic_ = Topic::kCheckins;
  envelope_ = with_content_id(&event, {});
  return {};
}

} // namespace wardpulse
