#include "proto/cell_reader.h"

namespace wardpulse {

bool CellReader::read_identity(element json, Members* members, CellHead* head) {
  object cell;
  element value;
  std::string_view family_name;
  if (!get(json, "", &cell)) return bad("no family");
  members->begin(cell);
  if (!members->find("family", &value) || !get(value, "", &family_name)) return bad("no family");
  head->family = find_family(family_name);
  if (head->family == nullptr) return bad("unknown family " + std::string(family_name));
  object dims;
  if (!members->find("dims", &value) || !get(value, "", &dims)) return bad("no dims");
  read_dims(dims, head);
  if (!members->find("window", &value)) return bad("no window");
  return read_window(value, head);
}

void CellReader::read_dims(object dims, CellHead* head) {
  Members members;
  members.begin(dims);
  for (const std::string_view name : head->family->dims) {
    element value;
    std::string_view text;
    if (members.find(name, &value) && value.get(text) == simdjson::SUCCESS) head->dims.emplace_back(name, text);
  }
}

bool CellReader::read_window(element json, CellHead* head) {
  if (json.is_null()) return true;
  object members;
  element start, end;
  std::string_view size_name;
  if (!get(json, "", &members) || !get(members["size"], "", &size_name)) return bad("a window without size");
  const auto size = window_size_from_name(size_name);
  if (!size) return bad("a window of unknown size");
  Window& window = head->window.emplace();
  window.size = *size;
  return get(members["start"], "window.start does not read", &start) && get(members["end"], "window.end does not read", &end) &&
         read_time(start, "window.start does not read", &window.start, &window.start_offset) &&
         read_time(end, "window.end does not read", &window.end, &window.end_offset);
}

std::chrono::seconds offset_of_written(std::string_view time) {
  if (time.back() == 'Z' || time.back() == 'z') return std::chrono::seconds{0};
  const std::string_view offset = time.substr(time.size() - 6); // "+01:00"
  const auto number = [&](std::size_t i) { return (offset[i] - '0') * 10 + (offset[i + 1] - '0'); };
  const int minutes = number(1) * 60 + number(4);
  return std::chrono::minutes{offset[0] == '-' ? -minutes : minutes};
}

bool CellReader::read_time(element json, const char* otherwise, Time* to, std::chrono::seconds* offset) {
  std::string_view text;
  if (!get(json, otherwise, &text)) return false;
  const auto time = parse_written_rfc3339(text);
  if (!time) return bad(otherwise);
  *to = *time;
  if (offset != nullptr) *offset = offset_of_written(text);
  return true;
}

bool CellReader::read_time_or_null(Members* members, const char* name, Time* to) {
  element value;
  if (!members->find(name, &value) || value.is_null()) return true;
  return read_time(value, "watermark or updated_at does not read", to);
}

bool CellReader::read_status(element json, CellHead* head) {
  std::string_view name;
  if (!get(json, "no status", &name)) return false;
  for (const CellStatus status : {CellStatus::kOpen, CellStatus::kClosed, CellStatus::kFinal}) {
    if (cell_status_name(status) != name) continue;
    head->status = status;
    return true;
  }
  return bad("an unknown status");
}

bool CellReader::read_rest(Members* members, CellHead* head) {
  std::int64_t partition = -1;
  element value;
  if (!members->find("status", &value)) return bad("no status");
  if (!read_status(value, head)) return false;
  if (members->find("partition", &value) && !get(value, "partition is no integer", &partition)) return false;
  if (members->find("version", &value) && !get(value, "version is no integer", &head->version)) return false;
  if (partition < -1 || partition > std::numeric_limits<std::int32_t>::max()) return bad("partition is out of range");
  head->partition = static_cast<std::int32_t>(partition);
  return read_time_or_null(members, "watermark", &head->watermark) && read_time_or_null(members, "updated_at", &head->updated_at);
}

bool CellReader::read_entry(element from, std::int64_t n, Entry* entry) {
  constexpr const char* kNoPair = "an entry of h is not [minute,count]";
  array pair;
  std::int64_t minute = 0;
  if (!get(from, kNoPair, &pair) || pair.size() != 2) return bad(kNoPair);
  if (!get(pair.at(0), kNoPair, &minute) || !get(pair.at(1), kNoPair, &entry->count)) return false;
  const bool fits = minute >= std::numeric_limits<std::int32_t>::min() && minute <= std::numeric_limits<std::int32_t>::max();
  const bool in_order = entry->counted == 0 || entry->minute < minute;
  if (!fits || !in_order) return bad("h is not sorted by minute");
  if (entry->count <= 0 || entry->count > n - entry->counted) return bad("h does not add up to n");
  entry->minute = static_cast<std::int32_t>(minute);
  entry->counted += entry->count;
  return true;
}

} // namespace wardpulse
