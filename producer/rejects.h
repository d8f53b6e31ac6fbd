// Records that could not be sent, as a CSV file: file, line, reason, record.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wardpulse::producer {

class Rejects {
 public:
  // Made, and emptied if it is there, with the first record. An empty path: records are only counted.
  explicit Rejects(std::string path) : path_(std::move(path)) {}

  Result<void> add(std::string_view file, std::int64_t line, std::string_view reason, std::string_view record);
  Result<void> finish(); // error: the file did not take it all
  std::int64_t count() const { return count_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::ofstream out_;
  std::int64_t count_ = 0;
};

void append_csv_cell(std::string_view cell, std::string* out); // quoted where needed

} // namespace wardpulse::producer
