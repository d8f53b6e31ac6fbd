// Visits by the moment at which time alone changes what they count for. A heap, the earliest on top; each visit knows its place in
// it, so that none is there twice and one that leaves is taken out. Each entry has eight below it, which lie side by side: to move
// one is to write to a visit somewhere in memory, and so flat a heap moves few.
#pragma once

#include <algorithm>
#include <vector>

#include "aggregator/visit.h"

namespace wardpulse::aggregator {

class DueVisits {
 public:
  // kForever: never, of these two.
  Time at(const Visit& visit) const { return visit.due_place == Visit::kNotDue ? kForever : heap_[visit.due_place].at; }
  void set(Visit& visit, Time at) {
    const Place place = visit.due_place;
    if (at == kForever) {
      if (place != Visit::kNotDue) take_out(place);
    } else if (place == Visit::kNotDue) {
      heap_.emplace_back();
      move_up(heap_.size() - 1, {at, &visit});
    } else if (heap_[place].at != at) {
      move(place, {at, &visit});
    }
  }

  // Takes out one that is due; nullptr: there is none.
  Visit* take(Time now) {
    if (heap_.empty() || heap_.front().at > now) return nullptr;
    Visit* visit = heap_.front().visit;
    take_out(0);
    return visit;
  }

 private:
  using Place = std::size_t;
  static constexpr Place kBelow = 8;
  struct Entry {
    Time at{};
    Visit* visit = nullptr;
  };

  void take_out(Place place) {
    heap_[place].visit->due_place = Visit::kNotDue;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (place < heap_.size()) move(place, last);
  }
  void move(Place place, const Entry& entry) {
    if (place > 0 && entry.at < heap_[(place - 1) / kBelow].at) return move_up(place, entry);
    move_down(place, entry);
  }
  void move_up(Place place, const Entry& entry) {
    for (; place > 0 && entry.at < heap_[(place - 1) / kBelow].at; place = (place - 1) / kBelow) put(place, heap_[(place - 1) / kBelow]);
    put(place, entry);
  }
  void move_down(Place place, const Entry& entry) {
    for (Place first = kBelow * place + 1; first < heap_.size(); first = kBelow * place + 1) {
      const Place end = std::min(first + kBelow, heap_.size());
      Place least = first;
      for (Place other = first + 1; other < end; ++other) if (heap_[other].at < heap_[least].at) least = other;
      if (entry.at <= heap_[least].at) break;
      put(place, heap_[least]);
      place = least;
    }
    put(place, entry);
  }
  void put(Place place, const Entry& entry) {
    heap_[place] = entry;
    entry.visit->due_place = static_cast<std::uint32_t>(place);
  }

  std::vector<Entry> heap_;
};

} // namespace wardpulse::aggregator
