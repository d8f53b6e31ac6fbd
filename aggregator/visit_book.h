// All patients and visits of a partition number, and how a change of a visit moves its contributions between cells.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aggregator/cell_table.h"
#include "aggregator/census_book.h"
#include "aggregator/leaving.h"
#include "aggregator/partition_state.h"
#include "aggregator/patient_index.h"
#include "aggregator/patient_summary.h"
#include "aggregator/sums.h"
#include "aggregator/visit.h"

namespace wardpulse::aggregator {

// How a record met the records that are remembered already.
struct Added {
  bool applied = false;         // false: duplicate
  bool content_differs = false; // duplicate of something with other content
  int ignored = 0;              // occurrences beyond those that count, this one or one it pushed out
};
struct Addition {
  Added added;
  std::size_t place = 0;                // where it goes, counted without the one that it pushes out
  std::optional<std::size_t> pushed_out;
};
// Same rules for visits, patients and entities.
Addition judge_addition(const Occurrence& occurrence, Records records);
// REQUIRES: added.applied, and the records are those that were judged.
template <class List> // Occurrences or Unpacked
void add_to(List* records, const Addition& addition, const Occurrence& occurrence) {
  if (addition.pushed_out) records->erase_at(*addition.pushed_out);
  records->insert_at(addition.place, occurrence);
}

// Of a visit, as a day sees it.
Attempt attempt_of(const FunnelPlan& plan, Records records, const VisitView& day);

class VisitBook {
 public:
  VisitBook(const Windows& windows, const FunnelPlans& plans, Texts& texts, CellTable& cells);

  Patient& patient(std::string_view id); // made when missing
  Patient* find(std::string_view id) { return patients_.find(id); }
  void prefetch(std::string_view id, int step) const; // see PartitionState

  enum class Verdict { kJoins, kUnknown, kWaits };
  struct Judgement {
    Verdict verdict = Verdict::kWaits;
    Visit* visit = nullptr; // kJoins
  };
  // A record of encounters or billing.
  Judgement judge(Patient* patient, std::string_view visit_id, Time event_time, Time stream) const;
  // The newest instance; nullptr: none.
  Visit* newest(Patient& patient, std::string_view visit_id) const;
  Visit& make_visit(Patient& patient, std::string_view visit_id, Time anchor, Time known_at);

  Added add(Visit& visit, const Occurrence& occurrence);
  // `stream`: stream time of checkins before the record.
  Added add_registration(Patient& patient, const Occurrence& occurrence, Time stream);

  // Visits whose time has come leave. REQUIRES: never goes back.
  void set_log_watermark(Time watermark);

  std::size_t patient_count() const { return patients_.size(); }
  std::size_t visit_count() const { return visit_count_; }

  Census census(Time now); // REQUIRES: `now` never goes back, of these two
  void keep_census(Time now) { census_.move_to(now); }

  // Rows of the mart: see PartitionState.
  std::size_t changed_rows() const { return row_changed_.size() - rows_given_; }
  void publish_rows(std::size_t most, const std::function<void(const Cell&)>& changed);
  void mark_rows_changed(); // all of them
  void for_each_row(const std::function<void(const Cell&)>& visit) const;

  std::size_t changed() const { return changed_.size(); } // patients, since write_changed()
  void write_changed(int slice, const std::function<void(const std::string& key, const std::string& value)>& sink);
  void write_all(const std::function<void(const std::string& key, const std::string& value)>& sink) const;
  bool load(std::string_view id, std::string_view value);
  void finish_load(Time log_watermark);

 private:
  struct Seen;
  void exchange(Visit& visit, TypeCode changed, const Seen& before, const Seen& after);
  void exchange_facts(const Visit& visit, TypeCode changed, const Seen& before, const Seen& after);
  struct Checkin {
    Time time{};
    TextId department = 0;
  };
  using OtherCheckins = std::array<absl::InlinedVector<Checkin, 2>, kWindowSizeCount>;
  OtherCheckins other_checkins(const Visit& visit) const;
  void move_checkin(const Visit& visit, WindowSize size, const OtherCheckins& others, const VisitView::Step& before, const VisitView::Step& after);
  void keep_checkins(Patient& patient, Records records, Time hour);
  void forget_settled(Patient& patient, Time hour);
  void mark_changed(Patient& patient, bool row);
  void exchange_sums(const Sums& before, const Sums& after);
  std::array<bool, kWindowSizeCount> registered(const Visit& visit) const;
  // Calls f for each of [from, to), while memory of those that follow is asked for.
  template <class F>
  static void go_through(const std::vector<Patient*>& patients, std::size_t from, std::size_t to, F&& f) {
    for (std::size_t i = from; i < to; ++i) {
      prefetch(patients, i);
      f(*patients[i]);
    }
  }
  template <class F>
  static void go_through(const std::vector<Patient*>& patients, F&& f) { go_through(patients, 0, patients.size(), f); }
  static void prefetch(const std::vector<Patient*>& patients, std::size_t at); // for those behind this one
  void schedule_leave(const Visit& visit);
  void leave(Patient& patient, Time hour);
  void encode(const Patient& patient, std::string* bytes) const;

  const Windows& windows_;
  const FunnelPlans& plans_;
  Texts& texts_;
  CellTable& cells_;
  PatientIndex patients_;
  std::vector<Patient*> changed_, row_changed_;
  std::size_t rows_given_ = 0; // of row_changed_, from its beginning
  LastRoomed last_roomed_;
  std::vector<RoomedPatient> loaded_roomed_; // until finish_load
  CensusBook census_{patients_};
  Leaving<Patient*> leaving_;
  std::size_t visit_count_ = 0;
};

} // namespace wardpulse::aggregator
