// Reads the top-level members of one JSON record after checking all of it: every byte, also of what nobody reads.
//
// simdjson's first stage finds the structural characters and checks UTF-8 and control characters; the walk over them is
// ours, because the engine needs what simdjson's own second stage does not give: numbers as they were written (money is
// exact, and a number of more than 64 bits is still JSON) and names that are given twice. A test holds the walk against
// simdjson's own parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace wardpulse {

inline constexpr int kMaxJsonDepth = 512; // arrays and objects within each other; deeper is refused

enum class JsonKind : std::uint8_t { kNull, kFalse, kTrue, kNumber, kText, kArray, kObject };
std::string_view json_kind_phrase(JsonKind kind); // "a number"

struct JsonValue {
  JsonKind kind = JsonKind::kNull;
  std::string_view text; // kText: unescaped; kNumber: as written; else empty
};

struct JsonMember {
  std::string_view name; // unescaped
  std::uint64_t hash = 0; // json_name_hash(name)
  JsonValue value;
};

struct JsonProblem {
  std::string_view what;
  std::optional<std::size_t> at; // byte of the record, where one can be named
};

// Equal names have equal hashes; short names that differ nearly always differ in the top bits.
// REQUIRES: 8 bytes can be read from name.data() on, whatever the name's length.
std::uint64_t json_name_hash(std::string_view name);

class JsonScanner {
 public:
  JsonScanner();
  ~JsonScanner();
  JsonScanner(JsonScanner&&) noexcept;
  JsonScanner& operator=(JsonScanner&&) noexcept;

  // nullopt: `bytes` are one JSON value (RFC 8259) without a name given twice at top level. Refused besides: a byte
  // order mark, nesting deeper than kMaxJsonDepth, an escaped half of a surrogate pair (it is no Unicode text). Copies
  // the bytes, so they need no padding. Allocates only when a record is larger than all before.
  std::optional<JsonProblem> scan(std::string_view bytes);

  // After scan() found no problem, until the next scan():
  JsonKind kind() const;                       // of the whole record
  std::span<const JsonMember> members() const; // kObject: as written; views into this scanner

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace wardpulse
