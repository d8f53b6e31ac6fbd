#include <simdjson.h>

#include <limits>
#include <utility>
#include <type_traits>

#include "proto/cell.h"

namespace wardpulse {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// More durations than any hospital has; keeps sums within 64 bits whatever the minutes are.
constexpr std::int64_t kMaxDurations = 1'000'000'000;

// Every read says whether it worked; the first that did not has left its reason in problem().
class CellReader {
 public:
  bool read(element json, Cell* cell) {
    std::string_view family_name;
    if (!get(json["family"], "no family", &family_name)) return false;
    cell->family = family_name;
    const FamilySpec* family = find_family(family_name);
    if (family == nullptr) return bad("unknown family " + cell->family);
    return read_dims(json, *family, cell) && read_window(json, cell) && read_values(json, *family, cell) &&
           read_status(json, cell) && read_head(json, cell);
  }

  const std::string& problem() const { return problem_; }

 private:
  bool bad(std::string what) {
    problem_ = std::move(what);
    return false;
  }

  // `from`: an element, or the result of looking one up.
  template <class From, class T>
  bool get(From from, const char* otherwise, T* to) {
    return std::move(from).get(*to) == simdjson::SUCCESS || bad(otherwise);
  }

  bool read_dims(element json, const FamilySpec& family, Cell* cell) {
    object dims;
    if (!get(json["dims"], "no dims", &dims)) return false;
    for (const std::string_view name : family.dims) {
      std::string_view value;
      if (dims[name].get(value) == simdjson::SUCCESS) cell->dims.emplace_back(name, value);
    }
    return true;
  }

  bool read_window(element json, Cell* cell) {
    element value;
    if (!get(json["window"], "no window", &value)) return false;
    if (value.is_null()) return true;
    std::string_view size_name;
    if (!get(value["size"], "a window without size", &size_name)) return false;
    const auto size = window_size_from_name(size_name);
    if (!size) return bad("a window of unknown size");
    Window& window = cell->window.emplace();
    window.size = *size;
    return read_time(value["start"], "window.start does not read", &window.start, &window.start_offset) &&
           read_time(value["end"], "window.end does not read", &window.end, &window.end_offset);
  }

  template <class From>
  bool read_time(From from, const char* otherwise, Time* to, std::chrono::seconds* offset = nullptr) {
    std::string_view text;
    if (!get(from, otherwise, &text)) return false;
    const auto time = parse_rfc3339(text);
    if (!time) return bad(otherwise);
    *to = *time;
    if (offset != nullptr) *offset = offset_of(text);
    return true;
  }

  // The offset at the end of a time that parse_rfc3339 takes.
  static std::chrono::seconds offset_of(std::string_view time) {
    if (time.back() == 'Z' || time.back() == 'z') return std::chrono::seconds{0};
    const std::string_view offset = time.substr(time.size() - 6); // "+01:00"
    const auto number = [&](std::size_t i) { return (offset[i] - '0') * 10 + (offset[i + 1] - '0'); };
    const int minutes = number(1) * 60 + number(4);
    return std::chrono::minutes{offset[0] == '-' ? -minutes : minutes};
  }

  bool read_values(element json, const FamilySpec& family, Cell* cell) {
    object values;
    if (!get(json["values"], "no values", &values)) return false;
    cell->values.reserve(family.fields.size());
    auto next = values.begin(); // fields are mostly written in the family's order
    for (const FieldSpec& field : family.fields) {
      element from;
      if (next != values.end() && next.key_equals(field.name)) {
        from = next.value();
        ++next;
      } else if (values[field.name].get(from) != simdjson::SUCCESS) {
        continue;
      }
      Value value;
      if (!read_value(field.merge, from, &value)) return bad(std::string(field.name) + ": " + problem_);
      cell->values.emplace_back(field.name, std::move(value));
    }
    return true;
  }

  bool read_value(Merge merge, element from, Value* to) {
    if (from.is_null()) return true;
    switch (merge) {
      case Merge::kSum:
      case Merge::kMax:
      case Merge::kEstimate:
      case Merge::kCrowdingScore: return get(from, "expected an integer", &to->emplace<std::int64_t>());
      case Merge::kText:
      case Merge::kCrowdingBand: return read_text(from, &to->emplace<std::string>());
      case Merge::kCrowdingInputs:
      case Merge::kSumCounts: return read_counts(from, &to->emplace<Counts>());
      case Merge::kSumList: return read_list(from, &to->emplace<CountList>());
      case Merge::kHistogram: return read_histogram(from, &to->emplace<MinuteHistogram>());
      case Merge::kHistogramList: return read_histograms(from, &to->emplace<HistogramList>());
      case Merge::kLabels: return read_labels(from, &to->emplace<Labels>());
      case Merge::kPartition:
        if (from.is_object()) return read_value(Merge::kSumCounts, from, to);
        return read_value(from.is_array() ? Merge::kLabels : Merge::kSum, from, to);
    }
    return false;
  }

