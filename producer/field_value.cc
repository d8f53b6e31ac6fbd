#include "producer/field_value.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "proto/codec.h"
#include "proto/json_text.h"

namespace wardpulse::producer {
namespace {

constexpr std::size_t kShownCharacters = 60;

std::string shown(std::string_view text) {
  const std::string_view cut = first_characters(text, kShownCharacters);
  return fmt::format("'{}{}'", cut, cut.size() < text.size() ? "..." : "");
}

// The number as JSON writes it: no thousands separators, no plus, a point. Empty: it is no number.
std::string plain_number(std::string_view text, const ValueRule& rule) {
  std::string plain;
  for (const char c : text) {
    if (rule.thousands != 0 && c == rule.thousands) continue;
    if (c == '.' && rule.decimal != '.') return {};
    plain.push_back(c == rule.decimal ? '.' : c);
  }
  if (plain.starts_with('+')) plain.erase(0, 1);
  const std::size_t first = plain.starts_with('-') ? 1 : 0;
  // 007 is a number in a file, though not in JSON; so are .5 and 5.
  while (plain.size() > first + 1 && plain[first] == '0' && plain[first + 1] >= '0' && plain[first + 1] <= '9') plain.erase(first, 1);
  if (plain.size() > first && plain[first] == '.') plain.insert(first, 1, '0');
  if (plain.ends_with('.')) plain.pop_back();
  return is_json_number(plain) ? plain : std::string{};
}

std::optional<std::int64_t> read_integer(std::string_view text, const ValueRule& rule) {
  std::string number = plain_number(text, rule);
  const std::size_t point = number.find('.');
  if (point != std::string::npos && number.find_first_not_of('0', point + 1) == std::string::npos) number.resize(point); // "3.0"
  return number.empty() ? std::nullopt : parse_integer(number);
}

std::optional<std::int64_t> read_cents(std::string_view text, const ValueRule& rule) {
  const std::string number = plain_number(text, rule);
  return number.empty() ? std::nullopt : parse_cents(number);
}

std::optional<bool> read_switch(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  constexpr std::string_view kTrue[] = {"true", "t", "yes", "y", "1"};
  constexpr std::string_view kFalse[] = {"false", "f", "no", "n", "0"};
  if (std::find(std::begin(kTrue), std::end(kTrue), lower) != std::end(kTrue)) return true;
  if (std::find(std::begin(kFalse), std::end(kFalse), lower) != std::end(kFalse)) return false;
  return std::nullopt;
}

std::string formats_of(const ValueRule& rule) {
  std::string text;
  for (const TimeFormat& format : rule.formats) text += (text.empty() ? "" : " or ") + format.text();
  return text;
}

std::optional<WrittenTime> read_written(std::string_view text, const ValueRule& rule) {
  for (const TimeFormat& format : rule.formats) {
    if (const auto written = format.read(text)) return written;
  }
  return std::nullopt;
}

std::string set_time(const FieldRule& rule, std::string_view text, LocalTimeCounts* counts, Event* event) {
  const auto written = read_written(text, rule.value);
  if (!written) return fmt::format("{} is no time written as {}", shown(text), formats_of(rule.value));
  const auto local = resolve(*written, rule.value.zone ? &*rule.value.zone : nullptr);
  if (!local) return fmt::format("{} has no offset, and the mapping names no time zone (timezone)", shown(text));
  counts->skipped += local->kind == LocalTimeKind::kSkipped ? 1 : 0;
  counts->repeated += local->kind == LocalTimeKind::kRepeated ? 1 : 0;
  const Time time = local->time;
  if (const int year = static_cast<int>(std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(time)}.year()); year < 1 || year > 9999) {
    return fmt::format("{} lies outside the years 1 to 9999 in UTC", shown(text));
  }
  if (rule.field->moment != nullptr) event->*rule.field->moment = time;
  else event->*rule.field->time = time;
  return {};
}

std::string set_date(const FieldRule& rule, std::string_view text, Event* event) {
  std::optional<std::chrono::year_month_day> date;
  if (rule.value.formats.empty()) date = parse_date(text);
  else if (const auto written = read_written(text, rule.value)) date = written->date;
  if (!date) {
    return fmt::format("{} is no date written as {}", shown(text), rule.value.formats.empty() ? "2026-11-21" : formats_of(rule.value));
  }
  event->*rule.field->date = date;
  return {};
}

} // namespace

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string set_field(const FieldRule& rule, std::string_view text, LocalTimeCounts* counts, Event* event) {
  const EventField& field = *rule.field;
  switch (field.kind) {
    case FieldKind::kText:
      if (count_characters(text) > field.max_length) return fmt::format("{} is longer than {} characters", shown(text), field.max_length);
      if (field.name == kEventTypeMember && event->type == EventType::kWorkflow && !is_workflow_type_name(text)) {
        return fmt::format("{} is no event type: 1 to 64 of A-Z a-z 0-9 blank . _ / -", shown(text));
      }
      event->*field.text = text;
      return {};
    case FieldKind::kInteger:
      if (const auto value = read_integer(text, rule.value)) event->*field.number = *value;
      else return shown(text) + " is no whole number";
      return {};
    case FieldKind::kMoney:
      if (const auto value = read_cents(text, rule.value)) event->*field.number = *value;
      else return shown(text) + " is no amount with at most two decimals";
      return {};
    case FieldKind::kSwitch:
      if (const auto value = read_switch(text)) event->*field.flag = *value;
      else return shown(text) + " is neither true nor false (yes, no, 1, 0, t, f, y, n)";
      return {};
    case FieldKind::kTime: return set_time(rule, text, counts, event);
    case FieldKind::kDate: return set_date(rule, text, event);
    case FieldKind::kObject: break;
  }
  WP_CHECK(false);
  return {};
}

void shift_event(Duration shift, Event* event) {
  event->event_time += shift;
  for (auto time : {&Event::admitted_at, &Event::started_at, &Event::paid_at}) {
    if (event->*time) *(event->*time) += shift;
  }
  if (event->registered_on) {
    event->registered_on_text = {};
    event->registered_on = std::chrono::sys_days{*event->registered_on} + std::chrono::floor<std::chrono::days>(shift);
  }
}

std::string refuse_text(const FieldRule& rule, const std::string& text) {
  const auto& list = rule.field->list;
  if (!list.empty() && std::find(list.begin(), list.end(), text) == list.end()) {
    std::string known;
    for (const auto one : list) known.append(known.empty() ? "" : ", ").append(one);
    return fmt::format("{} is none of its values: {}", shown(text), known);
  }
  Event scratch;
  scratch.type = rule.field->name == kEventTypeMember ? EventType::kWorkflow : EventType{};
  LocalTimeCounts counts;
  return set_field(rule, text, &counts, &scratch);
}

} // namespace wardpulse::producer
