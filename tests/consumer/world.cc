#include "tests/consumer/world.h"

#include <algorithm>
#include <unordered_set>

namespace wardpulse::consumer {

std::vector<Stored>::const_iterator World::Log::at(std::int64_t offset) const {
  return std::lower_bound(records.begin(), records.end(), offset,
                          [](const Stored& record, std::int64_t wanted) { return record.offset < wanted; });
}

World::Log& World::place(std::string_view topic, std::int32_t partition) {
  const auto found = logs_.find(std::pair(topic, partition));
  return found != logs_.end() ? found->second : logs_[{std::string(topic), partition}];
}

std::int64_t World::append(std::string_view topic, std::int32_t partition, Stored record) {
  auto& log = place(topic, partition);
  record.offset = log.high++;
  if (record.timestamp == Time{}) record.timestamp = now.wall;
  log.records.push_back(std::move(record));
  return log.high - 1;
}

kafka::Watermarks World::range(std::string_view topic, std::int32_t partition) {
  const auto& log = place(topic, partition);
  return {log.low, log.high};
}

void World::drop_before(std::string_view topic, std::int32_t partition, std::int64_t offset) {
  auto& log = place(topic, partition);
  log.low = offset;
  std::erase_if(log.records, [&](const auto& record) { return record.offset < offset; });
}

void World::compact(std::string_view topic, std::int32_t partition) {
  auto& log = place(topic, partition);
  std::unordered_set<std::string_view> later;
  std::vector<std::int64_t> goes; // newest first
  for (auto record = log.records.rbegin(); record != log.records.rend(); ++record) {
    const bool is_last = later.insert(record->key).second;
    if (record->offset != log.high - 1 && (!is_last || !record->value)) goes.push_back(record->offset);
  }
  later.clear(); // what it looks at moves now
  std::erase_if(log.records, [&](const auto& record) {
    const bool erased = !goes.empty() && goes.back() == record.offset;
    if (erased) goes.pop_back();
    return erased;
  });
}

std::map<std::string, std::string> World::content(std::string_view topic, std::int32_t partition) {
  std::map<std::string, std::string> content;
  for (const auto& record : log(topic, partition)) {
    if (record.value) {
      content[record.key] = *record.value;
    } else {
      content.erase(record.key);
    }
  }
  return content;
}

void TestOutbox::send(const kafka::ProducerRecord& record, Done done) {
  Waiting waiting{
      std::string(record.topic), record.partition, {0, std::string(record.key), std::nullopt, {}}, std::move(done)};
  if (!record.tombstone) waiting.record.value = std::string(record.value);
  for (const auto& header : record.headers)
    waiting.record.headers[std::string(header.name)] = std::string(header.value);
  queue_.push_back(std::move(waiting));
  world_.pass(send_takes);
}

void TestOutbox::pump(Duration timeout) {
  world_.pass(timeout);
  auto most = slow ? random_() % 4 : queue_.size();
  for (; !queue_.empty() && most > 0; --most) {
    auto waiting = take_next();
    if (give_up > 0) {
      --give_up;
      if (waiting.done) waiting.done(fail("given up"));
      continue;
    }
    if (writes_left && (*writes_left)-- <= 0) {
      writes_left = 0;
      continue;
    }
    ++written;
    const auto offset = world_.append(waiting.topic, waiting.partition, std::move(waiting.record));
    if (waiting.done) waiting.done(kafka::Delivery{waiting.partition, offset});
  }
}

TestOutbox::Waiting TestOutbox::take_next() {
  const auto& any = queue_[random_() % queue_.size()];
  const auto first = std::find_if(queue_.begin(), queue_.end(), [&](const Waiting& waiting) {
    return waiting.topic == any.topic && waiting.partition == any.partition;
  });
  auto next = std::move(*first);
  queue_.erase(first);
  return next;
}

Result<void> TestSideLog::open(const std::vector<kafka::TopicPartition>& partitions) {
  positions_.clear();
  for (const auto& partition : partitions) positions_.push_back({partition.topic, partition.partition, &world_.place(partition.topic, partition.partition)});
  return {};
}

TestSideLog::Position& TestSideLog::position_of(const std::string& topic, std::int32_t partition) {
  return *std::find_if(positions_.begin(), positions_.end(), [&](const Position& position) {
    return position.topic == topic && position.partition == partition;
  });
}

Result<void> TestSideLog::pause(const std::string& topic, std::int32_t partition) {
  position_of(topic, partition).paused = true;
  return {};
}

Result<void> TestSideLog::resume(const kafka::TopicPartition& position) {
  auto& resumed = position_of(position.topic, position.partition);
  resumed = {position.topic, position.partition, resumed.log, position.offset};
  return {};
}

Result<SidePoll> TestSideLog::poll(Duration timeout) {
  for (auto& position : positions_) {
    if (position.paused) continue;
    const auto at = position.log->at(position.next);
    SidePoll polled;
    polled.record.topic = position.topic;
    polled.record.partition = position.partition;
    if (at == position.log->records.end()) {
      const auto end = position.log->high;
      if (std::exchange(position.end_told, true) && position.next == end) continue;
      position.next = end;
      polled.kind = SidePoll::Kind::kEnd;
      polled.record.offset = end;
      return polled;
    }
    position.next = at->offset + 1;
    position.end_told = false;
    polled.kind = SidePoll::Kind::kRecord;
    polled.record.offset = at->offset;
    polled.record.key = at->key;
    if (at->value) polled.record.value = *at->value;
    for (const auto& [name, value] : at->headers) {
      if (name == "epoch") polled.record.epoch_header = value;
      if (name == "offsets") polled.record.offsets_header = value;
      if (name == "digest") polled.record.digest_header = value;
    }
    return polled;
  }
  world_.pass(timeout);
  return SidePoll{};
}

} // namespace wardpulse::consumer