  bool read_counts(element from, Counts* to) {
    object counts;
    if (!get(from, "expected an object of counts", &counts)) return false;
    for (const auto [name, count] : counts) {
      if (!get(count, "a count is no integer", &(*to)[std::string(name)])) return false;
    }
    return true;
  }

  bool read_list(element from, CountList* to) {
    array counts;
    if (!get(from, "expected a list of counts", &counts)) return false;
    for (const element count : counts) {
      if (!get(count, "a count is no integer", &to->emplace_back())) return false;
    }
    return true;
  }

  bool read_labels(element from, Labels* to) {
    array labels;
    if (!get(from, "expected a list of texts", &labels)) return false;
    for (const element label : labels) {
      std::string_view text;
      if (!get(label, "a label is no text", &text)) return false;
      to->emplace_back(text);
    }
    return true;
  }

  bool read_text(element from, std::string* to) {
    std::string_view text;
    if (!get(from, "expected a text", &text)) return false;
    *to = text;
    return true;
  }

  bool read_histograms(element from, HistogramList* to) {
    array list;
    if (!get(from, "expected a list of distributions", &list)) return false;
    for (const element histogram : list) {
      auto& entry = to->emplace_back();
      if (!histogram.is_null() && !read_histogram(histogram, &entry.emplace())) return false;
    }
    return true;
  }

  bool read_histogram(element from, MinuteHistogram* to) {
    std::int64_t n = 0;
    if (!get(from["n"], "a distribution without n", &n)) return false;
    if (n == 0) return true;
    array entries;
    if (n < 0 || n > kMaxDurations) return bad("a distribution whose n is out of range");
    if (!get(from["h"], "a distribution without h", &entries)) return false;
    std::int64_t counted = 0;
    for (const element entry : entries) {
      if (!read_entry(entry, n - counted, to)) return false;
      counted += to->minutes.back().second;
    }
    return counted == n || bad("h does not add up to n");
  }

  // One [minute,count] of "h", sorted by minute, with at most `left` to count.
  bool read_entry(element from, std::int64_t left, MinuteHistogram* to) {
    array pair;
    std::int64_t minute = 0, count = 0;
    constexpr const char* kNoPair = "an entry of h is not [minute,count]";
    if (!get(from, kNoPair, &pair) || pair.size() != 2) return bad(kNoPair);
    if (!get(pair.at(0), kNoPair, &minute) || !get(pair.at(1), kNoPair, &count)) return false;
    const bool fits =
        minute >= std::numeric_limits<std::int32_t>::min() && minute <= std::numeric_limits<std::int32_t>::max();
    const bool in_order = to->minutes.empty() || to->minutes.back().first < minute;
    if (!fits || !in_order) return bad("h is not sorted by minute");
    if (count <= 0 || count > left) return bad("h does not add up to n");
    to->minutes.emplace_back(static_cast<std::int32_t>(minute), count);
    return true;
  }

  bool read_status(element json, Cell* cell) {
    std::string_view name;
    if (!get(json["status"], "no status", &name)) return false;
    for (const CellStatus status : {CellStatus::kOpen, CellStatus::kClosed, CellStatus::kFinal}) {
      if (cell_status_name(status) != name) continue;
      cell->status = status;
      return true;
    }
    return bad("an unknown status");
  }

  // What is about the cell rather than in it: all of it may be missing.
  bool read_head(element json, Cell* cell) {
    std::int64_t partition = -1;
    element value;
    const auto has = [&](const char* name) { return json[name].get(value) == simdjson::SUCCESS; };
    if (has("version") && !get(value, "version is no integer", &cell->version)) return false;
    if (has("partition") && !get(value, "partition is no integer", &partition)) return false;
    if (partition < -1 || partition > std::numeric_limits<std::int32_t>::max()) return bad("partition is out of range");
    cell->partition = static_cast<std::int32_t>(partition);
    return read_time_or_null(json, "watermark", &cell->watermark) &&
           read_time_or_null(json, "updated_at", &cell->updated_at);
  }

  bool read_time_or_null(element json, const char* name, Time* to) {
    element value;
    if (json[name].get(value) != simdjson::SUCCESS || value.is_null()) return true;
    return read_time(value, "watermark or updated_at does not read", to);
  }

  std::string problem_;
};

} // namespace

Result<Cell> decode_cell(std::string_view json) {
  thread_local simdjson::dom::parser parser; // keeps its buffers; a record is read within this call
  element root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root); error != simdjson::SUCCESS) {
    return fail(std::string("not a cell: ") + simdjson::error_message(error));
  }
  CellReader reader;
  Cell cell;
  if (!reader.read(root, &cell)) return fail("not a cell: " + reader.problem());
  return cell;
}

} // namespace wardpulse
