#include "web/cells_csv.h"

#include <algorithm>

#include "base/json_writer.h"
#include "web/csv.h"

namespace wardpulse::web {
namespace {

constexpr std::string_view kDistribution[] = {"n", "sum", "max", "p50", "p90", "p95"};

const Value* value_of(const Cell& cell, std::string_view name) {
  const auto found = std::find_if(cell.values.begin(), cell.values.end(), [&](const auto& value) { return value.first == name; });
  return found == cell.values.end() ? nullptr : &found->second;
}

template <class T>
const T* value_as(const Value* value) { return value == nullptr ? nullptr : std::get_if<T>(value); }

void write_distribution(const MinuteHistogram* histogram, CsvWriter* out) {
  if (histogram == nullptr || histogram->minutes.empty()) {
    out->field(histogram == nullptr ? "" : "0").field(histogram == nullptr ? "" : "0");
    for (int i = 2; i < 6; ++i) out->field("");
    return;
  }
  out->integer(histogram->n()).integer(histogram->sum()).integer(histogram->max());
  for (const int percent : {50, 90, 95}) out->integer(histogram->percentile(percent));
}

void write_columns(const FieldSpec& field, CsvWriter* out) {
  const std::string name(field.name);
  if (field.merge == Merge::kHistogram) {
    for (const auto part : kDistribution) out->field(name + "_" + std::string(part));
  } else if (field.merge == Merge::kSumCounts && !field.keys.empty()) {
    for (const auto key : field.keys) out->field(name + "_" + std::string(key));
  } else {
    out->field(name);
  }
}

std::string json_of(const Value& value) {
  std::string json;
  JsonWriter out(&json);
  if (const auto* counts = std::get_if<Counts>(&value)) {
    out.begin_object();
    for (const auto& [name, count] : *counts) out.key(name).integer(count);
    out.end_object();
  } else if (const auto* list = std::get_if<CountList>(&value)) {
    out.begin_array();
    for (const auto count : *list) out.integer(count);
    out.end_array();
  } else if (const auto* labels = std::get_if<Labels>(&value)) {
    out.begin_array();
    for (const auto& label : *labels) out.text(label);
    out.end_array();
  } else if (const auto* steps = std::get_if<HistogramList>(&value)) { // the medians
    out.begin_array();
    for (const auto& step : *steps) {
      if (step && !step->minutes.empty()) out.integer(step->percentile(50));
      else out.null();
    }
    out.end_array();
  }
  return json;
}

void write_value(const FieldSpec& field, const Value* value, CsvWriter* out) {
  if (field.merge == Merge::kHistogram) return write_distribution(value_as<MinuteHistogram>(value), out);
  if (field.merge == Merge::kSumCounts && !field.keys.empty()) {
    const auto* counts = value_as<Counts>(value);
    for (const auto key : field.keys) {
      const auto found = counts == nullptr ? Counts::const_iterator() : counts->find(std::string(key));
      out->field(counts == nullptr ? "" : found == counts->end() ? "0" : std::to_string(found->second));
    }
    return;
  }
  if (const auto* integer = value_as<std::int64_t>(value)) out->integer(*integer);
  else if (const auto* text = value_as<std::string>(value)) out->field(*text);
  else out->field(value == nullptr ? "" : json_of(*value));
}

} // namespace

std::string cells_csv(const FamilySpec& family, std::span<const Cell> cells) {
  std::string text;
  CsvWriter out(&text);
  for (const auto dim : family.dims) out.field(dim);
  if (!family.sizes.empty()) out.field("window_size").field("window_start").field("window_end");
  for (const FieldSpec& field : family.fields) write_columns(field, &out);
  out.field("status").field("watermark").end_row();
  for (const Cell& cell : cells) {
    for (const auto name : family.dims) {
      const auto dim = std::find_if(cell.dims.begin(), cell.dims.end(), [&](const auto& d) { return d.first == name; });
      out.field(dim == cell.dims.end() ? "" : dim->second);
    }
    if (cell.window) {
      out.field(window_size_name(cell.window->size));
      out.field(format_rfc3339(cell.window->start, cell.window->start_offset));
      out.field(format_rfc3339(cell.window->end, cell.window->end_offset));
    }
    for (const FieldSpec& field : family.fields) write_value(field, value_of(cell, field.name), &out);
    out.field(cell_status_name(cell.status)).field(cell.watermark == kNever ? "" : format_rfc3339(cell.watermark)).end_row();
  }
  return text;
}

} // namespace wardpulse::web
