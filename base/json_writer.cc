#include "base/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

namespace wardpulse {
namespace {

// Bytes that stand for themselves inside a JSON text: printable ASCII but '"' and '\'.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (int c = 0x20; c < 0x80; ++c) plain[static_cast<std::size_t>(c)] = c != '"' && c != '\\';
  return plain;
}();

// Whether all of them do. Eight at a time, because most texts are.
bool is_plain(std::string_view text) {
  constexpr std::uint64_t kOnes = ~std::uint64_t{0} / 255, kHigh = kOnes * 0x80;
  const auto below = [](std::uint64_t word, std::uint64_t least) { return (word - kOnes * least) & ~word; }; // its high bits tell
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= sizeof(std::uint64_t); at += sizeof(std::uint64_t), left -= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    if (((word | below(word, 0x20) | below(word ^ (kOnes * '"'), 1) | below(word ^ (kOnes * '\\'), 1)) & kHigh) != 0) return false;
  }
  return std::all_of(at, at + left, [](char c) { return kPlain[static_cast<unsigned char>(c)]; });
}

// A short text in quotes at one go, because that is most of what is written. False: it is long, or something has to be escaped.
bool append_plain(bool comma, std::string_view text, bool colon, std::string* out) {
  constexpr std::size_t kMostBytes = 60;
  if (text.size() > kMostBytes || !is_plain(text)) return false;
  char bytes[kMostBytes + 4]; // ,"text":
  char* to = bytes;
  if (comma) *to++ = ',';
  *to++ = '"';
  to = std::copy(text.begin(), text.end(), to);
  *to++ = '"';
  if (colon) *to++ = ':';
  out->append(bytes, static_cast<std::size_t>(to - bytes));
  return true;
}

bool is_continuation(unsigned char c) { return (c & 0xc0) == 0x80; }

// Length of the valid UTF-8 sequence of two to four bytes at the front; 0 when there is none.
std::size_t multibyte_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(byte(i))) return 0;
  }
  const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xed && byte(1) >= 0xa0;
  const bool past_last = lead == 0xf4 && byte(1) >= 0x90;
  return overlong || surrogate || past_last ? 0 : length;
}

void append_control(unsigned char c, std::string* out) {
  switch (c) {
    case '"': out->append("\\\""); return;
    case '\\': out->append("\\\\"); return;
    case '\n': out->append("\\n"); return;
    case '\r': out->append("\\r"); return;
    case '\t': out->append("\\t"); return;
    default: break;
  }
  constexpr char kHex[] = "0123456789abcdef";
  out->append("\\u00");
  out->push_back(kHex[c >> 4]);
  out->push_back(kHex[c & 15]);
}

template <class T>
void append_integer(T value, std::string* out) {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out->append(text, static_cast<std::size_t>(end - text));
}

} // namespace

void append_json_text(std::string_view value, std::string* out) {
  out->push_back('"');
  std::size_t at = 0;
  while (at < value.size()) {
    const std::size_t run = at;
    while (at < value.size() && kPlain[static_cast<unsigned char>(value[at])]) ++at;
    out->append(value, run, at - run);
    if (at == value.size()) break;
    const auto c = static_cast<unsigned char>(value[at]);
    if (c < 0x80) {
      append_control(c, out);
      ++at;
    } else if (const std::size_t length = multibyte_length(value.substr(at)); length > 0) {
      out->append(value, at, length);
      at += length;
    } else {
      out->append("\xef\xbf\xbd"); // U+FFFD
      ++at;
    }
  }
  out->push_back('"');
}

void JsonWriter::separate() {
  if (need_comma_) out_->push_back(',');
  need_comma_ = true;
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  out_->push_back('{');
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  out_->push_back('}');
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  out_->push_back('[');
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  out_->push_back(']');
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  if (!append_plain(need_comma_, name, true, out_)) {
    separate();
    append_json_text(name, out_);
    out_->push_back(':');
  }
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  if (!append_plain(need_comma_, value, false, out_)) {
    separate();
    append_json_text(value, out_);
  }
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t value) {
  separate();
  append_integer(value, out_);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }

JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::time(Time value) {
  if (value == kNever || value == kForever) return null();
  return text(format_rfc3339(value));
}

JsonWriter& JsonWriter::cents(std::int64_t value) {
  separate();
  if (value < 0) out_->push_back('-');
  const auto size = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  append_integer(size / 100, out_);
  out_->push_back('.');
  out_->push_back(static_cast<char>('0' + size / 10 % 10));
  out_->push_back(static_cast<char>('0' + size % 10));
  return *this;
}

JsonWriter& JsonWriter::decimal(double value, int places) {
  if (!std::isfinite(value)) return null();
  const std::string text = fmt::format("{:.{}f}", value, places);
  const bool is_zero = text.find_first_not_of("-0.") == std::string::npos;
  return raw(is_zero && text.front() == '-' ? std::string_view(text).substr(1) : text);
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_->append(json);
  return *this;
}

} // namespace wardpulse
