#include "producer/csv_import.h"

#include <optional>

namespace wardpulse::producer {
namespace {

// What Windows-1252 has where ISO 8859-1 has control characters; five places are not used and stay as they are.
constexpr char16_t kWindows1252[32] = {0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
                                       0x2039, 0x0152, 0x8d,   0x017d, 0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
                                       0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178};

// To UTF-8.
void decode(Encoding encoding, std::string* text) {
  std::string out;
  for (const char c : *text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool differs = encoding == Encoding::kWindows1252 && byte >= 0x80 && byte < 0xa0;
    const unsigned code = differs ? kWindows1252[byte - 0x80] : byte;
    if (code < 0x80) {
      out.push_back(c);
    } else if (code < 0x800) {
      out.push_back(static_cast<char>(0xc0 | code >> 6));
      out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
    } else {
      out.push_back(static_cast<char>(0xe0 | code >> 12));
      out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3f)));
      out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
    }
  }
  *text = std::move(out);
}

bool next_record(const Mapping& mapping, CsvReader* reader, CsvRecord* record) {
  if (!reader->next(record)) return false;
  if (mapping.encoding != Encoding::kUtf8) {
    for (std::string& cell : record->cells) decode(mapping.encoding, &cell);
  }
  return true;
}

Error cannot_read(const std::string& path) { return {"reading " + path + " failed before its end", "is the disk or the pipe broken?"}; }

} // namespace

Result<CsvImport::File> CsvImport::open_file(const Mapping& mapping, const std::string& path, InputFiles* files) {
  auto stream = files->open(path);
  if (!stream) return tl::unexpected(stream.error());
  CsvReader reader(stream->get(), mapping.delimiter);
  reader.skip_lines(mapping.skip_lines);
  CsvRecord header;
  header.cells = mapping.header;
  if (header.cells.empty() && !next_record(mapping, &reader, &header)) return fail(path + " is empty", "its first line has to name the columns");
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
    if (mapping_->encoding != Encoding::kUtf8) decode(mapping_->encoding, &record.text); // the rejects are one file, in UTF-8
    if (auto added = rejects->add(file->path, record.line, reason, record.text); !added) return added;
  }
  if (file->reader.broken()) return tl::unexpected(cannot_read(file->path));
  return {};
}

} // namespace wardpulse::producer
