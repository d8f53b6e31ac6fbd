// Visits by the moment at which time alone changes what they count for. A binary heap, the earliest on top; each visit knows
// its place in it, so that none is there twice and one that leaves is taken out.
#pragma once

#include <vector>

#include "aggregator/visit.h"

namespace wardpulse::aggregator {

class DueVisits {
 public:
  // kForever: never.
  void set(Visit& visit, Time at) {
    const Place place = visit.due_place;
    if (at == kForever) {
      if (place != Visit::kNotDue) take_out(place);
    } else if (place == Visit::kNotDue) {
      heap_.emplace_back();
      move_up(heap_.size() - 1, {at, &visit});
    } else {
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
    if (place > 0 && entry.at < heap_[(place - 1) / 2].at) return move_up(place, entry);
    move_down(place, entry);
  }
  void move_up(Place place, const Entry& entry) {
    for (; place > 0 && entry.at < heap_[(place - 1) / 2].at; place = (place - 1) / 2) put(place, heap_[(place - 1) / 2]);
    put(place, entry);
  }
  void move_down(Place place, const Entry& entry) {
    for (Place child = 2 * place + 1; child < heap_.size(); child = 2 * place + 1) {
      if (child + 1 < heap_.size() && heap_[child + 1].at < heap_[child].at) ++child;
      if (entry.at <= heap_[child].at) break;
      put(place, heap_[child]);
      place = child;
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
