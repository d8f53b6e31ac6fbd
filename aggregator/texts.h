// Interned texts: departments, reasons, workflow types. An id is valid for the life of the table and means nothing outside it:
// snapshots write the text itself, since ids depend on the order of arrival.
#pragma once

#include <array>
#include <cstring>
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
    Recent& recent = recent_[place_of(text)];
    if (recent.text != text) recent = look_up(text);
    return recent.id;
  }
  const std::string& text(TextId id) const { return stored_[id]; }

 private:
  struct Recent {
    std::string_view text; // into stored_
    TextId id = 0;
  };
  static constexpr std::size_t kRecent = 1024;

  // By size and both ends of the text.
  static std::size_t place_of(std::string_view text) {
    std::uint64_t head = 0, tail = 0;
    const std::size_t end = text.size() < sizeof head ? text.size() : sizeof head;
    std::memcpy(&head, text.data(), end);
    std::memcpy(&tail, text.data() + text.size() - end, end);
    return (head ^ (tail << 23 | tail >> 41) ^ text.size()) * 0x9E3779B97F4A7C15u >> 54;
  }
  static_assert(kRecent == 1ULL << (64 - 54));

  Recent look_up(std::string_view text) {
    if (const auto it = ids_.find(text); it != ids_.end()) return {it->first, it->second};
    stored_.emplace_back(text);
    const auto id = static_cast<TextId>(stored_.size() - 1);
    ids_.emplace(stored_.back(), id);
    return {stored_.back(), id};
  }

  std::array<Recent, kRecent> recent_; // most texts were met a moment ago
  std::deque<std::string> stored_;
  absl::flat_hash_map<std::string_view, TextId> ids_; // views into stored_
};

} // namespace wardpulse::aggregator
