// A CSV file whose columns are asked for by name: an exporter's own layout, of one version or another.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "producer/csv_reader.h"

namespace wardpulse::producer {

class TableFile {
 public:
  static constexpr std::size_t kMissing = SIZE_MAX;

  static Result<TableFile> open(const std::string& path);

  // Where the first of these names stands; case does not matter. kMissing: none is there.
  std::size_t find(std::initializer_list<std::string_view> names) const;
  // The same, and when none is there it is noted in problems().
  std::size_t column(std::initializer_list<std::string_view> names);
  const std::string& problems() const { return problems_; }

  bool next(); // false: the end
  // Why the row is none, or nothing.
  std::string problem() const;
  std::string_view cell(std::size_t column) const { return column == kMissing ? std::string_view{} : std::string_view(record_.cells[column]); }
  const CsvRecord& record() const { return record_; }
  const std::string& path() const { return path_; }
  bool broken() const { return reader_.broken(); }

 private:
  TableFile(std::string path, std::unique_ptr<std::istream> stream);
  std::string path_;
  std::unique_ptr<std::istream> stream_;
  CsvReader reader_;
  std::vector<std::string> header_;
  CsvRecord record_;
  std::string problems_;
};

} // namespace wardpulse::producer
