// Scalars of JSON: numbers as they were written, escapes, characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace wardpulse {

// The grammar of RFC 8259: no leading zeros or plus, digits on both sides of the point.
bool is_json_number(std::string_view token);

// REQUIRES for all three: is_json_number(token).
// A whole number written as one (no point, no exponent) that fits 64 bits.
std::optional<std::int64_t> parse_integer(std::string_view token);
// Exact: 12.5 -> 1250, 1e3 -> 100000, 1.500 -> 150. nullopt: more than two places are needed, or beyond 64 bits.
std::optional<std::int64_t> parse_cents(std::string_view token);
// The same by a general way; parse_cents takes a short cut for common forms.
std::optional<std::int64_t> parse_cents_slow(std::string_view token);

// Writes the text meant by `escaped` (a JSON string without its quotes) to `to`, which has room for escaped.size()
// bytes. nullopt: an escape that does not exist, or half of a surrogate pair.
std::optional<std::size_t> unescape_json(std::string_view escaped, char* to);

// Unicode code points. REQUIRES: valid UTF-8.
std::size_t count_characters(std::string_view text);

// The first `characters` characters of `text`. REQUIRES: valid UTF-8.
std::string_view first_characters(std::string_view text, std::size_t characters);

} // namespace wardpulse
