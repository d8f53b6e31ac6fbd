#include "producer/rejects.h"

namespace wardpulse::producer {

void append_csv_cell(std::string_view cell, std::string* out) {
  if (!cell.empty() && cell.find_first_of("\",\r\n") == std::string_view::npos) {
    out->append(cell);
    return;
  }
  out->push_back('"');
  for (const char c : cell) out->append(c == '"' ? "\"\"" : std::string_view(&c, 1));
  out->push_back('"');
}

Result<void> Rejects::add(std::string_view file, std::int64_t line, std::string_view reason, std::string_view record) {
  if (++count_; path_.empty()) return {};
  if (!out_.is_open()) {
    out_.open(path_, std::ios::binary | std::ios::trunc);
    out_ << "file,line,reason,record\n";
  }
  std::string text;
  append_csv_cell(file, &text);
  text.append(",").append(std::to_string(line)).append(",");
  append_csv_cell(reason, &text);
  text.push_back(',');
  append_csv_cell(record, &text);
  out_ << text << '\n';
  if (!out_) return fail("cannot write " + path_, "name another file with --rejects");
  return {};
}

Result<void> Rejects::finish() {
  if (!out_.is_open()) return {};
  out_.close();
  if (!out_) return fail("cannot write " + path_, "is the disk full? Name another file with --rejects");
  return {};
}

} // namespace wardpulse::producer
