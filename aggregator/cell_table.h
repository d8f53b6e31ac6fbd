// The cells of one partition number: what they count, which changed, and when their status will.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <queue>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "aggregator/attempt.h"
#include "aggregator/cell_key.h"
#include "aggregator/leaving.h"
#include "aggregator/start_counts.h"
#include "aggregator/sums.h"
#include "aggregator/texts.h"
#include "aggregator/visit.h"
#include "aggregator/windows.h"
#include "base/bytes.h"
#include "proto/cell.h"

namespace wardpulse::aggregator {

// First byte of a snapshot entry's key: what the entry is.
inline constexpr char kMetaEntry = 'm', kPatientEntry = 'p', kHoldEntry = 'h', kEntityEntry = 'e', kCellEntry = 'c', kRepeatEntry = 'r';

// Values of families department and hospital.
struct DepartmentValues {
  std::int64_t checkins = 0, distinct_patients = 0, new_patients = 0;
  std::array<std::int64_t, 3> by_visit_type{}; // by VisitType
  std::int64_t completed = 0, cancelled = 0, no_show = 0, left = 0, admissions = 0, discharges = 0, treatments = 0, treatment_cents = 0;
  MinuteHistogram wait_minutes, stay_minutes;
};

struct FunnelValues {
  std::int64_t converted = 0;
  std::vector<std::int64_t> reached;            // per step; [0] = entered
  std::map<std::string, std::int64_t> exited;   // by door
  StartCounts undecided;                        // neither converted nor exited
  StartCounts unseen;                           // those of them that have not reached the provider's step
  MinuteHistogram unseen_exited;                // start to exit of attempts that left without reaching it
  std::vector<MinuteHistogram> minutes_to_step; // [0] unused
  MinuteHistogram minutes_to_convert;
  Time next_timeout = kForever; // a deadline is set for this moment: no undecided attempt times out before. Derived
};

// Of the families that are plain sums: fields in the order of proto/families.cc.
struct SumValues {
  SumFields fields{};
};

struct PatientsValues {
  std::int64_t visits = 0, returning = 0;
  MinuteHistogram visits_per_patient;
};
using CellValues = std::variant<DepartmentValues, FunnelValues, SumValues, PatientsValues>;

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

  // Cells whose time has come leave. REQUIRES: never goes back.
  void set_log_watermark(Time watermark);

  std::size_t size() const { return cells_.size(); }
  void mark_all_changed();

  // Gives all cells whose published form may have changed, then those that went. A cell that went and came back counts as changed.
  void publish(const ShownWatermarks& shown, const std::function<void(const Cell&)>& changed,
               const std::function<void(const std::string& cell_id)>& removed);
  void for_each(const ShownWatermarks& shown, const std::function<void(const Cell&)>& visit) const;

  // Snapshot entries: every cell of the slice and those changed since the last call (null: gone), or all.
  void write_changed(int slice, const std::function<void(const std::string& key, const std::string* value)>& sink);
  void write_all(const std::function<void(const std::string& key, const std::string& value)>& sink) const;
  bool load(std::string_view key, std::string_view value);
  bool drop(std::string_view key);
  void drop_slice(int slice);
  void finish_load();

 private:
  struct Slot {
    CellKey key;
    TimeSpan span{};
    std::int64_t contributions = 0; // facts, attempts or patients in the cell: at 0 it does not exist
    CellValues values;
    std::uint32_t index = 0;
    std::uint8_t feed = 0; // bit = Topic
    std::uint8_t slice = 0;
    bool live = false;
    bool publish_changed = false;
    bool snapshot_changed = false;
    std::uint32_t generation = 0; // of the slot; deadlines of an earlier tenant are ignored
  };
  struct Deadline {
    Time time;
    std::uint32_t slot, generation;
    bool operator>(const Deadline& other) const { return time > other.time; }
  };
  // The slot used last, by family, size, department and funnel: most records fall into the same windows as those before.
  struct Recent {
    TimeSpan span{kForever, kNever};
    Slot* slot = nullptr;
    TextId dim = 0;
    std::uint32_t sub = 0, generation = 0;
    Family family{};
    WindowSize size{};
  };
  static constexpr std::size_t kRecent = 8192;
  using Deadlines = std::priority_queue<Deadline, std::vector<Deadline>, std::greater<>>;

