#include "consumer/mart_outbox.h"

#include <utility>

namespace wardpulse::consumer {

MartOutbox::MartOutbox(std::int32_t partition, const TopicNames& names, Outbox& outbox)
    : partition_(partition), names_(names), outbox_(outbox) {}

const MartSpec* MartOutbox::mart_of(const Cell& cell) const { return names_.marts.empty() ? nullptr : find_mart_of_family(cell.family); }

void MartOutbox::changed(const Cell& cell) {
  const MartSpec* mart = mart_of(cell);
  if (mart == nullptr) return;
  const Place place{mart, mart_key(cell)};
  pending_[place] = mart_json(*mart, mart_row(*mart, cell));
  if (cell.window) days_[cell_id(cell)] = place;
}

void MartOutbox::send(const Cell& cell) {
  if (const MartSpec* mart = mart_of(cell); mart != nullptr) post({mart, mart_key(cell)}, mart_json(*mart, mart_row(*mart, cell)));
}

void MartOutbox::removed(const std::string& cell_id) {
  const auto day = days_.find(cell_id);
  if (day == days_.end() || day->second.mart == nullptr) return;
  pending_[day->second].reset();
  days_.erase(day);
}

void MartOutbox::flush() {
  retry();
  for (auto& [place, row] : std::exchange(pending_, {})) post(place, std::move(row));
}

void MartOutbox::retry() {
  for (auto& [place, row] : std::exchange(ledger_->given_up, {})) {
    if (!pending_.contains(place)) post(place, std::move(row)); // else a newer one is on its way
  }
}

void MartOutbox::post(Place place, std::optional<std::string> row) {
  const std::string topic = names_.marts + std::string(place.mart->name);
  const auto sent = std::make_shared<Sent>(Sent{ledger_, std::move(place), std::move(row)});
  kafka::ProducerRecord out;
  out.topic = topic;
  out.partition = partition_;
  out.key = sent->place.key;
  out.tombstone = !sent->row.has_value();
  if (sent->row) out.value = *sent->row;
  ++ledger_->in_flight;
  outbox_.send(out, [sent](const Result<kafka::Delivery>& done) {
    --sent->ledger->in_flight;
    if (!done) sent->ledger->given_up.try_emplace(std::move(sent->place), std::move(sent->row));
  });
}

} // namespace wardpulse::consumer
