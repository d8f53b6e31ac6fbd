// The entities of topic workflow and their attempts.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "aggregator/leaving.h"
#include "aggregator/visit_book.h"

namespace wardpulse::aggregator {

class EntityBook {
 public:
  EntityBook(const Windows& windows, const FunnelPlans& plans, Texts& texts, CellTable& cells);

  // `stream`: stream time of workflow before the record.
  Added add(std::string_view entity_id, const Occurrence& occurrence, Time stream);
  // Entities whose time has come leave. REQUIRES: never goes back.
  void set_stream_time(Time stream);
  std::size_t size() const { return entities_.size(); }

  std::size_t changed() const { return changed_.size(); } // since write_changed()
  void write_changed(int slice, const std::function<void(const std::string& key, const std::string* value)>& sink);
  void write_all(const std::function<void(const std::string& key, const std::string& value)>& sink) const;
  bool load(std::string_view id, std::string_view value);
  void finish_load();

 private:
  struct Entity {
    std::string id;
    Time anchor{}; // event time of its first record in the log
    Occurrences records;
  };
  Entity& make(std::string_view id, Time anchor);
  std::string encode(const Entity& entity) const;
  void schedule_leave(const Entity& entity);
  void keep_attempts(const Entity& entity);

  const Windows& windows_;
  const FunnelPlans& plans_;
  Texts& texts_;
  CellTable& cells_;
  absl::flat_hash_map<std::string, std::unique_ptr<Entity>> entities_;
  std::map<std::string, bool, std::less<>> changed_;    // id -> still there
  Leaving<std::string> leaving_;
};

} // namespace wardpulse::aggregator