  // nullptr: the window has left.
  Slot* slot_at(Family family, WindowSize size, TextId dim, std::uint32_t sub, Time time) {
    const std::size_t lane = (dim * 31 + sub) * (kFamilyCount * kWindowSizeCount) + static_cast<std::size_t>(family) * kWindowSizeCount;
    Recent& recent = recent_[(lane + static_cast<std::size_t>(size)) % kRecent];
    if (time >= recent.span.start && time < recent.span.end && recent.family == family && recent.size == size && recent.dim == dim &&
        recent.sub == sub && recent.slot->generation == recent.generation) {
      return recent.slot;
    }
    return look_up(family, size, dim, sub, time, &recent);
  }
  Slot* look_up(Family family, WindowSize size, TextId dim, std::uint32_t sub, Time time, Recent* recent);
  Slot& slot_for(const CellKey& key, const TimeSpan& span);
  Slot& new_slot(const CellKey& key, const TimeSpan& span);
  Slot* find_slot(Family family, WindowSize size, TextId dim, Time time);
  void touch(Slot& slot) {
    if (slot.contributions <= 0 || !slot.publish_changed || !slot.snapshot_changed) mark(slot);
  }
  void mark(Slot& slot);
  void free_slot(Slot& slot);
  void schedule(const Slot& slot, Time time);
  void schedule_status(const Slot& slot);
  Time final_at(const Slot& slot) const;
  std::uint8_t feed(const CellKey& key) const;
  void exchange_in(Slot& slot, const FunnelPlan& plan, const Attempt& before, const Attempt& after);
  void count_steps(FunnelValues& values, const Attempt& attempt, const Attempt& other, int sign);
  void count_end(Slot& slot, const Attempt& attempt, int sign);
  void count_unseen(Slot& slot, const FunnelPlan& plan, const Attempt& attempt, int sign);
  Time next_minute(const Slot& slot, Time shown) const;
  void schedule_timeout(Slot& slot, Time start);
  void schedule_next_timeout(Slot& slot, Time shown);

  Cell render(const Slot& slot, const ShownWatermarks& shown) const;
  void render_values(const DepartmentValues& values, bool hospital, Cell* cell) const;
  void render_values(const FunnelValues& values, const Slot& slot, Time shown, Cell* cell) const;
  void render_values(const PatientsValues& values, std::int64_t patients, Cell* cell) const;
  CellValues no_values(const CellKey& key) const;
  TimeSpan span_of(const CellKey& key) const;
  Cell identity(const Slot& slot) const; // family, dims, window
  const FunnelPlan& plan(std::uint32_t funnel) const;
  std::string encode_key(const CellKey& key) const;
  std::optional<CellKey> decode_key(std::string_view bytes);
  static std::string encode_values(const Slot& slot);

  const Windows& windows_;
  Texts& texts_;
  std::vector<const FunnelPlan*> plans_; // by funnel index
  std::array<const FamilySpec*, kFamilyCount> specs_;
  Time log_watermark_ = kNever;
  std::deque<Slot> slots_;
  std::vector<std::uint32_t> free_;
  absl::flat_hash_map<CellKey, std::uint32_t> cells_;
  std::vector<Recent> recent_{kRecent};
  std::vector<std::uint32_t> publish_changed_, snapshot_changed_;
  std::set<std::string> removed_; // cell ids that went since the last publish
  std::set<std::string> dropped_; // snapshot keys that went since the last increment
  std::array<Deadlines, 1 << kTopicCount> deadlines_; // by feed
  Leaving<std::pair<std::uint32_t, std::uint32_t>> leaving_; // (slot, generation)
};

} // namespace wardpulse::aggregator
