#include "consumer/mart_outbox.h"

#include <utility>

namespace wardpulse::consumer {

MartOutbox::MartOutbox(std::int32_t partition, const TopicNames& names, Outbox& outbox)
    : partition_(partition), names_(names), outbox_(outbox) {}

void MartOutbox::changed(const Cell& cell) {
  const MartSpec* mart = names_.marts.empty() ? nullptr : find_mart_of_family(cell.family);
  if (mart == nullptr) return;
  const Place place{mart, mart_key(cell)};
  pending_[place] = mart_json(*mart, mart_row(*mart, cell));
  if (cell.window) days_[cell_id(cell)] = place;
}

void MartOutbox::removed(const std::string& cell_id) {
  const auto day = days_.find(cell_id);
  if (day == days_.end()) return;
  pending_[day->second].reset();
  days_.erase(day);
}

void MartOutbox::flush() {
  retry();
  for (const auto& [place, row] : std::exchange(pending_, {})) post(place, row);
}

void MartOutbox::retry() {
  for (auto& [place, row] : std::exchange(ledger_->given_up, {})) {
    if (!pending_.contains(place)) post(place, row); // a newer one is on its way
  }
}

void MartOutbox::post(const Place& place, const std::optional<std::string>& row) {
  kafka::ProducerRecord out;
  const std::string topic = names_.marts + std::string(place.mart->name);
  out.topic = topic;
  out.partition = partition_;
  out.key = place.key;
  out.tombstone = !row.has_value();
  if (row) out.value = *row;
  ++ledger_->in_flight;
  outbox_.send(out, [ledger = ledger_, place, row](const Result<kafka::Delivery>& done) {
    --ledger->in_flight;
    if (!done) ledger->given_up.try_emplace(place, row);
  });
}

} // namespace wardpulse::consumer
