#include "consumer/replay/range.h"

#include <charconv>
#include <fstream>
#include <sstream>

namespace wardpulse::consumer {
namespace {

template <class Number>
bool read_number(std::string_view text, Number* number) {
  const auto end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && at == end && *number >= 0;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r' || text.back() == '\t')) text.remove_suffix(1);
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

} // namespace

Result<OffsetTable> parse_offsets_file(std::string_view text, const std::string& name) {
  OffsetTable table;
  for (int number = 1; !text.empty(); ++number) {
    const auto line = trimmed(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), text.find('\n') == text.npos ? text.size() : text.find('\n') + 1));
    if (line.empty() || line.front() == '#') continue;
    const auto first = line.find(','), last = line.rfind(',');
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    if (first == line.npos || first == last || !read_number(trimmed(line.substr(first + 1, last - first - 1)), &partition) ||
        !read_number(trimmed(line.substr(last + 1)), &offset)) {
      return fail(name + " line " + std::to_string(number) + ": needs topic,partition,offset, not '" +
                  std::string(line) + "'");
    }
    if (!table.emplace(std::pair{std::string(trimmed(line.substr(0, first))), partition}, offset).second) {
      return fail(name + " line " + std::to_string(number) + ": this partition has an offset already");
    }
  }
  return table;
}

Result<RangeEnd> parse_range_end(const std::string& text, bool log_time) {
  RangeEnd end;
  if (text == "earliest" || text == "latest") {
    end.kind = text == "earliest" ? RangeEnd::Kind::kEarliest : RangeEnd::Kind::kLatest;
    return end;
  }
  if (const auto time = parse_rfc3339(text)) {
    end.kind = log_time ? RangeEnd::Kind::kLogTime : RangeEnd::Kind::kEventTime;
    end.time = *time;
    return end;
  }
  std::ifstream file(text);
  if (!file) {
    return fail("needs earliest, latest, a time such as 2026-11-21T13:00:00Z, or a file of offsets, not '" + text + "'");
  }
  std::ostringstream content;
  content << file.rdbuf();
  auto offsets = parse_offsets_file(content.str(), text);
  if (!offsets) return tl::unexpected(offsets.error());
  end.kind = RangeEnd::Kind::kOffsets;
  end.offsets = std::move(*offsets);
  return end;
}

std::optional<Duration> parse_by_duration(std::string_view text) {
  if (!text.starts_with("P")) return parse_duration(text);
  text.remove_prefix(1);
  Duration sum{0};
  bool in_time = false, any = false;
  while (!text.empty()) {
    if (!in_time && text.front() == 'T') {
      in_time = true;
      text.remove_prefix(1);
      continue;
    }
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    std::int64_t number = 0;
    if (digits == text.size() || digits > 9 || !read_number(text.substr(0, digits), &number)) return std::nullopt;
    const char unit = text[digits];
    if (!in_time && unit == 'D') sum += std::chrono::hours{24 * number};
    else if (in_time && unit == 'H') sum += std::chrono::hours{number};
    else if (in_time && unit == 'M') sum += std::chrono::minutes{number};
    else if (in_time && unit == 'S') sum += std::chrono::seconds{number};
    else return std::nullopt;
    any = true;
    text.remove_prefix(digits + 1);
  }
  return any ? std::optional(sum) : std::nullopt;
}

} // namespace wardpulse::consumer
