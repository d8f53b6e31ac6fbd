#include "proto/json_text.h"

#include <algorithm>
#include <limits>
#include <string>

namespace wardpulse {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

const char* skip_digits(const char* p, const char* end) {
  while (p != end && is_digit(*p)) ++p;
  return p;
}

std::optional<std::uint32_t> parse_hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text.substr(0, 4)) {
    value <<= 4;
    if (is_digit(c)) value |= static_cast<std::uint32_t>(c - '0');
    else if (c >= 'a' && c <= 'f') value |= static_cast<std::uint32_t>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F') value |= static_cast<std::uint32_t>(c - 'A' + 10);
    else return std::nullopt;
  }
  return value;
}

char* put_utf8(std::uint32_t code_point, char* to) {
  const auto put = [&](std::uint32_t byte) { *to++ = static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
  return to;
}

// Reads what follows "\u", which may be a pair. Moves `rest` on.
std::optional<std::uint32_t> take_code_point(std::string_view* rest) {
  const auto first = parse_hex4(*rest);
  if (!first) return std::nullopt;
  rest->remove_prefix(4);
  if (*first < 0xD800 || *first > 0xDFFF) return first;
  if (*first > 0xDBFF || !rest->starts_with("\\u")) return std::nullopt;
  const auto second = parse_hex4(rest->substr(2));
  if (!second || *second < 0xDC00 || *second > 0xDFFF) return std::nullopt;
  rest->remove_prefix(6);
  return 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00);
}

char simple_escape(char c) {
  switch (c) {
    case '"': case '\\': case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return '\0';
  }
}

constexpr std::size_t kMaxInt64Digits = 19;

// digits * 10^zeros, with its sign; nullopt when beyond 64 bits.
std::optional<std::int64_t> to_int64(std::string_view digits, std::size_t zeros, bool negative) {
  while (!digits.empty() && digits.front() == '0') digits.remove_prefix(1);
  if (digits.empty()) return 0;
  if (digits.size() > kMaxInt64Digits || zeros > kMaxInt64Digits - digits.size()) return std::nullopt;
  std::uint64_t magnitude = 0;
  for (const char c : digits) magnitude = magnitude * 10 + static_cast<std::uint64_t>(c - '0');
  for (std::size_t i = 0; i < zeros; ++i) magnitude *= 10;
  const std::uint64_t most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) + (negative ? 1 : 0);
  if (magnitude > most) return std::nullopt;
  return static_cast<std::int64_t>(negative ? ~magnitude + 1 : magnitude);
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

} // namespace

bool is_json_number(std::string_view token) {
  const char* p = token.data();
  const char* const end = p + token.size();
  if (p != end && *p == '-') ++p;
  const char* digits = p;
  p = skip_digits(p, end);
  if (p == digits || (*digits == '0' && p - digits > 1)) return false;
  if (p != end && *p == '.') {
    digits = ++p;
    p = skip_digits(p, end);
    if (p == digits) return false;
  }
  if (p != end && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p != end && (*p == '+' || *p == '-')) ++p;
    digits = p;
    p = skip_digits(p, end);
    if (p == digits) return false;
  }
  return p == end;
}

std::optional<std::int64_t> parse_integer(std::string_view token) {
  const bool negative = token.front() == '-';
  const std::string_view digits = token.substr(negative ? 1 : 0);
  if (!std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  return to_int64(digits, 0, negative);
}

std::optional<std::int64_t> parse_cents(std::string_view token) {
  constexpr std::size_t kShort = 16; // at most 18 digits of cents: no overflow
  if (token.size() > kShort) return parse_cents_slow(token);
  const char* p = token.data();
  const char* const end = p + token.size();
  const bool negative = *p == '-';
  if (negative) ++p;
  std::int64_t value = 0;
  for (; p != end && is_digit(*p); ++p) value = value * 10 + (*p - '0');
  int places = 0;
  if (p != end && *p == '.') {
    for (++p; p != end && is_digit(*p) && places < 2; ++p, ++places) value = value * 10 + (*p - '0');
  }
  if (p != end) return parse_cents_slow(token);
  for (; places < 2; ++places) value *= 10;
  return negative ? -value : value;
}

std::optional<std::int64_t> parse_cents_slow(std::string_view token) {
  const bool negative = token.front() == '-';
  if (negative) token.remove_prefix(1);
  const std::size_t e = std::min(token.find_first_of("eE"), token.size());
  const std::string_view mantissa = token.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());

  // The value is digits * 10^scale, with no point left in digits and no zero at their end.
  std::string digits{mantissa.substr(0, point)};
  if (point < mantissa.size()) digits += mantissa.substr(point + 1);
  std::int64_t scale = -static_cast<std::int64_t>(digits.size() - point);
  while (!digits.empty() && digits.back() == '0') digits.pop_back(), ++scale;
  if (digits.empty()) return 0;

  // An exponent larger than any record is long decides alone, so it is read no further.
  constexpr std::int64_t kHugeExponent = 100'000'000;
  std::int64_t exponent = 0;
  bool negative_exponent = false;
  for (const char c : token.substr(std::min(e + 1, token.size()))) {
    if (c == '-') negative_exponent = true;
    if (is_digit(c)) exponent = std::min(exponent * 10 + (c - '0'), kHugeExponent);
  }
  scale += (negative_exponent ? -exponent : exponent) + 2; // cents
  if (scale < 0) return std::nullopt;
  return to_int64(digits, static_cast<std::size_t>(scale), negative);
}

std::optional<std::size_t> unescape_json(std::string_view escaped, char* to) {
  char* const begin = to;
  while (!escaped.empty()) {
    const std::size_t plain = std::min(escaped.find('\\'), escaped.size());
    to = std::copy_n(escaped.data(), plain, to);
    escaped.remove_prefix(plain);
    if (escaped.empty()) break;
    if (escaped.size() < 2) return std::nullopt;
    const char kind = escaped[1];
    escaped.remove_prefix(2);
    if (kind == 'u') {
      const auto code_point = take_code_point(&escaped);
      if (!code_point) return std::nullopt;
      to = put_utf8(*code_point, to);
    } else {
      const char c = simple_escape(kind);
      if (c == '\0') return std::nullopt;
      *to++ = c;
    }
  }
  return static_cast<std::size_t>(to - begin);
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string_view first_characters(std::string_view text, std::size_t characters) {
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (!is_continuation(text[end]) && characters-- == 0) break;
  }
  return text.substr(0, end);
}

} // namespace wardpulse
