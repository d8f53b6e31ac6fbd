#include "producer/json_import.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "producer/row_mapper.h"
#include "producer/time_format.h"
#include "proto/event_types.h"

namespace wardpulse::producer {
namespace {

// Ids that are made here begin so, and are told apart from those of the data.
constexpr std::string_view kMadeVisit = "visit-";

// The object "metadata" as it is written, or nothing. REQUIRES: `line` is a JSON object.
std::string metadata_of(std::string_view line) {
  const simdjson::padded_string padded(line);
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

std::string reason_of(const Rejection& rejection) {
  return std::string(reject_reason_name(rejection.reason)) + ": " + rejection.detail;
}

} // namespace

const JsonMember* JsonLine::member(std::string_view name) const {
  for (const JsonMember& one : scanner_.members()) {
    if (one.name == name && one.value.kind != JsonKind::kNull) return &one;
  }
  return nullptr;
}

std::string JsonLine::text_of(std::string_view name, bool required, std::string_view* out) const {
  const JsonMember* const found = member(name);
  if (found == nullptr) return required ? fmt::format("missing_field: {}", name) : std::string();
  if (found->value.kind != JsonKind::kText) {
    return fmt::format("bad_type: {} must be a string, not {}", name, json_kind_phrase(found->value.kind));
  }
  *out = found->value.text;
  return {};
}

std::string JsonLine::time_of(std::string_view name, LocalTimeCounts* counts, Time* out) const {
  static const TimeFormat iso = *TimeFormat::parse("iso");
  std::string_view text;
  if (std::string reason = text_of(name, true, &text); !reason.empty()) return reason;
  const auto written = iso.read(text);
  if (!written) return fmt::format("bad_time: {} is not written like 2026-11-21T13:41:07Z", name);
  const LocalTime local = *resolve(*written, &zone_);
  counts->skipped += local.kind == LocalTimeKind::kSkipped ? 1 : 0;
  counts->repeated += local.kind == LocalTimeKind::kRepeated ? 1 : 0;
  *out = local.time;
  return {};
}

std::string JsonLine::read(std::string_view line, Duration shift, Message* out, LocalTimeCounts* counts) {
  if (line.size() > kMaxRecordBytes) return "too_large: more than 1 MiB";
  if (const auto problem = scanner_.scan(line)) {
    return problem->at ? fmt::format("malformed_json: {} at byte {}", problem->what, *problem->at)
                       : fmt::format("malformed_json: {}", problem->what);
  }
  if (scanner_.kind() != JsonKind::kObject) return fmt::format("bad_type: {}, not an object", json_kind_phrase(scanner_.kind()));
  std::string reason;
  if (member("event_time") != nullptr || member("event_id") != nullptr) reason = read_envelope(line);
  else if (member("check_in_time") != nullptr) reason = read_check_in(counts);
  else if (member("timestamp") != nullptr) reason = read_step(line, counts);
  else return "missing_field: one of event_time (an event), timestamp (a short event), check_in_time (a check-in)";
  if (!reason.empty()) return reason;

  const auto event = decoder_.decode(topic_, envelope_);
  if (!event) return reason_of(event.error());
  if ((*event)->type == EventType::kHeartbeat) return "unknown_event_type: feed.heartbeat is of its feed's partitions, not of a file";
  Event moved = **event;
  if (shift != Duration{0}) {
    shift_event(shift, &moved);
    std::string text;
    encode_event(moved, &text);
    *out = {topic_, moved.type, moved.event_time, std::string(event_key(moved)), std::move(text)};
  } else {
    *out = {topic_, moved.type, moved.event_time, std::string(event_key(moved)), envelope_};
  }
  return {};
}

// A declared type belongs to its topic; anything that names an entity and no patient is of topic workflow.
std::string JsonLine::read_envelope(std::string_view line) {
  std::string_view type;
  if (std::string reason = text_of(kEventTypeMember, true, &type); !reason.empty()) return reason;
  topic_ = Topic::kWorkflow;
  if (member("entity_id") == nullptr || member("patient_id") != nullptr) {
    for (const EventTypeSpec& spec : event_types()) {
      if (!spec.name.empty() && spec.name == type) topic_ = spec.topic;
    }
  }
  if (topic_ == Topic::kWorkflow && member("entity_id") == nullptr) {
    return fmt::format("unknown_event_type: {} (a type of topic workflow needs entity_id)", type);
  }
  envelope_ = line;
  return {};
}

std::string JsonLine::read_step(std::string_view line, LocalTimeCounts* counts) {
  Event event;
  event.type = EventType::kWorkflow;
  std::string reason = text_of(kEventTypeMember, true, &event.type_name);
  if (reason.empty()) reason = text_of("entity_id", true, &event.entity_id);
  if (reason.empty()) reason = text_of("actor_role", false, &event.actor_role);
  if (reason.empty()) reason = time_of("timestamp", counts, &event.event_time);
  if (!reason.empty()) return reason;
  topic_ = Topic::kWorkflow;
  envelope_ = with_content_id(&event, member("metadata") == nullptr ? "" : metadata_of(line));
  return {};
}

std::string JsonLine::read_check_in(LocalTimeCounts* counts) {
  Event event;
  event.type = EventType::kCheckin;
  event.visit_type = VisitType::kOutpatient;
  std::string reason = text_of("patient_id", true, &event.patient_id);
  if (reason.empty()) reason = text_of("department", true, &event.department);
  if (reason.empty()) reason = time_of("check_in_time", counts, &event.event_time);
  if (!reason.empty()) return reason;
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

Result<Imported> read_json_lines(const std::vector<std::string>& paths, const TimeZone& zone, Duration shift,
                                 InputFiles* files, Rejects* rejects) {
  Imported out;
  JsonLine reader(zone);
  for (const std::string& path : paths) {
    auto stream = files->open(path);
    if (!stream) return tl::unexpected(stream.error());
    std::string line;
    for (std::int64_t number = 1; std::getline(**stream, line); ++number) {
      if (line.ends_with('\r')) line.pop_back();
      if (trimmed(line).empty()) continue;
      ++out.records;
      Message message;
      const std::string reason = reader.read(line, shift, &message, &out.local_times);
      if (reason.empty()) {
        out.messages.push_back(std::move(message));
      } else if (auto added = rejects->add(path, number, reason, line); !added) {
        return tl::unexpected(added.error());
      }
    }
    if ((*stream)->bad()) return fail("reading " + path + " failed before its end", "is the disk or the pipe broken?");
  }
  return out;
}

} // namespace wardpulse::producer
