#include "producer/json_import.h"

namespace wardpulse::producer {
namespace {

std::string reason_of(const Rejection& rejection) {
  return std::string(reject_reason_name(rejection.reason)) + ": " + rejection.detail;
}

} // namespace

std::string JsonLine::read(std::string_view line, Duration shift, Message* out, LocalTimeCounts* counts) {
  const auto incoming = reader_.read(line);
  if (!incoming) return reason_of(incoming.error());
  if (incoming->event->type == EventType::kHeartbeat) {
    return "unknown_event_type: feed.heartbeat is of its feed's partitions, not of a file";
  }
  counts->skipped += incoming->local_time == LocalTimeKind::kSkipped ? 1 : 0;
  counts->repeated += incoming->local_time == LocalTimeKind::kRepeated ? 1 : 0;
  Event moved = *incoming->event;
  std::string value(incoming->envelope);
  if (shift != Duration{0}) {
    shift_event(shift, &moved);
    value.clear();
    encode_event(moved, &value);
  }
  *out = {incoming->topic, moved.type, moved.event_time, std::string(event_key(moved)), std::move(value)};
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
      if (number == 1 && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3); // the file's, not the record's
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
