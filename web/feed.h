// One topic of the WebSocket protocol: which cells its view holds, and the number of the change that each last saw.
//
// Nothing is queued for a client. A client is at a sequence number; what it lacks are the cells whose last change has a
// higher one. However slow it is, that is at most one entry a cell, with the newest value.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "web/cell_store.h"

namespace wardpulse::web {

using SharedText = std::shared_ptr<const std::string>;

// A message holds at most that many cells; larger changes are split into several sequence numbers.
inline constexpr std::size_t kMaxCellsInMessage = 256;
// Removals remembered. A client that is further behind gets a snapshot.
inline constexpr std::size_t kMaxRemovals = 4096;

// Where a client stands in a topic.
struct FeedPosition {
  std::uint64_t seq = 0;            // what the client holds; while a snapshot is sent: the snapshot's number
  bool needs_snapshot = true;
  std::optional<CellKey> sent_to = std::nullopt; // a snapshot is under way and went this far
};

struct FeedMessage {
  enum class Kind : std::uint8_t {
    kDelta,
    kCatchUp,  // a delta that covers more than the newest tick: the client was too slow for one
    kSnapshot,
    kResync,   // a snapshot for someone whose number is too old to go on from
  };
  Kind kind{};
  SharedText text; // null: the client is up to date
};

class Feed {
 public:
  Feed(const Series& series, const CellStore& store, std::uint64_t epoch);

  // The cell changed in the store, or went from it. Counts with the next tick().
  void note(const CellKey& key);
  // Gives numbers to what was noted. False: nothing in the view changed.
  bool tick();

  // The next message for a client at `position`, which moves on. Deltas are shared between clients that hold the same
  // number.
  FeedMessage next_message(FeedPosition* position);
  // A position from which a client that reconnects can go on; a snapshot when this feed does not know it.
  FeedPosition resume(std::uint64_t epoch, std::uint64_t seq) const;

  const std::string& topic() const { return series_.name; }
  std::uint64_t epoch() const { return epoch_; }
  std::uint64_t seq() const { return seq_; }

 private:
  struct Entry {
    std::uint64_t seq = 0;
    bool is_removed = false;
    std::optional<Window> window;
    SharedText json; // null: to be encoded anew
  };

  Time floor_below(Time newest) const; // kNever: the view reaches back to the beginning
  void update(const CellKey& key);
  void drop_below_floor();
  void touch(const CellKey& key, Entry* entry);
  void forget_oldest_removal();
  const std::string* cell_json(const CellKey& key, Entry* entry);
  SharedText snapshot_piece(FeedPosition* position);
  SharedText delta(FeedPosition* position);

  const Series& series_;
  const CellStore& store_;
  const std::uint64_t epoch_;
  std::uint64_t seq_ = 0;
  std::uint64_t seq_before_tick_ = 0; // whoever is behind it was too slow for a tick
  std::uint64_t forgotten_seq_ = 0; // removals up to here are forgotten
  std::size_t cells_in_seq_ = 0;    // how many cells carry the number that is being given
  Time floor_ = kNever;             // windows that start before it are out of the view
  Time newest_ = kNever;
  std::set<CellKey> noted_;
  std::map<CellKey, Entry> entries_;
  std::set<std::pair<std::uint64_t, CellKey>> by_seq_;     // all entries
  std::set<std::pair<std::uint64_t, CellKey>> removals_;   // those with is_removed
  // Deltas of the current number by the number before: most clients hold the same one.
  std::map<std::uint64_t, std::pair<std::uint64_t, SharedText>> deltas_;
};

} // namespace wardpulse::web
