// Reads a cell's JSON, the topic form, and hands each value on as it comes, to whoever keeps it: decode_cell() makes a Cell of
// them; the web service packs them, which takes a third of the time, since a Cell is made of many small pieces.
#pragma once

#include <simdjson.h>

#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/cell.h"

namespace wardpulse {

// All of a cell but its values. The texts are those of the JSON.
struct CellHead {
  const FamilySpec* family = nullptr;
  std::vector<std::pair<std::string_view, std::string_view>> dims; // in the family's order
  std::optional<Window> window;
  CellStatus status = CellStatus::kOpen;
  std::int64_t version = 0;
  std::int32_t partition = -1;
  Time watermark = kNever;
  Time updated_at = kNever;
};

// The offset at the end of a time that parse_written_rfc3339 takes.
std::chrono::seconds offset_of_written(std::string_view time);

// `Values` is told, for each value in the family's order, begin(field) with the field's number, and then what the value is:
//   null()  integer(i64)  text(view)
//   counts(n), n times count(name, i64)     labels(n), n times label(view)
//   list(n), n times item(i64)              histogram(n), n times entry(minute, count)
//   histograms(n), n times no_histogram() or listed_histogram(m), m times entry(minute, count)
// What it was told counts only when read() says true. Every read says whether it worked; the first that did not has left its
// reason in problem().
class CellReader {
 public:
  template <class Values>
  bool read(simdjson::dom::element json, CellHead* head, Values* values) {
    Members members;
    return read_identity(json, &members, head) && read_values(&members, *head->family, values) && read_rest(&members, head);
  }

  const std::string& problem() const { return problem_; }

 private:
  using element = simdjson::dom::element;
  using array = simdjson::dom::array;
  using object = simdjson::dom::object;

  // More durations than any hospital has; keeps sums within 64 bits whatever the minutes are.
  static constexpr std::int64_t kMaxDurations = 1'000'000'000;

  // Members of an object, mostly asked for in the order in which they were written.
  struct Members {
    object all;
    object::iterator next;

    void begin(object of) {
      all = of;
      next = of.begin();
    }
    bool find(std::string_view name, element* to) {
      if (next != all.end() && next.key_equals(name)) {
        *to = next.value();
        ++next;
        return true;
      }
      return all[name].get(*to) == simdjson::SUCCESS;
    }
  };

  bool bad(std::string what) {
    problem_ = std::move(what);
    return false;
  }
  // `from`: an element, or the result of looking one up.
  template <class From, class T>
  bool get(From from, const char* otherwise, T* to) {
    return std::move(from).get(*to) == simdjson::SUCCESS || bad(otherwise);
  }
  // Family, dims and window.
  bool read_identity(element json, Members* members, CellHead* head);
  void read_dims(object dims, CellHead* head);
  bool read_window(element json, CellHead* head);
  // What follows the values: all but the status may be missing.
  bool read_rest(Members* members, CellHead* head);
  bool read_status(element json, CellHead* head);
  bool read_time(element json, const char* otherwise, Time* to, std::chrono::seconds* offset = nullptr);
  bool read_time_or_null(Members* members, const char* name, Time* to);

  template <class Values>
  bool read_values(Members* members, const FamilySpec& family, Values* to) {
    element json;
    object values;
    if (!members->find("values", &json) || !get(json, "", &values)) return bad("no values");
    Members fields;
    fields.begin(values);
    for (std::size_t i = 0; i < family.fields.size(); ++i) {
      if (!fields.find(family.fields[i].name, &json)) continue;
      to->begin(i);
      if (!read_value(family.fields[i].merge, json, to)) return bad(std::string(family.fields[i].name) + ": " + problem_);
    }
    return true;
  }

  template <class Values>
  bool read_value(Merge merge, element from, Values* to) {
    if (from.is_null()) {
      to->null();
      return true;
    }
    switch (merge) {
      case Merge::kSum:
      case Merge::kMax:
      case Merge::kEstimate:
      case Merge::kCrowdingScore: return read_integer(from, to);
      case Merge::kText:
      case Merge::kCrowdingBand: return read_text(from, to);
      case Merge::kCrowdingInputs:
      case Merge::kSumCounts: return read_counts(from, to);
      case Merge::kSumList: return read_list(from, to);
      case Merge::kHistogram: return read_histogram(from, to, [&](std::size_t entries) { to->histogram(entries); });
      case Merge::kHistogramList: return read_histograms(from, to);
      case Merge::kLabels: return read_labels(from, to);
      case Merge::kPartition:
        if (from.is_object()) return read_counts(from, to);
        return from.is_array() ? read_labels(from, to) : read_integer(from, to);
    }
    return false;
  }

  template <class Values>
  bool read_integer(element from, Values* to) {
    std::int64_t value = 0;
    if (!get(from, "expected an integer", &value)) return false;
    to->integer(value);
    return true;
  }

  template <class Values>
  bool read_text(element from, Values* to) {
    std::string_view text;
    if (!get(from, "expected a text", &text)) return false;
    to->text(text);
    return true;
  }

  template <class Values>
  bool read_counts(element from, Values* to) {
    object counts;
    if (!get(from, "expected an object of counts", &counts)) return false;
    to->counts(counts.size());
    for (const auto [name, json] : counts) {
      std::int64_t count = 0;
      if (!get(json, "a count is no integer", &count)) return false;
      to->count(name, count);
    }
    return true;
  }

  template <class Values>
  bool read_list(element from, Values* to) {
    array items;
    if (!get(from, "expected a list of counts", &items)) return false;
    to->list(items.size());
    for (const element json : items) {
      std::int64_t item = 0;
      if (!get(json, "a count is no integer", &item)) return false;
      to->item(item);
    }
    return true;
  }

  template <class Values>
  bool read_labels(element from, Values* to) {
    array labels;
    if (!get(from, "expected a list of texts", &labels)) return false;
    to->labels(labels.size());
    for (const element json : labels) {
      std::string_view label;
      if (!get(json, "a label is no text", &label)) return false;
      to->label(label);
    }
    return true;
  }

  template <class Values>
  bool read_histograms(element from, Values* to) {
    array list;
    if (!get(from, "expected a list of distributions", &list)) return false;
    to->histograms(list.size());
    for (const element json : list) {
      if (json.is_null()) to->no_histogram();
      else if (!read_histogram(json, to, [&](std::size_t entries) { to->listed_histogram(entries); })) return false;
    }
    return true;
  }

  template <class Values, class Begin>
  bool read_histogram(element from, Values* to, Begin begin) {
    std::int64_t n = 0;
    if (!get(from["n"], "a distribution without n", &n)) return false;
    if (n < 0 || n > kMaxDurations) return bad("a distribution whose n is out of range");
    if (n == 0) {
      begin(0);
      return true;
    }
    array entries;
    if (!get(from["h"], "a distribution without h", &entries)) return false;
    begin(entries.size());
    Entry entry;
    for (const element json : entries) {
      if (!read_entry(json, n, &entry)) return false;
      to->entry(entry.minute, entry.count);
    }
    return entry.counted == n || bad("h does not add up to n");
  }

  // One [minute,count] of "h", sorted by minute, with at most `n` counted by all.
  struct Entry {
    std::int32_t minute = 0;
    std::int64_t count = 0;
    std::int64_t counted = 0; // by this one and those before it
  };
  bool read_entry(element from, std::int64_t n, Entry* entry);

  std::string problem_;
};

} // namespace wardpulse
