// The parts of a PartitionState. Private to its sources.
#pragma once

#include "aggregator/attempt.h"
#include "aggregator/cell_table.h"
#include "aggregator/entity_book.h"
#include "aggregator/hold_book.h"
#include "aggregator/partition_state.h"
#include "aggregator/repeat_book.h"
#include "aggregator/texts.h"
#include "aggregator/visit_book.h"
#include "aggregator/windows.h"

namespace wardpulse::aggregator {

struct PartitionState::Impl {
  Impl(const Definition& definition, std::int32_t partition);

  // --- apply (partition_state.cc)
  Outcome judge(const LogRecord& record, std::vector<RejectedRecord>* rejected);
  Outcome place(const LogRecord& record, const Event& event, SizeMask admitted, Time before, std::vector<RejectedRecord>* rejected);
  Outcome place_checkin(const LogRecord& record, const Event& event, SizeMask admitted, Time before, std::vector<RejectedRecord>* rejected);
  void release(const std::string& patient_id, const std::string& visit_id, std::vector<RejectedRecord>* rejected);
  Outcome refuse(const LogRecord& record, Rejection rejection, std::vector<RejectedRecord>* rejected);
  Outcome refuse_unknown_visit(const LogRecord& record, const Event& event, SizeMask admitted, std::vector<RejectedRecord>* rejected);
  void refuse_held(const Held& held, std::vector<RejectedRecord>* rejected);
  Outcome settle(const Added& added, const Event& event, SizeMask admitted);
  void count_quality(const Event& event, SizeMask admitted, std::uint32_t more_evaluated, std::uint32_t failed);
  TextId source_of(const Event& event);
  Occurrence occurrence_of(const Event& event, SizeMask admitted);
  Time log_watermark() const;
  void let_go(std::vector<RejectedRecord>* rejected);

  // --- publish (partition_publish.cc)
  void move_shown(const Progress& progress);
  Census census_now(Time now);
  void publish_census(const PublishSink& sink);
  void publish_crowding(const Census& census, const PublishSink& sink);
  void publish_task(const PublishSink& sink);
  Cell task_cell() const;

  // --- snapshot (partition_snapshot.cc)
  std::string encode_meta() const;
  bool load_meta(std::string_view bytes);

  const Definition& definition;
  std::int32_t partition;
  Windows windows;
  Texts texts;
  FunnelPlans plans;
  CellTable cells;
  VisitBook visits;
  EntityBook entities;
  HoldBook holds;
  RepeatBook repeats;
  Decoder decoder;
  std::array<std::int64_t, kTopicCount> next_offset{};
  std::array<Time, kTopicCount> stream;
  Counters counters;
  Time last_log_watermark = kNever; // that things were let go by
  bool meta_loaded = false;

  // Of publishing, no part of the state.
  ShownWatermarks shown;
  std::map<std::string, std::pair<CensusValues, Time>> census_published; // by department: values and their moment
  std::pair<Counts, Time> crowding_published{{}, kNever};
  Time task_published = kNever;
  Counters task_counters;
  bool publish_all = true;
};

} // namespace wardpulse::aggregator
