// The one JSON writer. Appends to a string; keeps commas right; escapes text (valid UTF-8 stays as it is; invalid bytes
// become U+FFFD). No floating point: money is cents, written as a decimal with two places.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace wardpulse {

class JsonWriter {
 public:
  explicit JsonWriter(std::string* out) : out_(out) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);
  JsonWriter& integer(std::int64_t value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  JsonWriter& time(Time value);                // RFC 3339 text
  JsonWriter& cents(std::int64_t value);       // 1234 -> 12.34 (a number)
  JsonWriter& decimal(double value, int places); // for metrics-like values only; NaN and infinities become null
  JsonWriter& raw(std::string_view json);      // an already encoded value

 private:
  void separate();
  std::string* out_;
  bool need_comma_ = false;
};

void append_json_text(std::string_view value, std::string* out); // quoted and escaped

} // namespace wardpulse
