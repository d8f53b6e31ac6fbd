#include "producer/field_value.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

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

// Cuts the number down to so many decimals; true: the rest is half or more. An exponent is left alone.
bool cut_decimals(std::size_t places, std::string* number) {
  const std::size_t point = number->find('.');
  if (point == std::string::npos || number->find_first_of("eE") != std::string::npos) return false;
  const std::size_t end = point + 1 + places;
  if (number->size() <= end) return false;
  const bool up = (*number)[end] >= '5';
  number->resize(places == 0 ? point : end);
  return up;
}

std::optional<std::int64_t> read_rounded(std::string_view text, const ValueRule& rule, std::size_t places,
                                         std::optional<std::int64_t> (*parse)(std::string_view)) {
  auto number = read_number(text, rule.decimal, rule.thousands);
  if (!number) return std::nullopt;
  const bool up = rule.round && cut_decimals(places, &*number);
  const auto value = parse(*number);
  if (!value || !up) return value;
  return *value + (number->starts_with('-') ? -1 : 1);
}

// "3.0" is a whole number too.
std::optional<std::int64_t> parse_whole(std::string_view number) {
  const std::size_t point = number.find('.');
  const bool only_zeros = point != std::string_view::npos && number.find_first_not_of('0', point + 1) == std::string_view::npos;
  return parse_integer(only_zeros ? number.substr(0, point) : number);
}

std::optional<std::int64_t> read_integer(std::string_view text, const ValueRule& rule) { return read_rounded(text, rule, 0, parse_whole); }
std::optional<std::int64_t> read_cents(std::string_view text, const ValueRule& rule) { return read_rounded(text, rule, 2, parse_cents); }

std::string not_an_amount(std::string_view text, const ValueRule& rule) {
  return shown(text) + (rule.round ? " is no amount" : " is no amount with at most two decimals (round = true?)");
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

bool has_four_digit_year(Time time) {
  const int year = static_cast<int>(std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(time)}.year());
  return year >= 1 && year <= 9999;
}

std::string set_time(const FieldRule& rule, std::string_view text, LocalTimeCounts* counts, Event* event) {
  const auto written = read_written(text, rule.value);
  if (!written) return fmt::format("{} is no time written as {}", shown(text), formats_of(rule.value));
  const auto local = resolve(*written, rule.value.zone ? &*rule.value.zone : nullptr);
  if (!local) return fmt::format("{} has no offset, and the mapping names no time zone (timezone)", shown(text));
  counts->skipped += local->kind == LocalTimeKind::kSkipped ? 1 : 0;
  counts->repeated += local->kind == LocalTimeKind::kRepeated ? 1 : 0;
  const Time time = local->time;
  if (!has_four_digit_year(time)) return fmt::format("{} lies outside the years 1 to 9999 in UTC", shown(text));
  if (rule.field->moment != nullptr) event->*rule.field->moment = time;
  else event->*rule.field->time = time;
  return {};
}

// The date so many years before the event: whoever is 40 then.
std::string set_age(const FieldRule& rule, std::string_view text, Event* event) {
  auto number = read_number(text, rule.value.decimal, rule.value.thousands);
  if (number) cut_decimals(0, &*number);
  const auto age = number ? parse_whole(*number) : std::nullopt;
  if (!age || *age < 0 || *age > 200) return shown(text) + " is no age in years";
  const auto zone = rule.value.zone.value_or(TimeZone::utc());
  auto birth = zone.date(event->event_time) - std::chrono::years{*age};
  if (!birth.ok()) birth = birth.year() / std::chrono::February / 28; // the year has no 29th
  event->*rule.field->date = birth;
  return {};
}

std::string set_date(const FieldRule& rule, std::string_view text, Event* event) {
  if (rule.value.is_age) return set_age(rule, text, event);
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

// 007 is a number in a file, though not in JSON; so are +5, .5 and 5.
std::optional<std::string> read_number(std::string_view text, char decimal, char thousands) {
  std::string plain;
  for (const char c : text) {
    if (thousands != 0 && c == thousands) continue;
    if (c == '.' && decimal != '.') return std::nullopt;
    plain.push_back(c == decimal ? '.' : c);
  }
  if (plain.starts_with('+')) plain.erase(0, 1);
  const std::size_t first = plain.starts_with('-') ? 1 : 0;
  while (plain.size() > first + 1 && plain[first] == '0' && plain[first + 1] >= '0' && plain[first + 1] <= '9') plain.erase(first, 1);
  if (plain.size() > first && plain[first] == '.') plain.insert(first, 1, '0');
  if (plain.ends_with('.')) plain.pop_back();
  if (!is_json_number(plain)) return std::nullopt;
  return plain;
}

Result<std::string> add_up(const ValueRule& rule, const std::vector<std::string_view>& texts) {
  constexpr std::int64_t kMost = std::int64_t{1} << 56; // sums of a row's columns stay far from an overflow
  const auto& parts = std::get<std::vector<SumPart>>(rule.origin);
  std::int64_t cents = 0;
  bool any = false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (texts[i].empty()) continue;
    any = true;
    const auto part = read_cents(texts[i], rule);
    if (!part || *part > kMost || *part < -kMost) return fail(not_an_amount(texts[i], rule));
    cents += parts[i].taken_off ? -*part : *part;
  }
  if (!any) return std::string();
  const std::int64_t size = cents < 0 ? -cents : cents;
  return fmt::format("{}{}{}{:02}", cents < 0 ? "-" : "", size / 100, rule.decimal, size % 100);
}

std::string move_time(const FieldRule& rule, std::string_view amount, Event* event) {
  constexpr double kMostMs = 4e14; // more than the years 1 to 9999 have
  const auto number = read_number(amount, rule.value.decimal, 0);
  if (!number) return fmt::format("{} is no number of units to move a time by", shown(amount));
  const double ms = std::strtod(number->c_str(), nullptr) * static_cast<double>(rule.value.move->unit.count());
  Time& time = rule.field->moment != nullptr ? event->*rule.field->moment : *(event->*rule.field->time);
  if (!(std::abs(ms) < kMostMs) || !has_four_digit_year(time + Duration{std::llround(ms)})) {
    return fmt::format("moved by {} it lies outside the years 1 to 9999", shown(amount));
  }
  time += Duration{std::llround(ms)};
  return {};
}

std::string set_field(const FieldRule& rule, std::string_view text, LocalTimeCounts* counts, Event* event) {
  const EventField& field = *rule.field;
  switch (field.kind) {
    case FieldKind::kText:
      if (text.size() > field.max_length && count_characters(text) > field.max_length) return fmt::format("{} is longer than {} characters", shown(text), field.max_length);
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
      else return not_an_amount(text, rule.value);
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
