// Turns the rows of one file into events, as a mapping says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "producer/field_value.h"
#include "producer/imported.h"
#include "producer/mapping.h"

namespace wardpulse::producer {

class RowMapper {
 public:
  // `mapping` has to outlive the mapper. Error: every column that is needed and missing. `file` is shown to people; its
  // last part is what `files` patterns and {@file} see.
  static Result<RowMapper> bind(const Mapping& mapping, const std::string& file, const std::vector<std::string>& header);

  bool has_events() const { return !events_.empty(); } // false: no event is made of this file's rows

  // A row becomes all its events or, with the reason returned, none. `out` and `counts` are then left alone.
  std::string map(const std::vector<std::string>& cells, std::int64_t line, Duration shift, Messages* out,
                  LocalTimeCounts* counts);
  std::int64_t skipped() const { return skipped_; } // events whose conditions did not hold

 private:
  // One entry for each column that a rule names, in its order; kMissing for an optional column that is not there.
  static constexpr std::size_t kMissing = SIZE_MAX;
  struct BoundField {
    const FieldRule* rule = nullptr;
    std::vector<std::size_t> columns;
    std::size_t move_column = kMissing; // of what its time is moved by
  };
  struct BoundCondition {
    const Condition* condition = nullptr;
    std::size_t column = kMissing;
  };
  struct BoundEvent {
    const EventRule* rule = nullptr;
    std::vector<BoundCondition> when;
    std::vector<BoundField> fields;
    bool has_id = false; // the mapping gives event_id
  };
  class Binder;

  bool wanted(const BoundEvent& event) const;
  std::string make(const BoundEvent& bound, Duration shift, Messages* out, LocalTimeCounts* counts);
  // The text for a field after trim, empty, default and map; empty: no value.
  std::string value_of(const BoundField& field, std::string* out) const;
  std::string_view move_of(const BoundField& field) const;
  std::string set(const BoundField& field, const std::string& text, LocalTimeCounts* counts, Event* event) const;
  std::string origin_of(const BoundField& field, std::string* out) const; // why there is none, or nothing
  void fill_in(const BoundField& field, const std::vector<TemplatePart>& parts, std::string* out) const;
  std::string_view cell(std::size_t column) const {
    return column == kMissing ? std::string_view{} : std::string_view((*cells_)[column]);
  }

  std::vector<BoundEvent> events_;
  std::size_t columns_ = 0;
  std::string file_name_;
  std::int64_t skipped_ = 0;
  const std::vector<std::string>* cells_ = nullptr; // of the row at hand
  std::int64_t line_ = 0;
  std::vector<std::string> texts_;                  // what the event at hand points into
  std::string json_;                                // of the event at hand
};

} // namespace wardpulse::producer
