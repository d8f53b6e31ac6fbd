#include "producer/table_file.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

namespace wardpulse::producer {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return upper(x) == upper(y); });
}

} // namespace

TableFile::TableFile(std::string path, std::unique_ptr<std::istream> stream)
    : path_(std::move(path)), stream_(std::move(stream)), reader_(stream_.get()) {}

Result<TableFile> TableFile::open(const std::string& path) {
  auto stream = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*stream) return fail("cannot read " + path, "is it there, a file, and readable?");
  TableFile file(path, std::move(stream));
  if (!file.reader_.next(&file.record_) || !file.record_.problem.empty()) return fail(path + " has no header", "its first line has to name the columns");
  file.header_ = file.record_.cells;
  return file;
}

std::size_t TableFile::find(std::initializer_list<std::string_view> names) const {
  for (const auto name : names) {
    const auto found = std::find_if(header_.begin(), header_.end(), [&](const std::string& one) { return same_name(one, name); });
    if (found != header_.end()) return static_cast<std::size_t>(found - header_.begin());
  }
  return kMissing;
}

std::size_t TableFile::column(std::initializer_list<std::string_view> names) {
  const std::size_t found = find(names);
  if (found == kMissing) problems_ += fmt::format("{}{}: there is no column {}", problems_.empty() ? "" : "\n", path_, fmt::join(names, " or "));
  return found;
}

bool TableFile::next() { return reader_.next(&record_); }

std::string TableFile::problem() const {
  if (!record_.problem.empty()) return record_.problem;
  if (record_.cells.size() != header_.size()) return fmt::format("it has {} cells, the header has {}", record_.cells.size(), header_.size());
  const bool readable = std::all_of(record_.cells.begin(), record_.cells.end(), is_utf8);
  return readable ? "" : "it is not UTF-8";
}

} // namespace wardpulse::producer
