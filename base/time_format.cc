#include "base/time_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

namespace wardpulse {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kLetters = "YmdeHMSfybBaAIpjzZ%";
// Letters that stand for several others.
constexpr std::pair<char, std::string_view> kShortForms[] = {{'F', "%Y-%m-%d"}, {'T', "%H:%M:%S"}, {'R', "%H:%M"}, {'D', "%m/%d/%y"}};
constexpr std::array<std::string_view, 12> kMonths = {"january", "february", "march",     "april",   "may",      "june",
                                                      "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 7> kWeekdays = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
constexpr int kPivot = 69; // two-digit years from here on are of the 20th century, as in POSIX

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Takes what it expects from the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  bool at_digit() const { return !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; }
  char front() const { return text_.empty() ? '\0' : text_.front(); }
  bool literal(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Between `least` and `most` digits.
  std::optional<int> number(int least, int most) {
    int value = 0, digits = 0;
    for (; digits < most && at_digit(); ++digits, text_.remove_prefix(1)) value = value * 10 + (text_.front() - '0');
    if (digits < least) return std::nullopt;
    return value;
  }
  // Any number of decimals after the point; those after the third are cut off.
  std::optional<Duration> fraction() {
    if (!at_digit()) return std::nullopt;
    int ms = 0;
    int scale = 100;
    for (; at_digit(); text_.remove_prefix(1), scale /= 10) ms += (text_.front() - '0') * scale;
    return Duration{ms};
  }
  // One or more blanks; a format's blank stands for them.
  bool blanks() {
    const std::size_t count = std::min(text_.find_first_not_of(" \t"), text_.size());
    text_.remove_prefix(count);
    return count > 0;
  }
  // An English name, whole or its first three letters, in either case: its number from 1.
  std::optional<int> name(std::span<const std::string_view> names, bool whole) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (word(whole ? names[i] : names[i].substr(0, 3))) return static_cast<int>(i + 1);
    }
    return std::nullopt;
  }
  // "AM", "PM", "a.m.", "p.m.": whether it is afternoon.
  std::optional<bool> afternoon() {
    for (const std::string_view form : {"am", "a.m.", "pm", "p.m."}) {
      if (word(form)) return form.front() == 'p';
    }
    return std::nullopt;
  }
  // "Z", "UTC", "GMT", "+0100", "+01:00", "+01"
  std::optional<seconds> offset() {
    if (word("z") || word("utc") || word("gmt")) return seconds{0};
    const bool west = front() == '-';
    if (!literal('+') && !literal('-')) return std::nullopt;
    const auto hour = number(2, 2);
    if (!hour || *hour > 23) return std::nullopt;
    int minute = 0;
    if (literal(':') || at_digit()) {
      const auto read = number(2, 2);
      if (!read || *read > 59) return std::nullopt;
      minute = *read;
    }
    const seconds size = hours{*hour} + minutes{minute};
    return west ? -size : size;
  }

 private:
  bool word(std::string_view lower_case) {
    if (text_.size() < lower_case.size()) return false;
    if (!std::equal(lower_case.begin(), lower_case.end(), text_.begin(), [](char a, char b) { return a == lower(b); })) return false;
    text_.remove_prefix(lower_case.size());
    return true;
  }
  std::string_view text_;
};

// The parts of a time as they are found.
struct Parts {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  Duration fraction{0};
  std::optional<int> day_of_year;
  std::optional<bool> afternoon;
  std::optional<seconds> offset;

