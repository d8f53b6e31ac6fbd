#include "web/summary.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/json_writer.h"
#include "proto/marts.h"
#include "web/etag.h"
#include "web/problem.h"

namespace wardpulse::web {
namespace {

constexpr std::size_t kMostBottlenecks = 10;
constexpr std::string_view kAnalysisDone = "analysis.completed";

template <class T>
const T* value_of(const Cell& cell, std::string_view name) {
  const auto found = std::find_if(cell.values.begin(), cell.values.end(), [&](const auto& v) { return v.first == name; });
  return found == cell.values.end() ? nullptr : std::get_if<T>(&found->second);
}
std::int64_t count_of(const Cell& cell, std::string_view name) {
  const auto* count = value_of<std::int64_t>(cell, name);
  return count == nullptr ? 0 : *count;
}
std::string_view dim_of(const Cell& cell, std::string_view name) {
  const auto found = std::find_if(cell.dims.begin(), cell.dims.end(), [&](const auto& dim) { return dim.first == name; });
  return found == cell.dims.end() ? std::string_view() : std::string_view(found->second);
}

void write_share(const char* name, std::int64_t part, std::int64_t whole, JsonWriter* out) {
  out->key(name);
  if (whole <= 0 || part < 0) out->null();
  else out->raw(mart_average(100 * part, whole, 1).text);
}

void write_minutes(const MinuteHistogram* minutes, JsonWriter* out) {
  if (minutes == nullptr || minutes->minutes.empty()) {
    out->null();
    return;
  }
  out->begin_object();
  out->key("n").integer(minutes->n());
  out->key("p50").integer(minutes->percentile(50));
  out->key("p90").integer(minutes->percentile(90));
  out->key("max").integer(minutes->max());
  out->end_object();
}

struct Period {
  Time from = kNever;
  Time to = kForever;
};

// Cells of a series whose windows start in the period, merged over time, by a name of theirs.
template <class NameOf>
std::map<std::string, Cell> merged_by(const Series& series, const CellStore& store, const Period& period, NameOf name_of) {
  std::map<std::string, Cell> merged;
  const DimSet none{};
  for (auto at = series.cells.lower_bound(CellKey{period.from, &none}); at != series.cells.end() && at->first.start < period.to; ++at) {
    Cell cell = store.merged(series, at->first, at->second);
    const std::string name = name_of(cell);
    if (name.empty()) continue;
    const auto before = merged.find(name);
    if (before == merged.end()) {
      merged.emplace(name, std::move(cell));
      continue;
    }
    cell.dims = before->second.dims; // by name alone: the rest of the dims is added up
    const Cell* parts[] = {&before->second, &cell};
    before->second = merge_time(parts);
  }
  return merged;
}

void write_funnel(const std::string& name, const Cell& cell, JsonWriter* out) {
  const auto entered = count_of(cell, "entered");
  out->begin_object();
  out->key("funnel").text(name);
  out->key("entered").integer(entered);
  out->key("converted").integer(count_of(cell, "converted"));
  out->key("open").integer(count_of(cell, "open"));
  out->key("timed_out").integer(count_of(cell, "timed_out"));
  // Of those whose way has ended: who is still under way has neither succeeded nor dropped off.
  write_share("success_rate_pct", count_of(cell, "converted"), entered - count_of(cell, "open"), out);
  const auto* steps = value_of<Labels>(cell, "steps");
  const auto* reached = value_of<CountList>(cell, "reached");
  const auto* minutes = value_of<HistogramList>(cell, "minutes_to_step");
  out->key("steps").begin_array();
  for (std::size_t i = 0; steps != nullptr && reached != nullptr && i < std::min(steps->size(), reached->size()); ++i) {
    out->begin_object();
    out->key("step").text((*steps)[i]);
    out->key("reached").integer((*reached)[i]);
    write_share("reached_pct", (*reached)[i], entered, out);
    out->key("minutes_from_start");
    const bool has_minutes = minutes != nullptr && i < minutes->size() && (*minutes)[i];
    write_minutes(has_minutes ? &*(*minutes)[i] : nullptr, out);
    out->end_object();
  }
  out->end_array();
  std::vector<std::pair<std::int64_t, std::string>> doors;
  if (const auto* exits = value_of<Counts>(cell, "exited")) {
    for (const auto& [door, count] : *exits) doors.emplace_back(-count, door);
  }
  if (const auto timed_out = count_of(cell, "timed_out"); timed_out > 0) doors.emplace_back(-timed_out, "timed_out");
  std::sort(doors.begin(), doors.end());
  out->key("drop_off").begin_array();
  for (const auto& [count, door] : doors) {
    out->begin_object().key("door").text(door).key("count").integer(-count);
    write_share("of_entered_pct", -count, entered, out);
    out->end_object();
  }
  out->end_array();
  out->end_object();
}

void write_bottlenecks(const std::map<std::string, Cell>& rules, JsonWriter* out) {
  std::vector<std::pair<std::int64_t, std::string>> failed;
  for (const auto& [rule, cell] : rules) {
    if (const auto count = count_of(cell, "failed"); count > 0) failed.emplace_back(-count, rule);
  }
  std::sort(failed.begin(), failed.end());
  if (failed.size() > kMostBottlenecks) failed.resize(kMostBottlenecks);
  out->key("quality_bottlenecks").begin_array();
  for (const auto& [count, rule] : failed) {
    out->begin_object().key("rule").text(rule).key("failed").integer(-count);
    out->key("evaluated").integer(count_of(rules.at(rule), "evaluated"));
    write_share("failed_pct", -count, count_of(rules.at(rule), "evaluated"), out);
    out->end_object();
  }
  out->end_array();
}

void write_time_to_analysis(const std::map<std::string, Cell>& funnels, JsonWriter* out) {
  out->key("time_to_analysis_minutes");
  for (const auto& [name, cell] : funnels) {
    const auto* steps = value_of<Labels>(cell, "steps");
    const auto* minutes = value_of<HistogramList>(cell, "minutes_to_step");
    if (steps == nullptr || minutes == nullptr) continue;
    const auto at = static_cast<std::size_t>(std::find(steps->begin(), steps->end(), kAnalysisDone) - steps->begin());
    if (at >= std::min(steps->size(), minutes->size())) continue;
    return write_minutes((*minutes)[at] ? &*(*minutes)[at] : nullptr, out);
  }
  out->null();
}

tl::expected<Period, Problem> read_period(const Request& request) {
  Period period;
  std::set<std::string> seen;
  for (const auto& [name, value] : request.query) {
    const auto bad = [&](std::string detail, std::string remedy) {
      return tl::unexpected(Problem{.status = 400, .code = "bad_parameter", .detail = std::move(detail), .remedy = std::move(remedy)});
    };
    if (name != "from" && name != "to") return bad("'" + name + "' is no parameter", "the parameters are from and to");
    if (!seen.insert(name).second) return bad(name + " is given twice", "give it once");
    std::string text = value;
    std::replace(text.begin(), text.end(), ' ', '+');
    const auto time = parse_rfc3339(text);
    if (!time) return bad(name + " is not a time", "write it as 2026-11-21T00:00:00Z");
    (name == "from" ? period.from : period.to) = *time;
  }
  return period;
}

} // namespace

Reply answer_summary(const Request& request, const CellStore& store, const Served& served) {
  const auto period = read_period(request);
  if (!period) return problem_reply(period.error());
  const auto funnels = merged_by(*store.find_series("funnel:1d"), store, *period, [](const Cell& cell) {
    return dim_of(cell, "department") == "all" ? std::string(dim_of(cell, "funnel")) : std::string();
  });
  const auto rules = merged_by(*store.find_series("quality:1d"), store, *period,
                               [](const Cell& cell) { return std::string(dim_of(cell, "rule")); });
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  out.key("generation").text(served.generation);
  out.key("watermark");
  if (store.watermark() == kNever) out.null();
  else out.time(store.watermark());
  out.key("funnels").begin_array();
  for (const auto& [name, cell] : funnels) write_funnel(name, cell, &out);
  out.end_array();
  write_bottlenecks(rules, &out);
  write_time_to_analysis(funnels, &out);
  out.end_object();
  return with_etag(request, Reply::json(200, std::move(json)));
}

std::vector<Parameter> summary_parameters() {
  return {{.name = "from", .meaning = "First day, as the time of its start; inclusive.", .schema = R"({"type":"string","format":"date-time"})"},
          {.name = "to", .meaning = "Last day's end; exclusive.", .schema = R"({"type":"string","format":"date-time"})"}};
}

std::vector<Answer> summary_answers() {
  return {{200, "All funnels over the days selected.", "application/json",
           R"({"type":"object","required":["generation","watermark","funnels","quality_bottlenecks","time_to_analysis_minutes"],)"
           R"("properties":{"generation":{"type":"string"},"watermark":{"type":["string","null"]},)"
           R"("funnels":{"type":"array","items":{"type":"object"}},"quality_bottlenecks":{"type":"array","items":{"type":"object"}},)"
           R"("time_to_analysis_minutes":{"type":["object","null"]}}})"},
          {304, "The numbers are those of the tag in If-None-Match."}};
}

} // namespace wardpulse::web
