// The cells of one partition number: what they count, which changed, and when their status will.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include <absl/container/flat_hash_set.h>

#include "aggregator/attempt.h"
#include "aggregator/cell_body.h"
#include "aggregator/cell_key.h"
#include "aggregator/cell_values.h"
#include "aggregator/leaving.h"
#include "aggregator/sums.h"
#include "aggregator/texts.h"
#include "aggregator/visit.h"
#include "aggregator/windows.h"
#include "base/bytes.h"
#include "proto/cell.h"

namespace wardpulse::aggregator {

// First byte of a snapshot entry's key: what the entry is.
inline constexpr char kMetaEntry = 'm', kPatientEntry = 'p', kHoldEntry = 'h', kEntityEntry = 'e', kCellEntry = 'c', kRepeatEntry = 'r';

// Where and how a patient counts in family patients.
struct PatientGroup {
  std::int64_t visits = 0; // with a check-in; 0: counts nowhere
  TextId city = kUnknownText;
  std::uint32_t age_and_gender = 0; // age group * kGenders + Gender
  friend bool operator==(const PatientGroup&, const PatientGroup&) = default;
};
inline constexpr std::uint32_t kGenders = 4;
std::string_view gender_name(std::uint32_t gender); // by Gender
std::uint32_t age_group(std::optional<std::int64_t> age_years);

std::string department_name(TextId department, const Texts& texts); // 0: "unknown"
std::string door_name(const Attempt& attempt, const Texts& texts);    // REQUIRES: exited

// Shown watermark per set of feeding topics (bit = Topic); index 0 unused.
using ShownWatermarks = std::array<Time, 1 << kTopicCount>;

class CellTable {
 public:
  // REQUIRES: all outlive the table.
  CellTable(const Windows& windows, const FunnelPlans& plans, Texts& texts);

  // Adds (sign +1) or takes back (-1) one contribution for one window size. Contributions to windows that have left are ignored.
  void count(const Fact& fact, WindowSize size, int sign);
  void count_distinct(TextId department, bool whole_hospital, WindowSize size, Time time, int sign);
  void count_new_patient(WindowSize size, Time time, int sign);
  void count(const Sum& sum, int sign);
  // Record rules: each bit of `evaluated` is asked once in each size that `admitted` has, each of `failed` was broken.
  void count_rules(TextId source, Time time, SizeMask admitted, std::uint32_t evaluated, std::uint32_t failed);
  void exchange(const PatientGroup& before, const PatientGroup& after);
  // The entity's attempt became another; either may not exist.
  void exchange(const FunnelPlan& plan, const Attempt& before, const Attempt& after);
  // The entity leaves the state, and what its attempt counts for stays.
  void keep(const FunnelPlan& plan, const Attempt& attempt);

  // Cells whose time has come leave. REQUIRES: never goes back.
  void set_log_watermark(Time watermark);

  std::size_t size() const { return cells_.size(); }
  void mark_all_changed();

  // Gives all cells whose published form may have changed, then those that went. A cell that went and came back counts as changed.
  void publish(const ShownWatermarks& shown, const std::function<void(const Cell&)>& changed,
               const std::function<void(const std::string& cell_id)>& removed);
  void for_each(const ShownWatermarks& shown, const std::function<void(const Cell&)>& visit) const;
  void for_each_day(const ShownWatermarks& shown, const std::function<void(const Cell&)>& visit) const; // of the marts

  std::size_t changed() const { return snapshot_changed_.size() + dropped_.size(); } // since write_changed()
  // Snapshot entries: every cell of the slice and those changed since the last call (null: gone), or all.
  void write_changed(int slice, const std::function<void(const std::string& key, const std::string* value)>& sink);
  void write_all(const std::function<void(const std::string& key, const std::string& value)>& sink) const;
  bool load(std::string_view key, std::string_view value);
  void load(const FunnelPlan& plan, const Attempt& attempt); // of an entity that was loaded
  bool finish_load(); // false: cells and attempts do not fit together

