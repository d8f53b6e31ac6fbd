#include "tests/sim/network.h"

#include <algorithm>

namespace wardpulse::sim {

void Line::push(std::string_view topic, std::int32_t partition, Flight flight) {
  auto lane = std::find_if(lanes_.begin(), lanes_.end(), [&](const Lane& other) {
    return other.partition == partition && other.topic == topic;
  });
  if (lane == lanes_.end()) lane = lanes_.insert(lane, {std::string(topic), partition, {}});
  lane->flights.push_back(std::move(flight));
  ++size_;
}

Line::Lane* Line::any(Random& random, const std::string& away) {
  std::size_t there = 0;
  for (const auto& lane : lanes_) there += lane.topic == away ? 0 : lane.flights.size();
  if (there == 0) return nullptr;
  auto chosen = random() % there;
  for (auto& lane : lanes_) {
    if (lane.topic == away) continue;
    if (chosen < lane.flights.size()) return &lane;
    chosen -= lane.flights.size();
  }
  return nullptr;
}

Line::Flight Line::take(Lane& lane) {
  auto flight = std::move(lane.flights.front());
  lane.flights.pop_front();
  --size_;
  return flight;
}

void Line::clear() {
  lanes_.clear();
  size_ = 0;
}

void Line::forget_callbacks() {
  for (auto& lane : lanes_) {
    for (auto& flight : lane.flights) flight.done = {};
  }
}

std::int64_t Network::write(const std::string& topic, std::int32_t partition, Stored record) {
  const auto offset = world_.append(topic, partition, std::move(record));
  observer_(topic, partition, world_.log(topic, partition).back());
  return offset;
}

bool Network::deliver_one(Line& line) {
  auto* const chosen = line.any(random_, away);
  if (chosen == nullptr) return false;
  auto& lane = *chosen;
  auto flight = line.take(lane);
  const auto luck = random_() % 1000;
  const bool written = luck >= faults.given_up;
  const bool reported = luck >= faults.given_up + faults.ambiguous;
  std::int64_t offset = -1;
  if (written) offset = write(lane.topic, lane.partition, std::move(flight.record));
  if (!flight.done) return true;
  if (!reported) {
    Error given_up{"given up", {}};
    given_up.retriable = true;
    flight.done(tl::unexpected(given_up));
    return true;
  }
  flight.done(kafka::Delivery{lane.partition, offset});
  return true;
}

void Network::land_one() {
  std::erase_if(adrift_, [](const auto& line) { return line->empty() && line.use_count() == 1; });
  if (adrift_.empty()) return;
  auto line = adrift_[random_() % adrift_.size()];
  if (!line->empty()) deliver_one(*line);
}

bool Network::anything_adrift() {
  return std::any_of(adrift_.begin(), adrift_.end(), [](const auto& line) { return !line->empty(); });
}

void SimOutbox::send(const kafka::ProducerRecord& record, Done done) {
  if (dead_) return;
  Line::Flight flight{{}, std::move(done)};
  flight.record.key = record.key;
  if (!record.tombstone) flight.record.value = std::string(record.value);
  for (const auto& header : record.headers) flight.record.headers[std::string(header.name)] = header.value;
  line_->push(record.topic, record.partition, std::move(flight));
}

void SimOutbox::pump(Duration timeout) {
  network_.world().pass(timeout);
  auto& random = network_.random();
  if (random() % 4 == 0) network_.land_one();
  const auto most = random() % 3 == 0 ? 1 + random() % 4 : line_->size();
  for (std::size_t i = 0; i < most && !line_->empty() && !dead_; ++i) {
    if (writes_left_ && (*writes_left_)-- <= 0) return die();
    if (!network_.deliver_one(*line_)) return;
  }
}

// What was under way is lost, or arrives some time; nobody hears of it.
void SimOutbox::die() {
  if (dead_) return;
  dead_ = true;
  network_.take_back(line_);
  line_->forget_callbacks();
  if (network_.random()() % 2 == 0) {
    line_->clear();
  } else {
    network_.set_adrift(line_);
  }
}

} // namespace wardpulse::sim
