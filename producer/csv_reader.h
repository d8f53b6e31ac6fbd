// Reads CSV as it is met (RFC 4180, and what spreadsheets make of it), record by record, in bounded memory.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace wardpulse::producer {

inline constexpr std::size_t kMaxCsvRecordBytes = 1 << 20;

struct CsvRecord {
  std::int64_t line = 0; // where it starts, counted from 1
  std::vector<std::string> cells;
  std::string text;      // as written, without its line end
  std::string problem;   // why it is no record; empty: it is one
};

// Whether a cell's text is. Most are ASCII, and short: that is seen at once.
bool is_utf8(std::string_view text);

// A byte order mark is skipped, as are blank lines; lines end in LF, CRLF or CR. A cell that starts with a quote ends
// with one: in between a quote is written twice, and delimiters and line ends are text. A quote elsewhere is text.
class CsvReader {
 public:
  // `in` has to outlive the reader and to be open in binary mode.
  explicit CsvReader(std::istream* in, char delimiter = ',');

  // False: the end. A record with a problem does not end the reading: after a quote that is never closed (or not within
  // kMaxCsvRecordBytes) it goes on with the next line.
  bool next(CsvRecord* record);
  // Passes over physical lines; before the first record.
  void skip_lines(int count);
  bool broken() const { return in_->bad(); } // reading failed before the end

 private:
  enum class Stop { kCell, kRecord, kEnd };
  static constexpr int kNone = -1;

  int peek();
  int take(CsvRecord* record);
  void take_text(CsvRecord* record, std::string* cell);
  Stop read_cell(CsvRecord* record);
  Stop read_quoted(CsvRecord* record, std::string* cell);
  Stop end_of_line(int c, CsvRecord* record);
  void give_back(CsvRecord* record);
  bool fill();
  void start();

  std::istream* const in_;
  const char delimiter_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
  bool started_ = false;
  bool cut_ = false; // the record's text is not all there: it was too long
};

} // namespace wardpulse::producer
