#include "producer/csv_import.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <span>
#include <thread>

#include "producer/helper_thread.h"

namespace wardpulse::producer {
namespace {

constexpr std::size_t kBatchRows = 2048, kBatchBytes = 4 << 20;
constexpr unsigned kMostBusy = 4; // reading rows takes a good quarter of the time of making events of them

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

void decode(Encoding encoding, CsvRecord* record) {
  if (encoding == Encoding::kUtf8) return;
  for (std::string& cell : record->cells) decode(encoding, &cell);
}

Error cannot_read(const std::string& path) { return {"reading " + path + " failed before its end", "is the disk or the pipe broken?"}; }

} // namespace

// Makes events of one batch of rows after the other, on a thread of its own.
class CsvImport::Worker {
 public:
  Worker(Encoding encoding, const RowMapper& mapper, Duration shift) : encoding_(encoding), mapper_(mapper), shift_(shift) {}

  bool is_busy() const { return thread_.is_busy(); }
  // Reads the next rows and begins with them. False: there are none. REQUIRES: is not busy.
  bool start(CsvReader* reader);
  // Waits until it is not busy any more, and takes what it made.
  Result<void> take(const std::string& path, Rejects* rejects, Imported* out);

 private:
  void map();

  const Encoding encoding_;
  RowMapper mapper_;
  const Duration shift_;
  std::vector<CsvRecord> rows_; // the first `size_` are the batch; the rest only spares allocations
  std::size_t size_ = 0;
  std::vector<std::string> reasons_; // of each row why it is no event, or nothing
  Imported made_;
  HelperThread thread_{[this] { map(); }}; // last: uses the others
};

bool CsvImport::Worker::start(CsvReader* reader) {
  rows_.resize(kBatchRows);
  size_ = 0;
  for (std::size_t bytes = 0; size_ < kBatchRows && bytes < kBatchBytes && reader->next(&rows_[size_]); ++size_) bytes += rows_[size_].text.size();
  if (size_ == 0) return false;
  thread_.start();
  return true;
}

void CsvImport::Worker::map() {
  const std::int64_t skipped_before = mapper_.skipped();
  reasons_.clear();
  for (CsvRecord& row : std::span(rows_).first(size_)) {
    decode(encoding_, &row);
    reasons_.push_back(!row.problem.empty() ? row.problem : mapper_.map(row.cells, row.line, shift_, &made_.messages, &made_.local_times));
  }
  made_.records = static_cast<std::int64_t>(size_);
  made_.skipped = mapper_.skipped() - skipped_before;
}

Result<void> CsvImport::Worker::take(const std::string& path, Rejects* rejects, Imported* out) {
  if (!is_busy()) return {};
  thread_.wait();
  for (std::size_t i = 0; i < size_; ++i) {
    if (reasons_[i].empty()) continue;
    CsvRecord& row = rows_[i];
    if (encoding_ != Encoding::kUtf8) decode(encoding_, &row.text); // the rejects are one file, in UTF-8
    if (auto added = rejects->add(path, row.line, reasons_[i], row.text); !added) return added;
  }
  out->add(&made_);
  return {};
}

Result<CsvImport::File> CsvImport::open_file(const Mapping& mapping, const std::string& path, InputFiles* files) {
  auto stream = files->open(path);
  if (!stream) return tl::unexpected(stream.error());
  CsvReader reader(stream->get(), mapping.delimiter);
  reader.skip_lines(mapping.skip_lines);
  CsvRecord header;
  header.cells = mapping.header;
  if (header.cells.empty() && !reader.next(&header)) return fail(path + " is empty", "its first line has to name the columns");
  if (mapping.header.empty()) decode(mapping.encoding, &header);
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
  }
  return out;
}

// Workers take turns, so what they made comes in the rows' order. One more than can be busy: it waits to be taken meanwhile.
Result<void> CsvImport::read_file(File* file, Duration shift, Rejects* rejects, Imported* out) {
  std::deque<Worker> workers;
  for (unsigned i = 0; i < std::min(std::thread::hardware_concurrency(), kMostBusy) + 1; ++i) workers.emplace_back(mapping_->encoding, file->mapper, shift);
  bool reads = true;
  std::size_t turn = 0, idle = 0; // in a row
  for (; idle < workers.size(); turn = (turn + 1) % workers.size()) {
    if (auto taken = workers[turn].take(file->path, rejects, out); !taken) return taken;
    reads = reads && workers[turn].start(&file->reader);
    idle = reads ? 0 : idle + 1;
  }
  if (file->reader.broken()) return tl::unexpected(cannot_read(file->path));
  return {};
}

} // namespace wardpulse::producer
