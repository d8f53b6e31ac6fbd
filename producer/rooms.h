// The rooms of one department and the patients who wait for one: the most urgent first, then who came first.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <tuple>

#include "base/check.h"

namespace wardpulse::producer {

class Rooms {
 public:
  void set_count(std::int64_t count) { free_ = count; }

  void wait(int acuity, std::uint64_t visit_number, std::uint32_t visit) { waiting_.emplace(acuity, visit_number, visit); }
  void stop_waiting(int acuity, std::uint64_t visit_number, std::uint32_t visit) {
    WP_CHECK(waiting_.erase({acuity, visit_number, visit}) == 1);
  }
  // Who gets a room now, if there is a free one and somebody waits. The room is taken until free().
  std::optional<std::uint32_t> take() {
    if (free_ == 0 || waiting_.empty()) return std::nullopt;
    const std::uint32_t visit = std::get<2>(*waiting_.begin());
    waiting_.erase(waiting_.begin());
    --free_;
    return visit;
  }
  void free() { ++free_; }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  std::int64_t free_ = 0;
  std::set<std::tuple<int, std::uint64_t, std::uint32_t>> waiting_;
};

} // namespace wardpulse::producer
