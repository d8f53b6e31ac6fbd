// Rows of the marts on their way to topics `marts.*`. They follow the state at the pace of checkpoints: a row is written
// once for everything that changed it since the last one, and a checkpoint counts only when the rows before it are there.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "consumer/ports.h"
#include "consumer/topic_names.h"
#include "proto/cell.h"
#include "proto/marts.h"

namespace wardpulse::consumer {

class MartOutbox {
 public:
  MartOutbox(std::int32_t partition, const TopicNames& names, Outbox& outbox);

  // Cells of other families are passed over.
  void changed(const Cell& cell);
  // The same, sent at once. REQUIRES: no cell of that row was given to changed() since the last flush.
  void send(const Cell& cell);
  // Of a cell that was given to changed() or known().
  void removed(const std::string& cell_id);
  // A day that an owner before us may have written as a row. REQUIRES: the cell is of a mart by day.
  void known(const Cell& cell) { days_[cell_id(cell)] = {mart_of(cell), mart_key(cell)}; }
  // A row that is in its topic, whoever wrote it: it goes when the state has none of its key.
  // REQUIRES: every row of the state was given to changed() since the last flush.
  void found(const MartSpec& mart, std::string key) { pending_.try_emplace(Place{&mart, std::move(key)}, std::nullopt); }
  void flush(); // sends what changed since the last call, and what was given up
  bool settled() const { return ledger_->in_flight == 0 && ledger_->given_up.empty(); }
  // Sends again what was given up since the last call.
  void retry();

 private:
  struct Place {
    const MartSpec* mart = nullptr;
    std::string key;
    auto operator<=>(const Place&) const = default;
  };
  using Rows = std::map<Place, std::optional<std::string>>; // nullopt: gone
  struct Ledger {
    std::size_t in_flight = 0;
    Rows given_up;
  };
  struct Sent {
    std::shared_ptr<Ledger> ledger;
    Place place;
    std::optional<std::string> row;
  };
  const MartSpec* mart_of(const Cell& cell) const; // nullptr: none
  void post(Place place, std::optional<std::string> row);

  const std::int32_t partition_;
  const TopicNames& names_;
  Outbox& outbox_;
  Rows pending_;
  std::unordered_map<std::string, Place> days_; // by cell id: rows that a removal may name
  std::shared_ptr<Ledger> ledger_ = std::make_shared<Ledger>();
};

} // namespace wardpulse::consumer
