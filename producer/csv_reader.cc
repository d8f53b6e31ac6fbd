#include "producer/csv_reader.h"

#include <algorithm>
#include <utility>

#include <simdjson.h>

namespace wardpulse::producer {
namespace {

constexpr std::size_t kReadBytes = 1 << 16;
constexpr std::size_t kShownOfLongRecord = 1024; // enough to know it again
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool is_line_end(int c) { return c == '\n' || c == '\r'; }

} // namespace

bool is_utf8(std::string_view text) {
  unsigned char all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return all < 0x80 || simdjson::validate_utf8(text);
}

CsvReader::CsvReader(std::istream* in, char delimiter) : in_(in), delimiter_(delimiter) {}

bool CsvReader::fill() {
  buffer_.erase(0, at_);
  at_ = 0;
  const std::size_t kept = buffer_.size();
  buffer_.resize(kept + kReadBytes);
  in_->read(buffer_.data() + kept, kReadBytes);
  buffer_.resize(kept + static_cast<std::size_t>(in_->gcount()));
  return buffer_.size() > kept;
}

int CsvReader::peek() {
  if (at_ == buffer_.size() && !fill()) return kNone;
  return static_cast<unsigned char>(buffer_[at_]);
}

// The next byte, noted as part of the record. A CR before a LF is no line of its own.
int CsvReader::take(CsvRecord* record) {
  const int c = peek();
  if (c == kNone) return c;
  ++at_;
  if (record->text.size() <= kMaxCsvRecordBytes) record->text.push_back(static_cast<char>(c));
  else cut_ = true;
  if (c == '\n' || (c == '\r' && peek() != '\n')) ++line_;
  return c;
}

// `c` was taken.
CsvReader::Stop CsvReader::end_of_line(int c, CsvRecord* record) {
  if (!cut_) record->text.pop_back();
  if (c == '\r' && peek() == '\n') {
    ++at_;
    ++line_;
  }
  return Stop::kRecord;
}

void CsvReader::start() {
  if (std::exchange(started_, true)) return;
  fill();
  if (buffer_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
}

void CsvReader::skip_lines(int count) {
  start();
  for (CsvRecord line; count > 0 && peek() != kNone; --count, line.text.clear()) {
    int c = take(&line);
    while (c != kNone && !is_line_end(c)) c = take(&line);
    if (c != kNone) end_of_line(c, &line);
  }
}

bool CsvReader::next(CsvRecord* record) {
  start();
  CsvRecord blank;
  while (is_line_end(peek())) take(&blank);
  if (peek() == kNone) return false;
  cut_ = false;
  record->line = line_;
  record->cells.clear();
  record->text.clear();
  record->problem.clear();
  while (read_cell(record) == Stop::kCell) {}
  if (cut_ || record->text.size() > kMaxCsvRecordBytes) {
    record->text.resize(std::min(record->text.size(), kShownOfLongRecord));
    if (record->problem.empty()) record->problem = "it is longer than 1 MiB";
  }
  return true;
}

CsvReader::Stop CsvReader::read_cell(CsvRecord* record) {
  std::string& cell = record->cells.emplace_back();
  const auto fits = [&] { return record->text.size() <= kMaxCsvRecordBytes; };
  if (peek() == '"' && fits()) return read_quoted(record, &cell);
  for (;;) {
    take_text(record, &cell);
    const int c = take(record);
    if (c == kNone) return Stop::kEnd;
    if (c == static_cast<unsigned char>(delimiter_)) return Stop::kCell;
    if (is_line_end(c)) return end_of_line(c, record);
    if (fits()) cell.push_back(static_cast<char>(c));
  }
}

// Up to the next delimiter or line end, as far as the buffer has it and the record may grow.
void CsvReader::take_text(CsvRecord* record, std::string* cell) {
  const std::size_t room = kMaxCsvRecordBytes - std::min(record->text.size(), kMaxCsvRecordBytes);
  const char* const from = buffer_.data() + at_;
  const char* const to = std::find_if(from, from + std::min(room, buffer_.size() - at_),
                                      [delimiter = delimiter_](char c) { return c == delimiter || is_line_end(c); });
  record->text.append(from, to);
  cell->append(from, to);
  at_ += static_cast<std::size_t>(to - from);
}

CsvReader::Stop CsvReader::read_quoted(CsvRecord* record, std::string* cell) {
  take(record);
  for (;;) {
    const int c = take(record);
    if (c == kNone || record->text.size() > kMaxCsvRecordBytes) {
      give_back(record);
      return Stop::kEnd;
    }
    if (c != '"') {
      cell->push_back(static_cast<char>(c));
      continue;
    }
    if (peek() == '"') {
      cell->push_back(static_cast<char>(take(record)));
      continue;
    }
    break;
  }
  for (;;) { // after the closing quote only an end may come
    const int c = take(record);
    if (c == kNone) return Stop::kEnd;
    if (c == static_cast<unsigned char>(delimiter_)) return Stop::kCell;
    if (is_line_end(c)) return end_of_line(c, record);
    if (record->problem.empty()) record->problem = "text after a closing quote, in cell " + std::to_string(record->cells.size());
  }
}

// The quote that opened this cell is never closed: only its first line is bad, the rest is read again.
void CsvReader::give_back(CsvRecord* record) {
  record->problem = "the quote that opens cell " + std::to_string(record->cells.size()) + " is never closed";
  const std::size_t first_line = record->text.find_first_of("\r\n");
  if (first_line == std::string::npos) return;
  const bool two_bytes = record->text.compare(first_line, 2, "\r\n") == 0;
  buffer_.replace(0, at_, record->text, first_line + (two_bytes ? 2 : 1));
  at_ = 0;
  record->text.resize(first_line);
  line_ = record->line + 1;
}

} // namespace wardpulse::producer
