// Reads CSV files into events, as a mapping says.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "producer/csv_reader.h"
#include "producer/imported.h"
#include "producer/input_files.h"
#include "producer/mapping.h"
#include "producer/rejects.h"
#include "producer/row_mapper.h"

namespace wardpulse::producer {

// Files whose headers fit the mapping, read up to there.
class CsvImport {
 public:
  // Error: every file that cannot be opened, every column that is missing. `mapping` has to outlive it.
  static Result<CsvImport> open(const Mapping& mapping, const std::vector<std::string>& paths, InputFiles* files);

  // Reads to the end. Rows that are no events go to `rejects`. Error: a file, or the rejects, could not be read or written.
  Result<Imported> read(Duration shift, Rejects* rejects);

 private:
  struct File {
    std::string path;
    std::unique_ptr<std::istream> stream;
    CsvReader reader;
    RowMapper mapper;
  };
  class Worker;
  explicit CsvImport(const Mapping& mapping) : mapping_(&mapping) {}
  static Result<File> open_file(const Mapping& mapping, const std::string& path, InputFiles* files);
  Result<void> read_file(File* file, Duration shift, Rejects* rejects, Imported* out);

  const Mapping* mapping_;
  std::vector<File> files_;
};

} // namespace wardpulse::producer