 private:
  enum Mark : std::uint8_t { kToPublish = 1, kToWrite = 2, kBothMarks = 3 };
  // There are a million of them.
  struct Slot {
    CellKey key;
    CellBody body;
    std::uint32_t generation = 0; // of the slot; deadlines of an earlier tenant are ignored
    std::uint8_t feed = 0;        // bit = Topic
    std::uint8_t slice = 0;
    std::uint8_t marks = 0;       // what changed since the last publication and the last increment
    bool live = false;
  };
  static_assert(sizeof(Slot) == 40);
  struct Deadline {
    Time time;
    std::uint32_t slot, generation;
    bool operator>(const Deadline& other) const { return time > other.time; }
  };
  // An open cell.
  struct Place {
    Slot* slot = nullptr;
    CellContent* content = nullptr;
    explicit operator bool() const { return slot != nullptr; }
    template <class Values>
    Values& values() const { return std::get<Values>(content->values); }
  };
  // The cell used last, by family, size, department and funnel: most records fall into the same windows as those before.
  struct Recent {
    TimeSpan span{kForever, kNever};
    Place place;
    TextId dim = 0;
    std::uint32_t sub = 0;
    Family family{};
    WindowSize size{};
    bool holds(Family f, WindowSize w, TextId d, std::uint32_t s, Time time) const {
      return time >= span.start && time < span.end && family == f && size == w && dim == d && sub == s;
    }
  };
  static constexpr std::size_t kRecent = 8192;
  using Deadlines = std::priority_queue<Deadline, std::vector<Deadline>, std::greater<>>;
  // Slots are found by the key that they hold, which is not kept twice.
  struct KeyHash {
    using is_transparent = void;
    const std::deque<Slot>* slots;
    std::size_t operator()(const CellKey& key) const { return absl::Hash<CellKey>{}(key); }
    std::size_t operator()(std::uint32_t index) const { return (*this)((*slots)[index].key); }
  };
  struct KeyEqual {
    using is_transparent = void;
    const std::deque<Slot>* slots;
    bool operator()(std::uint32_t a, const CellKey& b) const { return (*slots)[a].key == b; }
    bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b; }
  };

  static std::size_t recent_place(Family family, WindowSize size, TextId dim, std::uint32_t sub) {
    const std::size_t lane = (dim * 31 + sub) * (kFamilyCount * kWindowSizeCount) + static_cast<std::size_t>(family) * kWindowSizeCount;
    return (lane + static_cast<std::size_t>(size)) % kRecent;
  }
  // Nothing: the window has left.
  Place place_at(Family family, WindowSize size, TextId dim, std::uint32_t sub, Time time) {
    Recent& recent = recent_[recent_place(family, size, dim, sub)];
    return recent.holds(family, size, dim, sub, time) ? recent.place : look_up(family, size, dim, sub, time, &recent);
  }
  Place look_up(Family family, WindowSize size, TextId dim, std::uint32_t sub, Time time, Recent* recent);
  Place place_for(const CellKey& key, const TimeSpan& span);
  // Nothing: there is no such cell.
  Place find_place(Family family, WindowSize size, TextId dim, std::uint32_t sub, Time time);
  std::uint32_t new_slot(const CellKey& key, const TimeSpan& span);
  void free_slot(std::uint32_t index);
  Place open(std::uint32_t index);
  void pack(Slot& slot, const CellContent& content);
  void unpack(const Slot& slot, CellContent* content) const;
  void forget_recent(const Slot& slot);
  CellContent& scratch(const CellKey& key) const;
  CellContent& content_of(const Slot& slot) const; // of a packed cell a copy, until the next one's
  // Until the next cell's.
  struct Packed {
    std::string_view derived, snapshot; // see cell_values.h
  };
  Packed packed(const Slot& slot) const;
  void touch(const Place& place) {
    if (place.content->contributions <= 0 || place.slot->marks != kBothMarks) mark(place);
  }
  void mark(const Place& place);
  void mark_to_publish(std::uint32_t index);
  void mark_to_write(std::uint32_t index);
  void schedule(std::uint32_t index, Time time);
  void take_due(Deadlines& deadlines, Time shown);
  Time final_at(const CellKey& key, const TimeSpan& span) const;
  std::uint8_t feed(const CellKey& key) const;
  void exchange_in(const Place& place, const FunnelPlan& plan, const Attempt& before, const Attempt& after);
  void count_steps(FunnelValues& values, const Attempt& attempt, const Attempt& other, int sign);
  void count_end(FunnelValues& values, const Attempt& attempt, int sign);
  void count_unseen(FunnelValues& values, const FunnelPlan& plan, const Attempt& attempt, int sign);
  // Calls f(size, dim) for the cells that an attempt of the department counts in.
  template <class F>
  static void each_funnel_cell(TextId department, F&& f);
  struct LoadedAttempt { // undecided
    std::int64_t start_ms;
    TextId department;
    std::uint16_t funnel;
    bool unseen;
  };
  static bool is_unseen(const FunnelPlan& plan, const Attempt& attempt); // counts in FunnelValues::unseen
  bool count_loaded(const LoadedAttempt& attempt);
  bool count_loaded_in(const Place& place, const LoadedAttempt& attempt);
  Time next_minute(const CellKey& key, const CellContent& content, Time shown) const;
  void schedule_next_timeout(const CellKey& key, CellContent& content, Time shown);

