// The files of an import.
#pragma once

#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "producer/mapping.h"

namespace wardpulse::producer {

// Opens files, and standard input ("-") as often as asked: it is kept in memory.
class InputFiles {
 public:
  Result<std::unique_ptr<std::istream>> open(const std::string& path);

 private:
  std::optional<std::string> standard_input_;
};

// Which CSV files to read. A folder among `paths` stands for its files that some event wants (by its `files` pattern; for
// the pattern "*" all *.csv); without paths the mapping's own folder does. Sorted within a folder.
Result<std::vector<std::string>> find_csv_files(const Mapping& mapping, const std::vector<std::string>& paths,
                                                const std::string& mapping_path);

} // namespace wardpulse::producer
