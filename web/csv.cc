#include "web/csv.h"

namespace wardpulse::web {

CsvWriter& CsvWriter::field(std::string_view text) {
  if (!is_first_) *out_ += ',';
  is_first_ = false;
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    *out_ += text;
    return *this;
  }
  *out_ += '"';
  for (const char c : text) {
    if (c == '"') *out_ += '"';
    *out_ += c;
  }
  *out_ += '"';
  return *this;
}

void CsvWriter::end_row() {
  *out_ += "\r\n";
  is_first_ = true;
}

} // namespace wardpulse::web
