#include "proto/json_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace wardpulse {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

TEST(JsonNumber, GrammarIsRfc8259) {
  for (const char* token :
       {"0", "-0", "1", "10", "-12.50", "0.0", "1e5", "1E+5", "1.5e-3", "123456789012345678901234567890"}) {
    EXPECT_TRUE(is_json_number(token)) << token;
  }
  for (const char* token :
       {"", "-", "+1", "01", "-01", ".5", "1.", "1.e5", "1e", "1e+", "0x1", "1_000", "NaN", "1 ", "--1", "1.2.3"}) {
    EXPECT_FALSE(is_json_number(token)) << token;
  }
}

TEST(ParseInteger, TakesWholeNumbersWrittenAsSuch) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("-0"), 0);
  EXPECT_EQ(parse_integer("-42"), -42);
  EXPECT_EQ(parse_integer("9223372036854775807"), kMost);
  EXPECT_EQ(parse_integer("-9223372036854775808"), kLeast);
  for (const char* token : {"3.0", "1e3", "9223372036854775808", "-9223372036854775809", "99999999999999999999999"}) {
    EXPECT_EQ(parse_integer(token), std::nullopt) << token;
  }
}

TEST(ParseCents, IsExact) {
  const std::pair<const char*, std::int64_t> cases[] = {
      {"0", 0},          {"-0.0", 0},        {"12.5", 1250},       {"12.50", 1250},   {"0.29", 29},
      {"-0.01", -1},     {"1e3", 100000},    {"1.5E+2", 15000},    {"125e-1", 1250},  {"1.500", 150},
      {"0.0100", 1},     {"4.35", 435},      {"1234567.89", 123456789}, {"1e-2", 1},  {"100e-4", 1},
      {"92233720368547758.07", kMost},       {"-92233720368547758.08", kLeast},       {"0e999999999999999999999", 0},
      {"0.00000000000000000000000000000", 0}, {"9999999999999999", 999999999999999900},
  };
  for (const auto& [token, cents] : cases) {
    EXPECT_EQ(parse_cents(token), cents) << token;
    EXPECT_EQ(parse_cents_slow(token), cents) << token;
  }
}

TEST(ParseCents, RefusesMoreThanTwoPlacesAndMoreThan64Bits) {
  for (const char* token :
       {"0.005", "1.001", "1e-3", "0.00999999999999999999999999", "92233720368547758.08", "-92233720368547758.09",
        "1e17", "1e999999999999999999999", "1e-999999999999999999999", "99999999999999999999"}) {
    EXPECT_EQ(parse_cents(token), std::nullopt) << token;
    EXPECT_EQ(parse_cents_slow(token), std::nullopt) << token;
  }
}

TEST(ParseCents, ShortCutAgreesWithTheGeneralWay) {
  std::mt19937_64 random{20261121};
  const auto digits = [&](std::size_t most, std::size_t least) {
    std::string text;
    for (auto n = least + random() % (most - least + 1); n > 0; --n) text += static_cast<char>('0' + random() % 10);
    return text;
  };
  for (int i = 0; i < 200'000; ++i) {
    std::string token = random() % 3 == 0 ? "-" : "";
    token += random() % 5 == 0 ? "0" : static_cast<char>('1' + random() % 9) + digits(18, 0);
    if (random() % 2 == 0) token += "." + digits(4, 1);
    if (random() % 4 == 0) token += (random() % 2 == 0 ? "e-" : "e") + digits(2, 1);
    ASSERT_TRUE(is_json_number(token)) << token;
    ASSERT_EQ(parse_cents(token), parse_cents_slow(token)) << token;
  }
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string to(text.size(), '?');
  const auto size = unescape_json(text, to.data());
  if (!size) return std::nullopt;
  return to.substr(0, *size);
}

TEST(UnescapeJson, KnowsEveryEscape) {
  EXPECT_EQ(unescaped(R"(a\"\\\/\b\f\n\r\tz)"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(unescaped(R"(\u0041\u00e9\u20AC\ud83d\ude00)"), "A\u00e9\u20ac\U0001F600");
  EXPECT_EQ(unescaped(R"(\u0000)"), std::string(1, '\0'));
}

TEST(UnescapeJson, RefusesWhatIsNoText) {
  for (const char* text : {R"(\x41)", R"(\)", R"(\u12)", R"(\u12g4)", R"(\ud83d)", R"(\ud83dx)", R"(\ud83d\n)",
                           R"(\ud83d\u0041)", R"(\ude00)", R"(\ud83d\ud83d)"}) {
    EXPECT_EQ(unescaped(text), std::nullopt) << text;
  }
}

TEST(Characters, AreCodePoints) {
  EXPECT_EQ(count_characters("A\u00e9\u20ac\U0001F600"), 4u);
  EXPECT_EQ(first_characters("\u00e9\u20ac\U0001F600", 2), "\u00e9\u20ac");
  EXPECT_EQ(first_characters("ab", 5), "ab");
  EXPECT_EQ(first_characters("ab", 0), "");
}

} // namespace
} // namespace wardpulse
