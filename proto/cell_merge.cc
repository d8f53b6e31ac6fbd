#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/check.h"
#include "proto/cell.h"
#include "proto/crowding.h"
#include "proto/kaplan_meier.h"

namespace wardpulse {
namespace {

void merge_into(std::int64_t* to, std::int64_t from, Merge merge) {
  *to = merge == Merge::kMax ? std::max(*to, from) : *to + from;
}
void merge_into(Counts* to, const Counts& from, Merge merge) {
  if (merge == Merge::kCrowdingInputs) {
    merge_crowding_inputs(to, from);
    return;
  }
  for (const auto& [name, count] : from) (*to)[name] += count;
}
void merge_into(CountList* to, const CountList& from, Merge) {
  to->resize(std::max(to->size(), from.size()));
  for (std::size_t i = 0; i < from.size(); ++i) (*to)[i] += from[i];
}
void merge_into(MinuteHistogram* to, const MinuteHistogram& from, Merge) { to->merge(from); }
void merge_into(HistogramList* to, const HistogramList& from, Merge) {
  to->resize(std::max(to->size(), from.size()));
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (!from[i]) continue;
    if ((*to)[i]) (*to)[i]->merge(*from[i]);
    else (*to)[i] = from[i];
  }
}
void merge_into(Labels*, const Labels&, Merge) {}
void merge_into(std::string*, const std::string&, Merge) {}
void merge_into(std::monostate*, std::monostate, Merge) {}

// Null adds nothing.
void merge_value(Value* to, const Value& from, Merge merge) {
  if (std::holds_alternative<std::monostate>(from)) return;
  if (std::holds_alternative<std::monostate>(*to)) {
    *to = from;
    return;
  }
  WP_CHECK(to->index() == from.index());
  std::visit([&]<class T>(T& value) { merge_into(&value, std::get<T>(from), merge); }, *to);
}

const Value* find_value(const Cell& cell, std::size_t position, std::string_view name) {
  if (position < cell.values.size() && cell.values[position].first == name) return &cell.values[position].second;
  const auto found =
      std::find_if(cell.values.begin(), cell.values.end(), [&](const auto& v) { return v.first == name; });
  return found == cell.values.end() ? nullptr : &found->second;
}

template <class T>
const T* find_as(const std::vector<std::pair<std::string, Value>>& values, std::string_view name) {
  const auto found = std::find_if(values.begin(), values.end(), [&](const auto& v) { return v.first == name; });
  return found == values.end() ? nullptr : std::get_if<T>(&found->second);
}

// What follows from merged values says what those say, not what a partition's did.
void derive(const FamilySpec& family, std::vector<std::pair<std::string, Value>>* values) {
  for (auto& [name, value] : *values) {
    const auto field = std::find_if(family.fields.begin(), family.fields.end(), [&](const FieldSpec& f) { return f.name == name; });
    const auto* inputs = find_as<Counts>(*values, "inputs");
    const auto* seen = find_as<MinuteHistogram>(*values, "provider_minutes");
    const auto* unseen = find_as<MinuteHistogram>(*values, "unseen_minutes");
    if (field->merge == Merge::kCrowdingScore) value = inputs == nullptr ? Value{} : crowding_score(*inputs);
    if (field->merge == Merge::kCrowdingBand) value = inputs == nullptr ? Value{} : crowding_band(*inputs);
    if (field->merge == Merge::kEstimate) value = seen == nullptr || unseen == nullptr ? Value{} : kaplan_meier_median(*seen, *unseen);
  }
}

std::vector<std::pair<std::string, Value>> merge_values(std::span<const Cell* const> cells, bool over_time) {
  const FamilySpec* family = find_family(cells.front()->family);
  WP_CHECK(family != nullptr);
  std::vector<std::pair<std::string, Value>> values;
  for (const FieldSpec& field : family->fields) {
    Value merged;
    bool found_any = false;
    const bool is_null = (over_time && !field.sum_over_time) || (field.merge == Merge::kPartition && cells.size() > 1);
    for (const Cell* cell : cells) {
      const Value* value = find_value(*cell, values.size(), field.name);
      if (value == nullptr) continue;
      found_any = true;
      if (!is_null) merge_value(&merged, *value, field.merge);
    }
    if (found_any) values.emplace_back(field.name, std::move(merged));
  }
  derive(*family, &values);
  return values;
}

Cell merge(std::span<const Cell* const> cells, bool over_time) {
  WP_CHECK(!cells.empty());
  const Cell& first = *cells.front();
  Cell merged{.family = first.family, .dims = first.dims, .window = first.window};
  merged.values = merge_values(cells, over_time);
  merged.status = first.status;
  merged.watermark = first.watermark;
  for (const Cell* cell : cells) {
    WP_CHECK(cell->family == first.family && cell->dims == first.dims);
    merged.status = std::min(merged.status, cell->status);
    merged.watermark = std::min(merged.watermark, cell->watermark);
    merged.updated_at = std::max(merged.updated_at, cell->updated_at);
    merged.version += cell->version;
  }
  return merged;
}

void append_encoded(std::string_view text, std::string* out) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || std::string_view("%|=,").find(c) != std::string_view::npos) {
      fmt::format_to(std::back_inserter(*out), "%{:02X}", static_cast<unsigned char>(c));
    } else {
      out->push_back(c);
    }
  }
}

} // namespace

Cell merge_partitions(std::span<const Cell* const> cells) {
  Cell merged = merge(cells, false);
  WP_CHECK(std::all_of(cells.begin(), cells.end(), [&](const Cell* cell) { return cell->window == merged.window; }));
  return merged;
}

Cell merge_time(std::span<const Cell* const> cells) {
  Cell merged = merge(cells, true);
  for (const Cell* cell : cells) {
    WP_CHECK(cell->window.has_value() == merged.window.has_value());
    if (!cell->window) continue;
    if (cell->window->start < merged.window->start) {
      merged.window->start = cell->window->start;
      merged.window->start_offset = cell->window->start_offset;
    }
    if (cell->window->end > merged.window->end) {
      merged.window->end = cell->window->end;
      merged.window->end_offset = cell->window->end_offset;
    }
  }
  return merged;
}

std::string cell_id(const Cell& cell) {
  std::string id;
  id.reserve(128); // once, since each cell that is published has one
  id.append(cell.family) += '|';
  bool first = true;
  for (const auto& [name, value] : cell.dims) {
    if (!first) id += ',';
    first = false;
    append_encoded(name, &id);
    id += '=';
    append_encoded(value, &id);
  }
  id += '|';
  if (cell.window) {
    id += window_size_name(cell.window->size);
    id += ':';
    id += format_rfc3339(cell.window->start);
  } else {
    id += '-';
  }
  return id;
}

std::string cell_key(const Cell& cell) { return cell_id(cell) + "|" + std::to_string(cell.partition); }

bool cell_less(const Cell& a, const Cell& b) {
  if (a.family != b.family) return a.family < b.family;
  if (a.dims != b.dims) return a.dims < b.dims;
  if (!a.window || !b.window) return b.window.has_value() && !a.window.has_value();
  return std::tuple(a.window->size, a.window->start) < std::tuple(b.window->size, b.window->start);
}

} // namespace wardpulse
