#include "proto/cell_reader.h"

namespace wardpulse {
namespace {

// Makes a cell's values of what is read.
class CellValues {
 public:
  CellValues(Cell* cell, const CellHead& head) : cell_(cell), head_(head) {}

  void begin(std::size_t field) {
    cell_->values.reserve(head_.family->fields.size());
    value_ = &cell_->values.emplace_back(head_.family->fields[field].name, Value()).second;
  }
  void null() {}
  void integer(std::int64_t value) { *value_ = value; }
  void text(std::string_view text) { *value_ = std::string(text); }
  void counts(std::size_t) { value_->emplace<Counts>(); }
  void count(std::string_view name, std::int64_t count) { std::get<Counts>(*value_)[std::string(name)] = count; }
  void labels(std::size_t) { value_->emplace<Labels>(); }
  void label(std::string_view label) { std::get<Labels>(*value_).emplace_back(label); }
  void list(std::size_t) { value_->emplace<CountList>(); }
  void item(std::int64_t item) { std::get<CountList>(*value_).push_back(item); }
  void histogram(std::size_t) { histogram_ = &value_->emplace<MinuteHistogram>(); }
  void histograms(std::size_t) { value_->emplace<HistogramList>(); }
  void no_histogram() { std::get<HistogramList>(*value_).emplace_back(); }
  void listed_histogram(std::size_t) { histogram_ = &std::get<HistogramList>(*value_).emplace_back().emplace(); }
  void entry(std::int32_t minute, std::int64_t count) { histogram_->minutes.emplace_back(minute, count); }

 private:
  Cell* const cell_;
  const CellHead& head_;
  Value* value_ = nullptr;
  MinuteHistogram* histogram_ = nullptr;
};

} // namespace

Result<Cell> decode_cell(std::string_view json) {
  thread_local simdjson::dom::parser parser; // keeps its buffers; a record is read within this call
  simdjson::dom::element root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root); error != simdjson::SUCCESS) {
    return fail(std::string("not a cell: ") + simdjson::error_message(error));
  }
  CellReader reader;
  CellHead head;
  Cell cell;
  CellValues values(&cell, head);
  if (!reader.read(root, &head, &values)) return fail("not a cell: " + reader.problem());
  cell.family = head.family->name;
  cell.dims.assign(head.dims.begin(), head.dims.end());
  cell.window = head.window;
  cell.status = head.status;
  cell.version = head.version;
  cell.partition = head.partition;
  cell.watermark = head.watermark;
  cell.updated_at = head.updated_at;
  return cell;
}

} // namespace wardpulse