  std::optional<WrittenTime> whole() const {
    using namespace std::chrono;
    const bool ends_day = hour == 24 && minute == 0 && second == 0 && fraction == Duration{0} && !afternoon;
    if ((hour > 23 && !ends_day) || minute > 59 || second > 59) return std::nullopt;
    int real_hour = hour;
    if (afternoon) {
      if (hour < 1 || hour > 12) return std::nullopt;
      real_hour = hour % 12 + (*afternoon ? 12 : 0);
    }
    year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                        std::chrono::day{static_cast<unsigned>(day)}};
    if (day_of_year) {
      const sys_days first = std::chrono::year{year} / January / 1;
      date = first + days{*day_of_year - 1};
      if (date.year() != std::chrono::year{year}) return std::nullopt;
    }
    if (!date.ok() || year < 1) return std::nullopt;
    if (ends_day) return WrittenTime{sys_days{date} + days{1}, Duration{0}, offset};
    return WrittenTime{date, hours{real_hour} + minutes{minute} + seconds{second} + fraction, offset};
  }
};

// False: the text does not have this part here.
bool read_part(char letter, Cursor* in, Parts* parts) {
  const auto set = [](int* to, std::optional<int> value) {
    if (value) *to = *value;
    return value.has_value();
  };
  switch (letter) {
    case 'Y': return set(&parts->year, in->number(4, 4));
    case 'm': return set(&parts->month, in->number(1, 2));
    case 'd': return set(&parts->day, in->number(1, 2));
    case 'e':
      in->blanks();
      return set(&parts->day, in->number(1, 2));
    case 'H':
    case 'I': return set(&parts->hour, in->number(1, 2));
    case 'M': return set(&parts->minute, in->number(2, 2));
    case 'S': return set(&parts->second, in->number(2, 2));
    case 'b': return set(&parts->month, in->name(kMonths, false));
    case 'B': return set(&parts->month, in->name(kMonths, true));
    case 'a': return in->name(kWeekdays, false).has_value();
    case 'A': return in->name(kWeekdays, true).has_value();
    case 'y':
      if (!set(&parts->year, in->number(2, 2))) return false;
      parts->year += parts->year >= kPivot ? 1900 : 2000;
      return true;
    case 'f':
      if (const auto value = in->fraction()) {
        parts->fraction = *value;
        return true;
      }
      return false;
    case 'p': return (parts->afternoon = in->afternoon()).has_value();
    case 'j': return (parts->day_of_year = in->number(1, 3)).has_value();
    case 'z':
    case 'Z': return (parts->offset = in->offset()).has_value();
    default: return in->literal('%');
  }
}

std::optional<WrittenTime> read_iso(std::string_view text) {
  Cursor in(text);
  Parts parts;
  const bool date = read_part('Y', &in, &parts) && in.literal('-') && read_part('m', &in, &parts) && in.literal('-') &&
                    read_part('d', &in, &parts);
  const bool time = date && (in.literal('T') || in.literal('t') || in.literal(' ')) && read_part('H', &in, &parts) &&
                    in.literal(':') && read_part('M', &in, &parts);
  if (!time) return std::nullopt;
  if (in.literal(':')) {
    if (!read_part('S', &in, &parts)) return std::nullopt;
    if ((in.literal('.') || in.literal(',')) && !read_part('f', &in, &parts)) return std::nullopt;
  }
  if (!in.at_end()) {
    in.blanks(); // "... 10:15:00 UTC"
    if (!read_part('z', &in, &parts) || !in.at_end()) return std::nullopt;
  }
  return parts.whole();
}

// Since 1970-01-01T00:00:00Z, in units of `unit`, with or without decimals; what is finer than a millisecond is cut off.
std::optional<WrittenTime> read_epoch(std::string_view text, Duration unit) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  std::int64_t whole = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, whole);
  constexpr std::int64_t kMost = 253'402'300'799'999; // the end of year 9999
  if (digits.starts_with('-') || error != std::errc{} || whole > kMost / unit.count()) return std::nullopt;
  Duration since = unit * whole;
  if (stop != end) {
    Cursor in({stop, static_cast<std::size_t>(end - stop)});
    const auto fraction = in.literal('.') ? in.fraction() : std::nullopt;
    if (!fraction || !in.at_end()) return std::nullopt;
    if (unit == Duration{1000}) since += *fraction;
  }
  const Time time{negative ? -since : since};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  if (date.year() < std::chrono::year{1}) return std::nullopt;
  return WrittenTime{date, time - day, seconds{0}};
}

