#include "producer/csv_import.h"

#include <optional>

namespace wardpulse::producer {
namespace {

// ISO 8859-1 to UTF-8.
void decode_latin1(std::string* text) {
  std::string out;
  for (const char c : *text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out.push_back(c);
    } else {
      out.push_back(static_cast<char>(0xc0 | byte >> 6));
      out.push_back(static_cast<char>(0x80 | (byte & 0x3f)));
    }
  }
  *text = std::move(out);
}

bool next_record(const Mapping& mapping, CsvReader* reader, CsvRecord* record) {
  if (!reader->next(record)) return false;
  if (mapping.latin1) {
    for (std::string& cell : record->cells) decode_latin1(&cell);
  }
  return true;
}

Error cannot_read(const std::string& path) { return {"reading " + path + " failed before its end", "is the disk or the pipe broken?"}; }

} // namespace

Result<CsvImport::File> CsvImport::open_file(const Mapping& mapping, const std::string& path, InputFiles* files) {
  auto stream = files->open(path);
  if (!stream) return tl::unexpected(stream.error());
  CsvReader reader(stream->get(), mapping.delimiter);
  CsvRecord header;
  if (!next_record(mapping, &reader, &header)) return fail(path + " is empty", "its first line has to name the columns");
  if (!header.problem.empty()) return fail(path + ":" + std::to_string(header.line) + ": the header: " + header.problem);
  auto mapper = RowMapper::bind(mapping, path, header.cells);
  if (!mapper) return tl::unexpected(mapper.error());
  if (!mapper->has_events()) return fail(path + ": no event of the mapping is made of it", "see 'files' in docs/import.md");
  return File{path, std::move(*stream), std::move(reader), std::move(*mapper)};
}

Result<CsvImport> CsvImport::open(const Mapping& mapping, const std::vector<std::string>& paths, InputFiles* files) {
  CsvImport import(mapping);
  std::optional<Error> problems;
  for (const std::string& path : paths) {
    if (auto file = open_file(mapping, path, files)) import.files_.push_back(std::move(*file));
    else if (!problems) problems = file.error();
    else problems->message += "\n" + file.error().message;
  }
  if (problems) return tl::unexpected(*problems);
  return import;
}

Result<Imported> CsvImport::read(Duration shift, Rejects* rejects) {
  Imported out;
  for (File& file : files_) {
    if (auto done = read_file(&file, shift, rejects, &out); !done) return tl::unexpected(done.error());
    out.skipped += file.mapper.skipped();
  }
  return out;
}

Result<void> CsvImport::read_file(File* file, Duration shift, Rejects* rejects, Imported* out) {
  CsvRecord record;
  while (next_record(*mapping_, &file->reader, &record)) {
    ++out->records;
    std::string reason = record.problem;
    if (reason.empty()) reason = file->mapper.map(record.cells, record.line, shift, &out->messages, &out->local_times);
    if (reason.empty()) continue;
    if (auto added = rejects->add(file->path, record.line, reason, record.text); !added) return added;
  }
  if (file->reader.broken()) return tl::unexpected(cannot_read(file->path));
  return {};
}

} // namespace wardpulse::producer
