#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace wardpulse {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_text(text, &out);
  return out;
}

TEST(JsonWriter, KeepsCommasRight) {
  std::string out;
  JsonWriter json(&out);
  json.begin_object().key("a").integer(1).key("b").begin_array().end_array().key("c").begin_array();
  json.text("x").null().boolean(true).begin_object().end_object().raw("[2]").end_array();
  json.key("d").begin_object().key("e").boolean(false).end_object().end_object();
  EXPECT_EQ(out, R"({"a":1,"b":[],"c":["x",null,true,{},[2]],"d":{"e":false}})");
}

TEST(JsonWriter, WritesMoneyTimesAndDecimals) {
  std::string out;
  JsonWriter json(&out);
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  json.begin_array().cents(0).cents(5).cents(-5).cents(1234).cents(-120).cents(kLeast).integer(kLeast);
  json.decimal(2.345, 1).decimal(-0.001, 2).decimal(-1.5, 2).decimal(std::nan(""), 2).decimal(HUGE_VAL, 0);
  json.time(from_ms(250)).time(kNever).time(kForever).end_array();
  EXPECT_EQ(out,
            "[0.00,0.05,-0.05,12.34,-1.20,-92233720368547758.08,-9223372036854775808,"
            R"(2.3,0.00,-1.50,null,null,"1970-01-01T00:00:00.250Z",null,null])");
}

TEST(JsonText, EscapesWhatMustBeEscaped) {
  EXPECT_EQ(quoted(""), R"("")");
  EXPECT_EQ(quoted("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(quoted(std::string_view("\0\x01\b\t\n\r\x1f\x7f", 8)), "\"\\u0000\\u0001\\u0008\\t\\n\\r\\u001f\x7f\"");
}

TEST(JsonText, KeepsValidUtf8) {
  for (const char* text : {"Malm\xc3\xb6", "\xe2\x82\xac", "\xf0\x9f\x8f\xa5", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(quoted(text), '"' + std::string(text) + '"');
  }
}

TEST(JsonText, ReplacesInvalidBytes) {
  const std::string mark = "\xef\xbf\xbd";
  const std::pair<const char*, std::string> cases[] = {
      {"a\xffz", "a" + mark + "z"},
      {"\x80", mark},
      {"\xc3", mark},                           // cut short
      {"\xc3(", mark + "("},
      {"\xe2\x82", mark + mark},                // cut short
      {"\xc0\xaf", mark + mark},                // overlong
      {"\xe0\x80\xaf", mark + mark + mark},     // overlong
      {"\xed\xa0\x80", mark + mark + mark},     // surrogate
      {"\xf4\x90\x80\x80", mark + mark + mark + mark}, // past U+10FFFF
      {"\xf8\x88\x80\x80\x80", mark + mark + mark + mark + mark},
  };
  for (const auto& [bytes, text] : cases) EXPECT_EQ(quoted(bytes), '"' + text + '"');
}

// Each byte at each place of texts of every length: what is written at one go is what would be written byte by byte.
TEST(JsonText, AShortPlainTextIsNoOther) {
  for (std::size_t length = 1; length <= 70; ++length) {
    for (int byte = 0; byte < 256; ++byte) {
      const std::size_t place = static_cast<std::size_t>(byte) * 7 % length;
      std::string text(length, '~');
      text[place] = static_cast<char>(byte);
      const std::string expected = wardpulse::quoted(text);
      std::string out;
      JsonWriter(&out).begin_object().key(text).text(text);
      ASSERT_EQ(out, '{' + expected + ':' + expected) << "byte " << byte << " at " << place << " of " << length;
    }
  }
}

} // namespace
} // namespace wardpulse
