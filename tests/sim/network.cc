#include "tests/sim/network.h"

#include <algorithm>

namespace wardpulse::sim {

void Network::write(const std::string& topic, std::int32_t partition, Stored record) {
  const auto offset = world_.append(topic, partition, record);
  record.offset = offset;
  observer_(topic, partition, record);
}

bool Network::deliver_one(Line& line) {
  const auto& any = line[random_() % line.size()];
  if (any.topic == away) return false;
  const auto first = std::find_if(line.begin(), line.end(), [&](const Flight& flight) {
    return flight.partition == any.partition && flight.topic == any.topic;
  });
  auto flight = std::move(*first);
  line.erase(first);
  const auto luck = random_() % 1000;
  const bool written = luck >= faults.given_up;
  const bool reported = luck >= faults.given_up + faults.ambiguous;
  if (written) write(flight.topic, flight.partition, std::move(flight.record));
  if (!flight.done) return true;
  if (!reported) {
    Error given_up{"given up", {}};
    given_up.retriable = true;
    flight.done(tl::unexpected(given_up));
    return true;
  }
  flight.done(kafka::Delivery{flight.topic, flight.partition, world_.range(flight.topic, flight.partition).high - 1});
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
  Network::Flight flight{std::string(record.topic), record.partition, {}, std::move(done)};
  flight.record.key = record.key;
  if (!record.tombstone) flight.record.value = std::string(record.value);
  for (const auto& header : record.headers) flight.record.headers[std::string(header.name)] = header.value;
  line_->push_back(std::move(flight));
}

void SimOutbox::pump(Duration timeout) {
  network_.world().pass(timeout);
  auto& random = network_.random();
  if (random() % 4 == 0) network_.land_one();
  const auto most = random() % 3 == 0 ? 1 + random() % 4 : line_->size();
  for (std::size_t i = 0; i < most && !line_->empty() && !dead_; ++i) {
    if (writes_left_ && (*writes_left_)-- <= 0) return die();
    network_.deliver_one(*line_);
  }
}

// What was under way is lost, or arrives some time; nobody hears of it.
void SimOutbox::die() {
  if (dead_) return;
  dead_ = true;
  network_.take_back(line_);
  for (auto& flight : *line_) flight.done = {};
  if (network_.random()() % 2 == 0) {
    line_->clear();
  } else {
    network_.set_adrift(line_);
  }
}

} // namespace wardpulse::sim
