#include "tests/consumer/world.h"

#include <algorithm>

namespace wardpulse::consumer {

std::int64_t World::append(const std::string& topic, std::int32_t partition, Stored record) {
  auto& log = logs_[{topic, partition}];
  record.offset = log.high++;
  if (record.timestamp == Time{}) record.timestamp = now.wall;
  log.records.push_back(std::move(record));
  return log.high - 1;
}

kafka::Watermarks World::range(const std::string& topic, std::int32_t partition) {
  const auto& log = logs_[{topic, partition}];
  return {log.low, log.high};
}

void World::drop_before(const std::string& topic, std::int32_t partition, std::int64_t offset) {
  auto& log = logs_[{topic, partition}];
  log.low = offset;
  std::erase_if(log.records, [&](const auto& record) { return record.offset < offset; });
}

void World::compact(const std::string& topic, std::int32_t partition) {
  auto& log = logs_[{topic, partition}];
  std::map<std::string, std::int64_t> last;
  for (const auto& record : log.records) last[record.key] = record.offset;
  std::erase_if(log.records, [&](const auto& record) {
    if (record.offset == log.high - 1) return false;
    return last[record.key] != record.offset || !record.value;
  });
}

std::map<std::string, std::string> World::content(const std::string& topic, std::int32_t partition) {
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
    if (waiting.done) waiting.done(kafka::Delivery{waiting.topic, waiting.partition, offset});
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
  for (const auto& partition : partitions) positions_.push_back({partition.topic, partition.partition});
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
  position_of(position.topic, position.partition) = {position.topic, position.partition, position.offset};
  return {};
}

Result<SidePoll> TestSideLog::poll(Duration timeout) {
  for (auto& position : positions_) {
    if (position.paused) continue;
    const auto& log = world_.log(position.topic, position.partition);
    const auto at = std::lower_bound(log.begin(), log.end(), position.next,
                                     [](const Stored& record, std::int64_t offset) { return record.offset < offset; });
    SidePoll polled;
    polled.record.topic = position.topic;
    polled.record.partition = position.partition;
    if (at == log.end()) {
      const auto end = world_.range(position.topic, position.partition).high;
      if (std::exchange(position.end_told, true) && position.next == end) continue;
      position.next = end;
      polled.kind = SidePoll::Kind::kEnd;
      polled.record.offset = end;
      return polled;
    }
    current_ = *at;
    position.next = at->offset + 1;
    position.end_told = false;
    polled.kind = SidePoll::Kind::kRecord;
    polled.record.offset = current_.offset;
    polled.record.key = current_.key;
    if (current_.value) polled.record.value = *current_.value;
    if (const auto header = current_.headers.find("epoch"); header != current_.headers.end())
      polled.record.epoch_header = header->second;
    if (const auto header = current_.headers.find("offsets"); header != current_.headers.end())
      polled.record.offsets_header = header->second;
    if (const auto header = current_.headers.find("digest"); header != current_.headers.end())
      polled.record.digest_header = header->second;
    return polled;
  }
  world_.pass(timeout);
  return SidePoll{};
}

} // namespace wardpulse::consumer
