// One entity's way through one funnel.
#pragma once

#include <string>
#include <vector>

#include <absl/container/inlined_vector.h>

#include "aggregator/definition.h"
#include "aggregator/occurrences.h"
#include "aggregator/texts.h"

namespace wardpulse::aggregator {

inline constexpr int kOccurrencesCounted = 16; // per entity and event type; further ones are ignored

// A funnel with its event types and field conditions turned into numbers.
struct FunnelPlan {
  struct Match {
    TypeCode type = 0;
    std::uint32_t condition = 0; // bit that must be set; 0: any
  };
  const Funnel* definition = nullptr;
  std::uint32_t index = 0;
  std::vector<std::vector<Match>> steps;
  std::vector<TypeCode> exits;
  std::array<bool, kTopicCount> topics{}; // that feed it
  std::uint32_t visit_types = 0;          // by_visit: bit t for each EventType t it uses
  std::vector<TypeCode> workflow_types;   // by_entity: those it uses
  bool uses(TypeCode type) const { return type < kWorkflowTypes ? (visit_types >> type & 1) != 0 : uses_workflow_type(type); }
  bool uses_workflow_type(TypeCode type) const;
  bool started(Records records) const; // one of them matches the first step
  TypeCode last_start_type = 0;           // the largest type of the first step
  std::size_t provider_step = 0;          // the first step after the start that provider.seen matches; 0: none
};

struct Condition { // one field = value of the definition; its place in the list is its bit
  std::string event_type, field, value;
  friend bool operator==(const Condition&, const Condition&) = default;
};
inline constexpr int kMaxConditions = 32; // over all funnels; parse_funnels refuses more

struct FunnelPlans {
  std::vector<FunnelPlan> by_visit, by_entity;
  std::vector<Condition> conditions;
  std::uint32_t conditions_of(const Event& event) const;
};
FunnelPlans plan_funnels(const std::vector<Funnel>& funnels, Texts* texts);
// The text of an event's field as a funnel condition may name it; empty when absent or unknown.
std::string_view event_field(const Event& event, std::string_view name);
bool is_condition_field(std::string_view name);
std::string condition_field_names(); // with commas between
std::optional<EventType> visit_event_type(std::string_view name); // the types a visit funnel may use

struct Attempt {
  enum class End : std::uint8_t { kNone, kConverted, kExited, kUndecided } end = End::kNone; // kNone: no start, no attempt
  TextId department = 0;                    // 0: unknown
  TypeCode exit_type = 0;                   // kExited
  TextId exit_detail = 0;                   // kExited by visit.left: reason
  Time exit_time{};                         // kExited
  absl::InlinedVector<Time, 6> reached;     // time of each step reached; [0] is the start
  bool exists() const { return end != End::kNone; }
  friend bool operator==(const Attempt&, const Attempt&) = default;
};
// From the records that 1d admitted, not later than `last_time`. `fallback_department` for a start without its own.
Attempt attempt_of(const FunnelPlan& plan, Records records, Time last_time, TextId fallback_department);

} // namespace wardpulse::aggregator
