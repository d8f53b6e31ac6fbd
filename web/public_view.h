// The public view: what anybody may see. It is given counts of closed windows and what it has published before, and has
// access to nothing else; what it publishes is shown as it is, and nothing else is.
//
// Why it can be trusted (policy bands; docs/architecture.md, "The public view"):
//   counts of patients are floored to a multiple of 11, and 0..10 are all shown as "<11", whether a cell exists or not;
//   every window of every department is shown, so a missing row says nothing; totals are sums of what is shown;
//   a published row changes only when at least 11 more patients are certain, judged from the published band alone, so that
//   a restart forgets nothing and two answers never differ by a few people.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/cell.h"

namespace wardpulse::web {

enum class PublicPolicy : std::uint8_t {
  kBands, // multiples of 11, 0..10 as "<11"
  kCms,   // 0..10 as "<11", others as they are; days only, since days and their hours would give the hidden ones away
  kNhs,   // 0 as it is, 1..7 as "<8", others rounded to 5; days only
};
std::optional<PublicPolicy> public_policy_from_name(std::string_view name); // "bands", "cms", "nhs"

inline constexpr Duration kPublicTick = std::chrono::seconds{60};
inline constexpr std::int64_t kLeastContributors = 11;
// How far back from the newest window that was ever published. Older ones leave, and never come back: what was said about
// them is forgotten then.
inline constexpr Duration kPublicHours = std::chrono::hours{48};
inline constexpr Duration kPublicDays = std::chrono::days{60};

// What the view is told of one department and window.
struct PublicInput {
  std::string department;
  Window window;
  std::int64_t patients = 0;
  MinuteHistogram wait_minutes;
  MinuteHistogram stay_minutes;
};

// A row as it was published.
struct PublicRow {
  std::string department;
  Window window;
  std::optional<std::int64_t> patients; // nullopt: hidden
  std::optional<std::int64_t> median_wait_minutes;
  std::optional<std::int64_t> median_stay_minutes;
  friend bool operator==(const PublicRow&, const PublicRow&) = default;
};
std::string public_row_key(const PublicRow& row);
std::string public_row_json(const PublicRow& row);
std::optional<PublicRow> parse_public_row(std::string_view json);

// How rows go over the WebSocket: cells of family public, topic public.
std::span<const FamilySpec> public_families();

class PublicView {
 public:
  explicit PublicView(PublicPolicy policy) : policy_(policy) {}

  // What was published, by this process or another one.
  void restore(PublicRow row);
  void forget(const std::string& key) { rows_.erase(key); }
  void clear() { rows_.clear(); }
  // The rows to publish now, and the keys of those whose windows are past keeping. REQUIRES: every window is closed.
  struct Tick {
    std::vector<PublicRow> rows;
    std::vector<std::string> gone;
  };
  Tick tick(const std::vector<PublicInput>& inputs);

  Cell cell_of(const PublicRow& row, std::int64_t version) const;
  // As it is shown: "<11", "<8" or the number.
  std::string shown(const PublicRow& row) const;
  bool shows(WindowSize size) const { return size == WindowSize::k1d || (size == WindowSize::k1h && policy_ == PublicPolicy::kBands); }
  // GET /public/metrics/summary.
  std::string summary_json(const std::map<std::string, PublicRow>& shown) const;
  const std::map<std::string, PublicRow>& rows() const { return rows_; }

 private:
  std::optional<std::int64_t> published_count(std::int64_t patients) const;
  std::int64_t largest_behind(const std::optional<std::int64_t>& shown) const;
  PublicRow row_of(const PublicInput& input) const;
  Time oldest_start(WindowSize size, const std::vector<PublicInput>& inputs) const;

  const PublicPolicy policy_;
  std::map<std::string, PublicRow> rows_; // by key
};

} // namespace wardpulse::web
