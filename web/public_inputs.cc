#include "web/public_inputs.h"

#include <algorithm>
#include <map>
#include <set>

namespace wardpulse::web {
namespace {

using std::chrono::hours;

// Days are the consumer's: where this service was given another zone, a day without any cell is taken to have 24 hours.
Time end_of_day(Time start, const TimeZone& zone) {
  const auto day = zone.day(start);
  return day.start == start ? day.end : start + hours{24};
}

// The windows that had ended by the watermark, without gaps from the first that has a cell.
std::vector<Window> closed_windows(const Series& series, Time from, Time watermark, const TimeZone& zone) {
  std::map<Time, Window> known;
  const DimSet none{};
  for (auto at = series.cells.lower_bound(CellKey{from, &none}); at != series.cells.end(); ++at) {
    if (at->second.window && at->second.window->end <= watermark) known.emplace(at->first.start, *at->second.window);
  }
  std::vector<Window> windows;
  if (known.empty()) return windows;
  for (Window next = known.begin()->second; next.end <= watermark;) {
    windows.push_back(next);
    if (const auto found = known.find(next.end); found != known.end()) {
      next = found->second;
      continue;
    }
    next.start = next.end;
    next.start_offset = next.end_offset;
    const bool is_hour = *series.size == WindowSize::k1h;
    next.end = is_hour ? next.start + hours{1} : end_of_day(next.start, zone);
    if (!is_hour) next.end_offset = zone.utc_offset(next.end);
    const auto after = known.upper_bound(next.start);
    if (after != known.end() && after->first < next.end + (is_hour ? hours{0} : hours{2})) { // the clock of days may have changed
      next.end = after->first;
      next.end_offset = after->second.start_offset;
    }
  }
  return windows;
}

template <class T>
const T* value_of(const Cell& cell, std::string_view name) {
  const auto found = std::find_if(cell.values.begin(), cell.values.end(), [&](const auto& value) { return value.first == name; });
  return found == cell.values.end() ? nullptr : std::get_if<T>(&found->second);
}

PublicInput input_of(const CellStore& store, const Series& series, const CellKey& key, const Window& window) {
  PublicInput input{.department = key.dims->values.front().second, .window = window, .patients = 0, .wait_minutes = {}, .stay_minutes = {}};
  const StoredCell* stored = CellStore::find(series, key);
  if (stored == nullptr) return input;
  const Cell cell = store.merged(series, key, *stored);
  if (const auto* patients = value_of<std::int64_t>(cell, "distinct_patients")) input.patients = *patients;
  if (const auto* minutes = value_of<MinuteHistogram>(cell, "wait_minutes")) input.wait_minutes = *minutes;
  if (const auto* minutes = value_of<MinuteHistogram>(cell, "stay_minutes")) input.stay_minutes = *minutes;
  return input;
}

} // namespace

std::vector<PublicInput> public_inputs(const CellStore& store, const TimeZone& zone) {
  std::vector<PublicInput> inputs;
  const Time watermark = store.watermark();
  if (watermark == kNever) return inputs;
  std::set<const DimSet*> departments;
  const Series* days = store.find_series("department:1d");
  const Series* by_hour = store.find_series("department:1h");
  const auto first_start = [&](const Series* series) { return watermark - (series == days ? kPublicDays : kPublicHours) - hours{25}; };
  const DimSet none{};
  for (const Series* series : {days, by_hour}) {
    // Of hours there are many more than are shown; whatever department had older ones has its days.
    auto at = series == days ? series->cells.begin() : series->cells.lower_bound(CellKey{first_start(series), &none});
    for (; at != series->cells.end(); ++at) {
      if (!at->first.dims->values.empty()) departments.insert(at->first.dims);
    }
  }
  for (const Series* series : {days, by_hour}) {
    for (const Window& window : closed_windows(*series, first_start(series), watermark, zone)) {
      for (const DimSet* dims : departments) inputs.push_back(input_of(store, *series, CellKey{window.start, dims}, window));
    }
  }
  return inputs;
}

} // namespace wardpulse::web
