// The patients' mart as its topic has it.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <absl/container/btree_map.h>
#include <absl/container/node_hash_map.h>

namespace wardpulse::web {

// Tens of thousands of rows may come again a second, of a million patients, and few of them are new: one look-up by hash each. What
// is in order is touched for patients who come or go.
class PatientRows {
 public:
  void put(std::string id, std::string json) {
    const auto [row, is_new] = rows_.insert_or_assign(std::move(id), std::move(json));
    if (is_new) in_order_.emplace(row->first, &row->second);
  }
  void remove(const std::string& id) {
    in_order_.erase(id);
    rows_.erase(id);
  }
  void clear() {
    in_order_.clear();
    rows_.clear();
  }
  // f(id, json) of those behind `after`, in the order of their ids, until it returns false.
  template <class F>
  void each_behind(std::string_view after, F&& f) const {
    for (auto row = in_order_.upper_bound(after); row != in_order_.end(); ++row) {
      if (!f(row->first, *row->second)) return;
    }
  }

 private:
  absl::node_hash_map<std::string, std::string> rows_; // a node stays where it is
  absl::btree_map<std::string_view, const std::string*> in_order_;
};

} // namespace wardpulse::web
