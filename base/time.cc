#include "base/time.h"

#include <array>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

namespace wardpulse {
namespace {

using std::chrono::year_month_day;

// Digits at known places, checked all at once at the end.
class FixedDigits {
 public:
  explicit FixedDigits(const char* text) : text_(text) {}
  int two(int at) {
    const unsigned tens = digit(at);
    const unsigned ones = digit(at + 1);
    bad_ |= (tens > 9) | (ones > 9); // no branch
    return static_cast<int>(tens * 10 + ones);
  }
  bool bad() const { return bad_; }

 private:
  unsigned digit(int at) const { return static_cast<unsigned char>(text_[at]) - unsigned{'0'}; }
  const char* text_;
  bool bad_ = false;
};

// Takes what it expects from the front of a text; after the first surprise `bad` stays set.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  template <int kCount>
  int digits() {
    if (end_ - at_ < kCount) return fail();
    int value = 0;
    for (int i = 0; i < kCount; ++i) {
      const unsigned digit = static_cast<unsigned char>(at_[i]) - unsigned{'0'};
      bad_ |= digit > 9;
      value = value * 10 + static_cast<int>(digit);
    }
    at_ += kCount;
    return value;
  }
  void expect(char wanted) {
    if (at_ == end_ || *at_ != wanted) fail();
    else ++at_;
  }
  void expect_letter(char upper) { // either case
    if (at_ == end_ || (*at_ & ~0x20) != upper) fail();
    else ++at_;
  }
  bool takes(char wanted) { // false: something else is next, and stays
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  bool at_digit() const { return at_ != end_ && *at_ >= '0' && *at_ <= '9'; }
  void refuse() { fail(); }
  bool whole() const { return !bad_ && at_ == end_; }

 private:
  int fail() {
    bad_ = true;
    at_ = end_;
    return 0;
  }
  const char* at_;
  const char* end_;
  bool bad_ = false;
};

year_month_day make_date(int year, int month, int day) {
  return {std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
          std::chrono::day{static_cast<unsigned>(day)}};
}

bool exists(year_month_day date) { return date.ok() && date.year() >= std::chrono::year{1}; }

int scan_fraction_ms(Scanner* in) {
  int ms = 0;
  int places = 0;
  do {
    const int digit = in->digits<1>(); // fails when nothing follows the point
    if (places < 3) ms = ms * 10 + digit;
    ++places;
  } while (in->at_digit());
  for (; places < 3; ++places) ms *= 10;
  return ms;
}

// "Z", "+01:00", "-03:30".
std::chrono::minutes scan_offset(Scanner* in) {
  const bool is_west = in->takes('-');
  if (!is_west && !in->takes('+')) {
    in->expect_letter('Z');
    return {};
  }
  const int hours = in->digits<2>();
  in->expect(':');
  const int minutes = in->digits<2>();
  if (hours > 23 || minutes > 59) in->refuse();
  const std::chrono::minutes size{hours * 60 + minutes};
  return is_west ? -size : size;
}

template <int count>
void put_digits(unsigned value, char* out) {
  for (int i = count - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

constexpr Time kFirst = std::chrono::sys_days{std::chrono::January / 1 / 1};
constexpr Time kPastLast = std::chrono::sys_days{std::chrono::January / 1 / 10000};

// Appends "2026-11-21T13:41:07.250", without offset.
void append_civil(Time time, std::string* out) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const year_month_day date{days};
  const auto ms = static_cast<unsigned>((time - days).count());
  char text[] = "-00-00T00:00:00.000";
  put_digits<2>(static_cast<unsigned>(date.month()), text + 1);
  put_digits<2>(static_cast<unsigned>(date.day()), text + 4);
  put_digits<2>(ms / 3'600'000, text + 7);
  put_digits<2>(ms / 60'000 % 60, text + 10);
  put_digits<2>(ms / 1000 % 60, text + 13);
  put_digits<3>(ms % 1000, text + 16);
  const int year = static_cast<int>(date.year());
  if (year >= 0 && year <= 9999) {
    char four[4];
    put_digits<4>(static_cast<unsigned>(year), four);
    out->append(four, 4);
  } else {
    fmt::format_to(std::back_inserter(*out), "{:05}", year);
  }
  out->append(text, ms % 1000 == 0 ? 15 : 19);
}

constexpr std::chrono::sys_days kNoDay = std::chrono::sys_days::min();

// The day that "2026-11-21" names. Most records are of the same day as the one before: its text is remembered.
std::chrono::sys_days day_or_never(const char* text) {
  struct Last {
    std::array<char, 10> text{};
    std::chrono::sys_days day = kNoDay;
  };
  thread_local Last last;
  if (std::memcmp(last.text.data(), text, last.text.size()) == 0) return last.day;
  FixedDigits fixed(text);
  const year_month_day date = make_date(fixed.two(0) * 100 + fixed.two(2), fixed.two(5), fixed.two(8));
  if (fixed.bad() || text[4] != '-' || text[7] != '-' || !exists(date)) return kNoDay;
  std::memcpy(last.text.data(), text, last.text.size());
  return last.day = date;
}

// A plain value on the way: an optional built on several paths costs twice the parsing.
Time moment_or_never(std::string_view text) {
  constexpr std::size_t kFixed = std::string_view("2026-11-21T13:41:07").size();
  if (text.size() <= kFixed) return kNever;
  const std::chrono::sys_days day = day_or_never(text.data());
  FixedDigits fixed(text.data());
  const int hour = fixed.two(11);
  const int minute = fixed.two(14);
  const int second = fixed.two(17);
  const bool has_marks = (text[10] & ~0x20) == 'T' && text[13] == ':' && text[16] == ':';
  if (fixed.bad() || !has_marks || day == kNoDay || hour > 23 || minute > 59 || second > 59) return kNever;

  Scanner in(text.substr(kFixed));
  const int ms = in.takes('.') ? scan_fraction_ms(&in) : 0;
  const auto offset = scan_offset(&in);
  if (!in.whole()) return kNever;
  const std::int64_t in_day = (hour * 60 + minute) * 60'000 + second * 1000 + ms;
  const Time time = Time{day} + Duration{in_day} - offset;
  if (time < kFirst || time >= kPastLast) return kNever;
  return time;
}

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array<Unit, 5> kUnits{{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

} // namespace

std::optional<Time> parse_rfc3339(std::string_view text) {
  const Time time = moment_or_never(text);
  return time == kNever ? std::nullopt : std::optional(time);
}

std::optional<Time> parse_written_rfc3339(std::string_view text) {
  if (const auto time = parse_rfc3339(text)) return time;
  constexpr std::chrono::days kCycle{146'097}; // 400 years, after which dates come again
  struct Moved {
    std::string_view year, to;
    std::chrono::days back;
  };
  constexpr Moved kMoved[] = {{"0000-", "0400-", -kCycle}, {"0001-", "0401-", -kCycle}, {"9999-", "9599-", kCycle}, {"10000-", "9600-", kCycle}};
  for (const Moved& moved : kMoved) {
    if (!text.starts_with(moved.year)) continue;
    const auto time = parse_rfc3339(std::string(moved.to).append(text.substr(moved.year.size())));
    return time ? std::optional(*time + moved.back) : std::nullopt;
  }
  return std::nullopt;
}

std::string format_rfc3339(Time time) {
  std::string out;
  out.reserve(24);
  append_civil(time, &out);
  out.push_back('Z');
  return out;
}

std::string format_rfc3339(Time time, std::chrono::seconds utc_offset) {
  if (utc_offset.count() == 0) return format_rfc3339(time);
  // RFC 3339 offsets are whole minutes; older zones' local mean times are not (Stockholm before 1879: +01:12:12).
  const auto minutes = std::chrono::floor<std::chrono::minutes>(utc_offset);
  std::string out;
  append_civil(time + minutes, &out);
  const auto size = std::abs(minutes.count());
  fmt::format_to(std::back_inserter(out), "{}{:02}:{:02}", minutes.count() < 0 ? '-' : '+', size / 60, size % 60);
  return out;
}

std::optional<year_month_day> parse_date(std::string_view text) {
  Scanner in(text);
  const int year = in.digits<4>();
  in.expect('-');
  const int month = in.digits<2>();
  in.expect('-');
  const int day = in.digits<2>();
  const year_month_day date = make_date(year, month, day);
  if (!in.whole() || !exists(date)) return std::nullopt;
  return date;
}

std::string format_date(year_month_day date) {
  if (const int year = static_cast<int>(date.year()); year >= 0 && year <= 9999 && date.ok()) {
    std::string text = "0000-00-00";
    put_digits<4>(static_cast<unsigned>(year), text.data());
    put_digits<2>(static_cast<unsigned>(date.month()), text.data() + 5);
    put_digits<2>(static_cast<unsigned>(date.day()), text.data() + 8);
    return text;
  }
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::optional<Duration> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || text.front() == '-') return std::nullopt;
  const std::string_view name(stop, static_cast<std::size_t>(end - stop));
  for (const Unit& unit : kUnits) {
    if (unit.name != name) continue;
    std::int64_t ms = 0;
    if (__builtin_mul_overflow(count, unit.ms, &ms)) return std::nullopt;
    return Duration{ms};
  }
  return std::nullopt;
}

std::string format_duration(Duration duration) {
  const std::int64_t ms = duration.count();
  if (ms == 0) return "0s";
  for (const Unit& unit : kUnits) {
    if (ms % unit.ms == 0) return fmt::format("{}{}", ms / unit.ms, unit.name);
  }
  return {}; // not reached: every count is whole in ms
}

} // namespace wardpulse
