#include "tests/sim/oracle.h"

#include <algorithm>
#include <set>

#include "consumer/rejected_outbox.h"
#include "proto/codec.h"

namespace wardpulse::sim {
namespace {

aggregator::LogRecord log_record(Topic topic, const Stored& record) {
  return {.topic = topic,
          .offset = record.offset,
          .broker_time = record.timestamp,
          .key = record.key,
          .value = record.value ? std::string_view(*record.value) : std::string_view{},
          .tombstone = !record.value};
}

std::string rejected_text(const std::string& value, std::map<std::string, std::string> headers) {
  headers.erase("consumer_version");
  Stored stored;
  stored.headers = std::move(headers);
  return headers_text(stored) + value;
}

} // namespace

consumer::TopicOffsets Oracle::ends(World& world, const consumer::TopicNames& names, std::int32_t partition) {
  auto ends = consumer::no_offsets();
  for (int i = 0; i < kTopicCount; ++i) ends[i] = world.range(names.inputs[i], partition).high;
  return ends;
}

Oracle::Oracle(World& world, const consumer::TaskSettings& settings, std::int32_t partition, const consumer::TopicOffsets& until,
               Random& random)
    : settings_(settings), partition_(partition), state_(settings.definition, partition) {
  std::vector<Topic> open;
  std::array<std::size_t, kTopicCount> next{};
  for (int i = 0; i < kTopicCount; ++i) open.push_back(static_cast<Topic>(i));
  while (!open.empty()) {
    const auto chosen = random() % open.size();
    const auto topic = open[chosen];
    const auto i = static_cast<std::size_t>(topic);
    const auto& log = world.log(settings.names.inputs[i], partition);
    for (auto burst = 1 + random() % 50; burst > 0; --burst) {
      if (next[i] == log.size() || log[next[i]].offset >= until[i]) {
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(chosen));
        break;
      }
      state_.apply(log_record(topic, log[next[i]++]), &rejected_);
    }
  }
}

std::map<std::string, std::string> Oracle::cells() {
  std::map<std::string, std::string> cells;
  aggregator::Progress progress;
  for (auto& topic : progress) topic.idle = true;
  state_.mark_all_changed();
  const auto changed = [&](const Cell& cell) {
    cells[cell_id(cell) + "|" + std::to_string(partition_)] = canonical(cell, partition_);
  };
  state_.publish(progress, {changed, [](const std::string&) {}});
  return cells;
}

std::map<std::string, std::string> Oracle::rejected() const {
  std::map<std::string, std::string> all;
  for (const auto& record : rejected_) {
    const auto& topic = settings_.names.inputs[static_cast<std::size_t>(record.topic)];
    const auto message = consumer::make_rejected_message(record, partition_, topic);
    all[message.key] = rejected_text(message.value, {message.headers.begin(), message.headers.end()});
  }
  return all;
}

std::string canonical(const Cell& cell, std::int32_t partition) {
  auto mine = cell;
  mine.partition = partition;
  std::string text;
  encode_cell(mine, {.partition = true, .histograms = true, .volatile_fields = false}, &text);
  return text;
}

std::map<std::string, std::string> published_cells(World& world, const consumer::TopicNames& names, std::int32_t partition) {
  std::map<std::string, std::string> cells;
  for (const auto& [key, value] : world.content(names.aggregates, partition)) {
    const auto cell = decode_cell(value);
    cells[key] = cell ? canonical(*cell, partition) : cell.error().text();
  }
  return cells;
}

std::map<std::string, std::string> published_rejected(World& world, const consumer::TopicNames& names, std::int32_t partition) {
  std::map<std::string, std::string> all;
  for (const auto& record : world.log(names.rejected, partition)) all[record.key] = rejected_text(*record.value, record.headers);
  return all;
}

std::string difference(const std::map<std::string, std::string>& got, const std::map<std::string, std::string>& wanted) {
  for (const auto& [key, text] : wanted) {
    const auto at = got.find(key);
    if (at == got.end()) return key + " is missing; it should be\n  " + text;
    if (at->second != text) return key + " is\n  " + at->second + "\nand should be\n  " + text;
  }
  for (const auto& [key, text] : got) {
    if (!wanted.contains(key)) return key + " should not be there; it is\n  " + text;
  }
  return {};
}

std::map<WindowPlace, BoundedCounts> bounds(World& world, const consumer::TopicNames& names, std::int32_t partition) {
  std::map<WindowPlace, BoundedCounts> counts;
  std::set<std::string> seen;
  Decoder decoder;
  for (int i = 0; i < kTopicCount; ++i) {
    for (const auto& record : world.log(names.inputs[i], partition)) {
      const auto decoded = decoder.decode(static_cast<Topic>(i), record.value.value_or(""));
      if (!decoded) continue;
      const Event& event = **decoded;
      const auto place = std::find(kBounded.begin(), kBounded.end(), std::string(event.type_name) + "s");
      if (place == kBounded.end()) continue;
      const auto id = std::string(event.patient_id) + "\n" + std::string(event.visit_id) + "\n" + std::string(event.event_id) + "\n" +
                      std::string(event.type_name) + "\n";
      const auto ms = to_ms(event.event_time);
      for (const auto& [size, length] : {std::pair{WindowSize::k10s, 10'000}, {WindowSize::k1m, 60'000}, {WindowSize::k1h, 3'600'000}}) {
        const auto start = ms - ms % length; // an id that is used anew at another time may count there instead
        if (!seen.insert(id + std::to_string(length) + "\n" + std::to_string(start)).second) continue;
        ++counts[{partition, size, from_ms(start)}][static_cast<std::size_t>(place - kBounded.begin())];
      }
    }
  }
  return counts;
}

} // namespace wardpulse::sim
