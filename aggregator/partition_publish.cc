// What is derived at the moment of publishing: shown watermarks, census, the task's own cell.
#include <algorithm>

#include "aggregator/partition_state_impl.h"
#include "proto/crowding.h"

namespace wardpulse::aggregator {
namespace {

constexpr unsigned kCensusFeed = (1U << static_cast<int>(Topic::kCheckins)) | (1U << static_cast<int>(Topic::kEncounters));
constexpr unsigned kAllTopics = (1U << kTopicCount) - 1;
constexpr Duration kRestate = std::chrono::seconds{1}; // census and task cells are given again when their moment moved this far

Cell gone_census(const std::string& department) { return census_cell(department, {}, kNever); }

} // namespace

// Never back: what was shown as closed or timed out stays so.
void PartitionState::Impl::move_shown(const Progress& progress) {
  for (unsigned feed = 1; feed <= kAllTopics; ++feed) {
    Time least = kForever, largest = kNever;
    for (int t = 0; t < kTopicCount; ++t) {
      if ((feed >> t & 1) == 0 || !definition.topics[t]) continue;
      const Time seen = later(stream[t], -kWatermarkDelay);
      largest = std::max(largest, seen);
      if (!progress[t].idle) least = std::min(least, seen);
    }
    shown[feed] = std::max(shown[feed], least == kForever ? largest : least);
  }
}

// Every cell of families census and crowding rests on this.
Census PartitionState::Impl::census_now(Time now) {
  Census census = visits.census(now);
  for (const Beds& beds : definition.beds) {
    if (beds.from > now) break;
    census.crowding[kEdBeds] = beds.emergency;
    census.crowding[kHospitalBeds] = beds.hospital;
  }
  return census;
}

void PartitionState::Impl::publish_crowding(const Census& census, const PublishSink& sink) {
  const Time now = shown[kCensusFeed];
  if (census.departments.empty()) {
    if (crowding_published.second != kNever) sink.removed(cell_id(crowding_cell({}, kNever)));
    crowding_published = {{}, kNever};
    return;
  }
  if (crowding_published.first == census.crowding && crowding_published.second != kNever && now - crowding_published.second < kRestate && !publish_all) return;
  sink.changed(crowding_cell(census.crowding, now));
  crowding_published = {census.crowding, now};
}

void PartitionState::Impl::publish_census(const PublishSink& sink) {
  const Time now = shown[kCensusFeed];
  if (now == kNever) return;
  std::map<std::string, CensusValues> current;
  const Census census = census_now(now);
  for (const auto& [department, values] : census.departments) current[department_name(department, texts)] = values;
  for (const auto& [department, values] : current) {
    const auto it = census_published.find(department);
    const bool same = it != census_published.end() && it->second.first == values && now - it->second.second < kRestate;
    if (same && !publish_all) continue;
    sink.changed(census_cell(department, values, now));
    census_published[department] = {values, now};
  }
  publish_crowding(census, sink);
  std::erase_if(census_published, [&](const auto& published) {
    if (current.contains(published.first)) return false;
    sink.removed(cell_id(gone_census(published.first)));
    return true;
  });
}

Cell PartitionState::Impl::task_cell() const {
  Cell cell;
  cell.family = "task";
  cell.dims = {{"partition", std::to_string(partition)}};
  Counts offsets;
  for (int t = 0; t < kTopicCount; ++t) {
    if (definition.topics[t]) offsets[std::string(topic_name(static_cast<Topic>(t)))] = next_offset[t];
  }
  const auto moment = [](Time time) { return time == kNever ? Value{} : Value{to_ms(time)}; };
  cell.values = {
      {"next_offsets", std::move(offsets)},
      {"watermark_ms", moment(shown[kAllTopics])},
      {"log_watermark_ms", moment(log_watermark())},
      {"consumed", counters.consumed},
      {"applied", counters.applied},
      {"duplicate", counters.duplicate},
      {"rejected", counters.rejected},
      {"held", counters.held},
  };
  cell.watermark = shown[kAllTopics];
  return cell;
}

void PartitionState::Impl::publish_task(const PublishSink& sink) {
  const Time now = shown[kAllTopics];
  const bool same = task_counters == counters && task_published == now;
  if (counters.consumed == 0 || (same && !publish_all)) return;
  sink.changed(task_cell());
  task_counters = counters;
  task_published = now;
}

// As if no topic were idle: what is shown next is not before that.
void PartitionState::get_ready_to_publish() {
  impl_->move_shown({});
  impl_->visits.keep_census(impl_->shown[kCensusFeed]);
}

void PartitionState::publish(const Progress& progress, const PublishSink& sink) {
  Impl& s = *impl_;
  s.move_shown(progress);
  s.cells.publish(s.shown, sink.changed, sink.removed);
  s.publish_census(sink);
  s.publish_task(sink); // last: readers take it for the end
  s.publish_all = false;
}

std::vector<Cell> PartitionState::all_cells() {
  Impl& s = *impl_;
  std::vector<Cell> all;
  const auto keep = [&](const Cell& cell) { all.push_back(cell); };
  s.cells.for_each(s.shown, keep);
  if (const Time now = s.shown[kCensusFeed]; now != kNever) {
    const Census census = s.census_now(now);
    for (const auto& [department, values] : census.departments) keep(census_cell(department_name(department, s.texts), values, now));
    if (!census.departments.empty()) keep(crowding_cell(census.crowding, now));
  }
  s.visits.for_each_row(keep);
  if (s.counters.consumed > 0) keep(s.task_cell());
  for (Cell& cell : all) cell.partition = s.partition;
  std::sort(all.begin(), all.end(), cell_less);
  return all;
}

void PartitionState::for_each_day(const std::function<void(const Cell&)>& visit) const { impl_->cells.for_each_day(impl_->shown, visit); }

std::size_t PartitionState::changed_rows() const { return impl_->visits.changed_rows(); }

void PartitionState::publish_rows(std::size_t most, const std::function<void(const Cell&)>& changed) {
  impl_->visits.publish_rows(most, changed);
}

void PartitionState::mark_rows_changed() { impl_->visits.mark_rows_changed(); }

void PartitionState::mark_all_changed() {
  impl_->cells.mark_all_changed();
  impl_->publish_all = true;
}

Time PartitionState::shown_watermark() const { return impl_->shown[kAllTopics]; }

} // namespace wardpulse::aggregator
