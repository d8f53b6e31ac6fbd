// Task::restore: which state to begin with, and whether the log is the one it belongs to.
#include <algorithm>

#include "base/log.h"
#include "base/planted_bug.h"
#include "consumer/task.h"

namespace wardpulse::consumer {
namespace {

constexpr auto kRemedy =
    "rebuild the numbers with wardpulse-replay, or go on without the missing part with --accept-data-loss";

} // namespace

Result<void> Task::restore(const LogRanges& logs) {
  const auto found = index_.find();
  if (!found) return tl::unexpected(found.error());
  for (const auto& reason : found->passed_over) log_warning("damaged checkpoint passed over", {{"checkpoint", reason}});
  if (found->newest) {
    if (auto same = check_definition(*found->newest); !same) return same;
  }
  for (int i = 0; i < kTopicCount; ++i) {
    if (in_use(i) && logs[i]->low == logs[i]->high) idle_[i].silent_for(kIdleAfter); // nothing in it to be dated
  }
  auto fits = found->newest ? check_logs(*found->newest, logs) : check_no_checkpoint(logs);
  if (fits && !found->newest) fits = check_range(logs);
  if (fits) fits = check_published(logs);
  if (!fits && !settings_.accept_data_loss) return fits;
  Result<void> ready;
  if (!fits) {
    log_error("DATA LOSS ACCEPTED: what was there is not used, the numbers begin anew at the log's start",
              {{"partition", partition_}, {"why", fits.error().message}});
    publisher_.forget_needed();
    start_afresh(logs);
  } else if (found->newest) {
    ready = adopt(*found->newest);
  } else {
    start_afresh(logs);
  }
  index_.release_values();
  if (marts_switch_ == settings_.marts_switch) taken_over_days_.clear(); // the rows stand where they belong
  return ready;
}

Result<void> Task::check_definition(const Manifest& manifest) const {
  if (manifest.definition_digest == settings_.definition_digest) return {};
  return fail("checkpoint " + manifest.key().text() + " was made with another definition (" +
                  manifest.definition_digest + ", now " + settings_.definition_digest +
                  "): time zone, grace, max-future, funnels, rules or topics differ",
              "start with the former settings, or rebuild the numbers with wardpulse-replay");
}

Result<void> Task::adopt(const Manifest& manifest) {
  const auto loaded = index_.load(manifest, [this](auto key, auto value) { return state_.load(key, value); });
  if (!loaded) return loaded;
  if (auto finished = state_.finish_load(); !finished) return finished;
  state_.for_each_day([this](const Cell& cell) { marts_.known(cell); });
  for (int i = 0; i < kTopicCount; ++i) {
    if (!in_use(i)) continue;
    next_[i] = manifest.next_offsets[i];
    if (state_.next_offset(static_cast<Topic>(i)) != next_[i] && !planted(PlantedBug::kOffsetsBeforeState)) {
      return fail("checkpoint " + manifest.key().text() + ": its state and its manifest name different offsets of " +
                  settings_.names.inputs[i]);
    }
  }
  last_record_ = manifest.last_record;
  for (int i = 0; i < kTopicCount; ++i) time_index_[i] = TimeIndex(manifest.time_index[i]);
  counters_at_start_ = state_.counters();
  marts_switch_ = manifest.marts_switch;
  writer_.continue_from(manifest);
  return {};
}

// Compares the checkpoint's offsets with what the logs hold, and settles where to read from.
Result<void> Task::check_logs(const Manifest& manifest, const LogRanges& logs) {
  const auto name = "checkpoint " + manifest.key().text();
  if (manifest.cluster_id != settings_.cluster_id) {
    return fail(name + " belongs to Kafka cluster " + manifest.cluster_id + ", this is " + settings_.cluster_id,
                kRemedy);
  }
  for (int i = 0; i < kTopicCount; ++i) {
    if (!in_use(i)) continue;
    const auto next = manifest.next_offsets[i];
    const auto& log = *logs[i];
    const auto place = topic_place(i);
    if (next > log.high) {
      return fail(place + ": the checkpoint goes on at offset " + std::to_string(next) + ", but the log ends at " +
                      std::to_string(log.high) + ": the topic was recreated or cut off",
                  kRemedy);
    }
    read_from_[i] = next;
    if (next < log.low) {
      const auto what = place + ": records " + std::to_string(next) + ".." + std::to_string(log.low - 1) +
                        " were never read and are gone from the log";
      if (!settings_.accept_data_loss) return fail(what, kRemedy);
      log_error("DATA LOSS ACCEPTED: missing records are left out of the numbers", {{"what", what}});
      read_from_[i] = log.low;
    } else if (next > log.low && manifest.last_record[i] != 0) {
      read_from_[i] = next - 1;
      compare_first_[i] = true;
    }
  }
  return {};
}

Result<void> Task::check_no_checkpoint(const LogRanges& logs) const {
  for (int i = 0; i < kTopicCount; ++i) {
    if (!in_use(i)) continue;
    const auto low = logs[i]->low;
    if (low == 0 || publisher_.needed()[i] <= 0) continue;
    return fail(topic_place(i) +
                    ": cells were published, but there is no whole checkpoint, and the log no longer has records 0.." +
                    std::to_string(low - 1),
                kRemedy);
  }
  return {};
}

// Of a replay: what it was begun with may be gone when it is gone on with.
Result<void> Task::check_range(const LogRanges& logs) const {
  constexpr auto kAnew = "remove this generation with wardpulse-replay discard, and begin it anew";
  if (settings_.begin.empty()) return {};
  const auto& begins = settings_.begin[static_cast<std::size_t>(partition_)];
  for (int i = 0; i < kTopicCount; ++i) {
    if (!in_use(i) || begins[i] >= ends_[i]) continue;
    const auto [low, high] = *logs[i];
    if (low > begins[i]) {
      return fail(topic_place(i) + ": records " + std::to_string(begins[i]) + ".." + std::to_string(std::min(low, ends_[i]) - 1) +
                      " are to be replayed and are gone from the log", kAnew);
    }
    if (has_ends_ && ends_[i] > high) {
      return fail(topic_place(i) + ": it is to be replayed up to offset " + std::to_string(ends_[i]) + ", but the log ends at " +
                      std::to_string(high) + ": the topic was recreated or cut off", kAnew);
    }
  }
  return {};
}

void Task::start_afresh(const LogRanges& logs) {
  compare_first_.fill(false);
  for (int i = 0; i < kTopicCount; ++i) {
    if (!in_use(i)) continue;
    auto begin = logs[i]->low;
    if (!settings_.begin.empty()) begin = std::max(begin, settings_.begin[static_cast<std::size_t>(partition_)][i]);
    state_.set_next_offset(static_cast<Topic>(i), begin);
    next_[i] = read_from_[i] = begin;
    checkpoint_first_ |= begin > 0;
  }
  // Whoever goes on has to know where it began, also where there was nothing to read.
  changed_ = checkpoint_first_ || !settings_.begin.empty();
}

Result<void> Task::check_published(const LogRanges& logs) const {
  for (int i = 0; i < kTopicCount; ++i) {
    if (!in_use(i) || publisher_.needed()[i] <= logs[i]->high) continue;
    return fail(topic_place(i) + ": cells were published up to offset " + std::to_string(publisher_.needed()[i]) +
                    ", but the log ends at " + std::to_string(logs[i]->high) + ": the topic was recreated or cut off",
                kRemedy);
  }
  return {};
}

} // namespace wardpulse::consumer
