// Interned texts: departments, reasons, workflow types. An id is valid for the life of the table and means nothing outside it:
// snapshots write the text itself, since ids depend on the order of arrival.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>

#include "aggregator/occurrences.h"

namespace wardpulse::aggregator {

// Known beforehand.
inline constexpr TextId kUnknownText = 1; // the department, source, payer, ... of what has none
inline constexpr TextId kLwbsText = 2;
inline constexpr TextId kAllDepartments = 3; // of a funnel

class Texts {
 public:
  Texts() {
    stored_.emplace_back();
    intern("unknown");
    intern("lwbs");
    intern("all");
  }

  TextId intern(std::string_view text) {
    if (text.empty()) return 0;
    if (const auto it = ids_.find(text); it != ids_.end()) return it->second;
    stored_.emplace_back(text);
    const auto id = static_cast<TextId>(stored_.size() - 1);
    ids_.emplace(stored_.back(), id);
    return id;
  }
  const std::string& text(TextId id) const { return stored_[id]; }

 private:
  std::deque<std::string> stored_;
  absl::flat_hash_map<std::string_view, TextId> ids_; // views into stored_
};

} // namespace wardpulse::aggregator
