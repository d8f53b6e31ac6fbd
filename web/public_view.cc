#include "web/public_view.h"

#include <simdjson.h>

#include <algorithm>

#include "base/check.h"
#include "base/json_writer.h"
#include "proto/cell_reader.h"

namespace wardpulse::web {
namespace {

namespace dom = simdjson::dom;

constexpr std::int64_t kBand = 11;
constexpr std::int64_t kNhsHidden = 7;
constexpr std::int64_t kRounding = 5;

std::int64_t rounded(std::int64_t value) { return (value + kRounding / 2) / kRounding * kRounding; }

std::optional<std::int64_t> median_of(const MinuteHistogram& minutes) {
  if (minutes.n() < kLeastContributors) return std::nullopt;
  return rounded(minutes.percentile(50));
}

void write_optional(const char* name, const std::optional<std::int64_t>& value, JsonWriter* out) {
  out->key(name);
  if (value) out->integer(*value);
  else out->null();
}

void write_row(const PublicRow& row, JsonWriter* out) {
  out->key("department").text(row.department);
  out->key("window").begin_object();
  out->key("size").text(window_size_name(row.window.size));
  out->key("start").text(format_rfc3339(row.window.start, row.window.start_offset));
  out->key("end").text(format_rfc3339(row.window.end, row.window.end_offset));
  out->end_object();
}

std::optional<std::int64_t> read_optional(dom::element json, const char* name) {
  std::int64_t value = 0;
  return json[name].get(value) == simdjson::SUCCESS ? std::optional(value) : std::nullopt;
}

} // namespace

std::span<const FamilySpec> public_families() {
  static constexpr std::string_view kDims[] = {"department", "size"};
  static constexpr FieldSpec kFields[] = {{"patients", Merge::kText, false, "patients, in groups"},
                                          {"median_wait_minutes", Merge::kText, false, "check-in to provider.seen, rounded to 5"},
                                          {"median_stay_minutes", Merge::kText, false, "check-in to visit.completed, rounded to 5"}};
  static constexpr FamilySpec kFamilies[] = {{"public", "what anybody may see", kDims, {}, kFields}};
  return kFamilies;
}

std::optional<PublicPolicy> public_policy_from_name(std::string_view name) {
  if (name == "bands") return PublicPolicy::kBands;
  if (name == "cms") return PublicPolicy::kCms;
  if (name == "nhs") return PublicPolicy::kNhs;
  return std::nullopt;
}

std::string public_row_key(const PublicRow& row) {
  return row.department + "|" + std::string(window_size_name(row.window.size)) + "|" + format_rfc3339(row.window.start);
}

std::string public_row_json(const PublicRow& row) {
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  write_row(row, &out);
  write_optional("patients", row.patients, &out);
  write_optional("median_wait_minutes", row.median_wait_minutes, &out);
  write_optional("median_stay_minutes", row.median_stay_minutes, &out);
  out.end_object();
  return json;
}

std::optional<PublicRow> parse_public_row(std::string_view text) {
  dom::parser parser;
  dom::element json;
  PublicRow row;
  std::string_view department, size, start, end;
  const bool reads = parser.parse(text.data(), text.size()).get(json) == simdjson::SUCCESS && json.is_object() &&
                     json["department"].get(department) == simdjson::SUCCESS && json["window"]["size"].get(size) == simdjson::SUCCESS &&
                     json["window"]["start"].get(start) == simdjson::SUCCESS && json["window"]["end"].get(end) == simdjson::SUCCESS;
  if (!reads) return std::nullopt;
  const auto window_size = window_size_from_name(size);
  const auto from = parse_written_rfc3339(start), to = parse_written_rfc3339(end);
  if (!window_size || !from || !to) return std::nullopt;
  row.department = department;
  row.window = {*window_size, *from, *to, offset_of_written(start), offset_of_written(end)};
  row.patients = read_optional(json, "patients");
  row.median_wait_minutes = read_optional(json, "median_wait_minutes");
  row.median_stay_minutes = read_optional(json, "median_stay_minutes");
  return row;
}

void PublicView::restore(PublicRow row) {
  auto key = public_row_key(row);
  rows_.insert_or_assign(std::move(key), std::move(row));
}

std::optional<std::int64_t> PublicView::published_count(std::int64_t patients) const {
  switch (policy_) {
    case PublicPolicy::kBands: return patients < kBand ? std::nullopt : std::optional(patients / kBand * kBand);
    case PublicPolicy::kCms: return patients < kBand ? std::nullopt : std::optional(patients);
    case PublicPolicy::kNhs: break;
  }
  if (patients == 0) return 0;
  return patients <= kNhsHidden ? std::nullopt : std::optional(rounded(patients));
}

// The most that a published number can stand for.
std::int64_t PublicView::largest_behind(const std::optional<std::int64_t>& shown) const {
  switch (policy_) {
    case PublicPolicy::kBands: return shown ? *shown + kBand - 1 : kBand - 1;
    case PublicPolicy::kCms: return shown ? *shown : kBand - 1;
    case PublicPolicy::kNhs: break;
  }
  return shown ? (*shown == 0 ? 0 : *shown + kRounding / 2) : kNhsHidden;
}

PublicRow PublicView::row_of(const PublicInput& input) const {
  PublicRow row{.department = input.department, .window = input.window, .patients = published_count(input.patients),
                .median_wait_minutes = {}, .median_stay_minutes = {}};
  if (row.patients && *row.patients >= kLeastContributors) {
    row.median_wait_minutes = median_of(input.wait_minutes);
    row.median_stay_minutes = median_of(input.stay_minutes);
  }
  return row;
}

Time PublicView::oldest_start(WindowSize size, const std::vector<PublicInput>& inputs) const {
  Time newest = kNever;
  for (const auto& [key, row] : rows_) {
    if (row.window.size == size) newest = std::max(newest, row.window.end);
  }
  for (const auto& input : inputs) {
    if (input.window.size == size) newest = std::max(newest, input.window.end);
  }
  if (newest == kNever) return kNever;
  return newest - (size == WindowSize::k1h ? kPublicHours : kPublicDays);
}

PublicView::Tick PublicView::tick(const std::vector<PublicInput>& inputs) {
  Tick tick;
  const Time oldest_hour = oldest_start(WindowSize::k1h, inputs);
  const Time oldest_day = oldest_start(WindowSize::k1d, inputs);
  const auto is_too_old = [&](const Window& window) {
    return window.start < (window.size == WindowSize::k1h ? oldest_hour : oldest_day);
  };
  for (const PublicInput& input : inputs) {
    if (!shows(input.window.size) || is_too_old(input.window)) continue;
    PublicRow row = row_of(input);
    const auto key = public_row_key(row);
    const auto before = rows_.find(key);
    if (before != rows_.end()) {
      const bool is_enough = input.patients >= largest_behind(before->second.patients) + kLeastContributors;
      if (!is_enough || row.patients == before->second.patients) continue;
    }
    rows_.insert_or_assign(key, row);
    tick.rows.push_back(std::move(row));
  }
  for (const auto& [key, row] : rows_) {
    if (is_too_old(row.window)) tick.gone.push_back(key);
  }
  for (const auto& key : tick.gone) rows_.erase(key);
  return tick;
}

Cell PublicView::cell_of(const PublicRow& row, std::int64_t version) const {
  const auto number = [](const std::optional<std::int64_t>& value) { return value ? Value(*value) : Value(); };
  return {.family = "public",
          .dims = {{"department", row.department}, {"size", std::string(window_size_name(row.window.size))}},
          .window = row.window,
          .values = {{"patients", row.patients ? Value(*row.patients) : Value(shown(row))},
                     {"median_wait_minutes", number(row.median_wait_minutes)},
                     {"median_stay_minutes", number(row.median_stay_minutes)}},
          .status = CellStatus::kClosed,
          .version = version,
          .partition = 0};
}

std::string PublicView::shown(const PublicRow& row) const {
  if (row.patients) return std::to_string(*row.patients);
  return policy_ == PublicPolicy::kNhs ? "<8" : "<11";
}

std::string PublicView::summary_json(const std::map<std::string, PublicRow>& shown_rows) const {
  std::map<std::pair<Time, WindowSize>, std::pair<const PublicRow*, std::int64_t>> totals; // sums of what is shown
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  out.key("note").text("Patients are shown in groups, and small groups not at all; totals are sums of what is shown.");
  out.key("departments").begin_array();
  for (const auto& [key, row] : shown_rows) {
    out.begin_object();
    write_row(row, &out);
    out.key("patients");
    if (row.patients) out.integer(*row.patients);
    else out.text(shown(row));
    write_optional("median_wait_minutes", row.median_wait_minutes, &out);
    write_optional("median_stay_minutes", row.median_stay_minutes, &out);
    out.end_object();
    auto& [first, sum] = totals.try_emplace({row.window.start, row.window.size}, &row, 0).first->second;
    sum += row.patients.value_or(0);
  }
  out.end_array();
  out.key("totals").begin_array();
  for (const auto& [when, total] : totals) {
    PublicRow all = *total.first;
    all.department = "all";
    out.begin_object();
    write_row(all, &out);
    out.key("patients_at_least").integer(total.second);
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return json;
}

} // namespace wardpulse::web
