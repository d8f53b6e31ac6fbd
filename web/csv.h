// CSV as RFC 4180 has it: CR LF after each row, fields quoted where they need it.
#pragma once

#include <string>
#include <string_view>

namespace wardpulse::web {

class CsvWriter {
 public:
  explicit CsvWriter(std::string* out) : out_(out) {}

  CsvWriter& field(std::string_view text);
  CsvWriter& integer(long long value) { return field(std::to_string(value)); }
  void end_row();

 private:
  std::string* out_;
  bool is_first_ = true;
};

inline constexpr std::string_view kCsvType = "text/csv; charset=utf-8; header=present";

} // namespace wardpulse::web