  Cell render(const CellKey& key, const TimeSpan& span, const CellContent& content, Time shown) const;
  void render_values(const DepartmentValues& values, bool hospital, Cell* cell) const;
  void render_values(const FunnelValues& values, std::int64_t entered, const FunnelPlan& plan, Time shown, Cell* cell) const;
  void render_values(const PatientsValues& values, std::int64_t patients, Cell* cell) const;
  CellValues no_values(const CellKey& key) const;
  TimeSpan span_of(const CellKey& key) const;
  Cell identity(const CellKey& key) const { return identity(key, span_of(key)); }
  Cell identity(const CellKey& key, const TimeSpan& span) const; // family, dims, window
  const FunnelPlan& plan(std::uint32_t funnel) const;
  std::string encode_key(const CellKey& key) const;
  std::optional<CellKey> decode_key(std::string_view bytes);
  void encode_content(const Slot& slot, std::string* bytes) const;

  const Windows& windows_;
  Texts& texts_;
  std::vector<const FunnelPlan*> plans_; // by funnel index
  std::array<const FamilySpec*, kFamilyCount> specs_;
  Time log_watermark_ = kNever;
  std::deque<Slot> slots_;
  std::vector<std::uint32_t> free_;
  absl::flat_hash_set<std::uint32_t, KeyHash, KeyEqual> cells_{0, KeyHash{&slots_}, KeyEqual{&slots_}};
  std::vector<Recent> recent_{kRecent};
  std::vector<std::uint32_t> publish_changed_, snapshot_changed_;
  std::set<std::string> removed_; // cell ids that went since the last publish
  std::set<std::string> dropped_; // snapshot keys that went since the last increment
  std::array<Deadlines, 1 << kTopicCount> deadlines_; // by feed
  Leaving<std::pair<std::uint32_t, std::uint32_t>> leaving_; // (slot, generation)
  std::vector<LoadedAttempt> loaded_attempts_; // until finish_load, as the next
  absl::flat_hash_set<std::uint32_t> loaded_older_; // slots of funnel cells that say all that were undecided
  mutable std::vector<CellContent> scratch_; // by family, and then by funnel: a packed cell, unpacked to be looked at
  mutable std::string bytes_, derived_;      // only spare the allocation
};

} // namespace wardpulse::aggregator