std::string without_short_forms(std::string_view text) {
  std::string whole;
  for (std::size_t i = 0; i < text.size(); ++i) {
    whole.push_back(text[i]);
    if (text[i] != '%' || i + 1 == text.size()) continue;
    const auto form = std::find_if(std::begin(kShortForms), std::end(kShortForms), [&](const auto& one) { return one.first == text[i + 1]; });
    if (form == std::end(kShortForms)) whole.push_back(text[i + 1]);
    else whole.replace(whole.size() - 1, 1, form->second);
    ++i;
  }
  return whole;
}

} // namespace

Result<TimeFormat> TimeFormat::parse(std::string_view text) {
  TimeFormat format;
  format.text_ = text;
  if (text == "iso") format.kind_ = Kind::kIso;
  if (text == "unix") format.kind_ = Kind::kUnix;
  if (text == "unix_ms") format.kind_ = Kind::kUnixMs;
  if (format.kind_ != Kind::kPattern) return format;
  const std::string whole = without_short_forms(text);
  text = whole;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      format.items_.push_back({0, text[i]});
      continue;
    }
    if (++i == text.size()) return fail("format '" + format.text_ + "' ends in a single %", "write %% for a percent sign");
    if (text[i] == '-' && i + 1 < text.size()) ++i; // "%-d": a leading zero is never asked for
    if (kLetters.find(text[i]) == std::string_view::npos) {
      return fail("format '" + format.text_ + "' has %" + std::string(1, text[i]) + ", which is not known",
                  "known: %Y %m %d %H %M %S %f %y %b %B %a %A %e %I %p %j %z %Z %F %T %R %D %%");
    }
    format.items_.push_back({text[i], 0});
  }
  const auto has = [&](char letter) {
    return std::any_of(format.items_.begin(), format.items_.end(), [&](const Item& item) { return item.letter == letter; });
  };
  const bool has_date = (has('Y') || has('y')) && (has('j') || ((has('m') || has('b') || has('B')) && (has('d') || has('e'))));
  if (!has_date) {
    return fail("format '" + format.text_ + "' does not give a whole date", "use iso, unix, unix_ms or letters such as %Y-%m-%d %H:%M:%S");
  }
  if (has('I') != has('p')) return fail("format '" + format.text_ + "' has only one of %I and %p", "they go together");
  return format;
}

std::optional<WrittenTime> TimeFormat::read(std::string_view text) const {
  switch (kind_) {
    case Kind::kIso: return read_iso(text);
    case Kind::kUnix: return read_epoch(text, Duration{1000});
    case Kind::kUnixMs: return read_epoch(text, Duration{1});
    case Kind::kPattern: break;
  }
  Cursor in(text);
  Parts parts;
  for (const Item& item : items_) {
    const bool found = item.letter == 0 ? (item.literal == ' ' ? in.blanks() : in.literal(item.literal)) : read_part(item.letter, &in, &parts);
    if (!found) return std::nullopt;
  }
  return in.at_end() ? parts.whole() : std::nullopt;
}

bool TimeFormat::may_be_local() const {
  if (kind_ == Kind::kIso) return true;
  return kind_ == Kind::kPattern && std::none_of(items_.begin(), items_.end(), [](const Item& item) { return item.letter == 'z' || item.letter == 'Z'; });
}

std::optional<LocalTime> resolve(const WrittenTime& written, const TimeZone* zone) {
  if (written.offset) {
    return LocalTime{Time{std::chrono::sys_days{written.date}} + written.time_of_day - *written.offset, LocalTimeKind::kUnique};
  }
  if (zone == nullptr) return std::nullopt;
  return zone->from_local(written.date, written.time_of_day);
}

} // namespace wardpulse
