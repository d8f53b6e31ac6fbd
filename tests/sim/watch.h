// Looks at every record that reaches the broker, as readers of the derived topics would, and says what must never be.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "consumer/topic_names.h"
#include "proto/cell.h"
#include "tests/consumer/world.h"

namespace wardpulse::sim {

using consumer::Stored;

// What is counted once and for all: no reader may ever see more of it than there is in the log.
inline constexpr std::array<std::string_view, 3> kBounded = {"checkins", "treatments", "discharges"};
using BoundedCounts = std::array<std::int64_t, kBounded.size()>;
using WindowPlace = std::tuple<std::int32_t, WindowSize, Time>; // partition, size, start

class Watch {
 public:
  explicit Watch(const consumer::TopicNames& names) : names_(names) {}

  void see(const std::string& topic, std::int32_t partition, const Stored& record);
  void note(std::string_view what); // part of the trace
  void note(std::uint64_t number);
  void violation(std::string text);

  const std::vector<std::string>& violations() const { return violations_; }
  std::uint64_t trace() const { return trace_; } // of everything that happened, in its order
  // The most that any cell ever showed, by window.
  const std::map<WindowPlace, BoundedCounts>& most_shown() const { return most_shown_; }

 private:
  void see_cell(std::int32_t partition, const Stored& record);
  void see_counts(std::int32_t partition, const Stored& record);
  void see_rejected(const Stored& record);

  struct Shown {
    std::int64_t newest = 0;                      // the version that a reader holds
    std::map<std::int64_t, std::int64_t> written; // newest version by writer epoch
  };
  const consumer::TopicNames& names_;
  std::unordered_map<std::string, Shown> cells_; // by key, which names the partition, too
  std::map<std::string, std::string> rejected_; // value and headers by key
  std::map<WindowPlace, BoundedCounts> most_shown_;
  std::vector<std::string> violations_;
  std::uint64_t trace_ = 0;
};

std::string headers_text(const Stored& record);

} // namespace wardpulse::sim
