#include "aggregator/attempt.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "aggregator/windows.h"
#include "base/check.h"
#include "proto/codec.h"
#include "proto/event_types.h"

namespace wardpulse::aggregator {
namespace {

struct Candidate {
  const Occurrence* record;
  bool used = false;
};
using Candidates = absl::InlinedVector<Candidate, 16>;

TypeCode type_code(const std::string& name, bool by_visit, Texts* texts) {
  if (!by_visit) return kWorkflowTypes + texts->intern(name);
  const auto type = visit_event_type(name);
  WP_CHECK(type.has_value()); // parse_funnels refuses others
  return static_cast<TypeCode>(*type);
}

// In order of (time, event_id, topic), at most kOccurrencesCounted of each type.
Candidates candidates_of(const FunnelPlan& plan, Records records, Time last_time) {
  Candidates found;
  TypeCode type = UINT32_MAX;
  int of_type = 0;
  for (const Occurrence& o : records) { // sorted by type, then time
    if ((o.admitted & size_bit(WindowSize::k1d)) == 0 || o.time > last_time || !plan.uses(o.type)) continue;
    of_type = o.type == type ? of_type + 1 : 1;
    type = o.type;
    if (of_type <= kOccurrencesCounted) found.push_back({&o});
  }
  std::sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.record->time, a.record->event_id, a.record->type) < std::tie(b.record->time, b.record->event_id, b.record->type);
  });
  return found;
}

bool matches(const std::vector<FunnelPlan::Match>& step, const Occurrence& o) {
  for (const FunnelPlan::Match& m : step) {
    if (m.type == o.type && (m.condition & ~o.conditions) == 0) return true;
  }
  return false;
}

Candidate* first_match(const std::vector<FunnelPlan::Match>& step, Candidates& candidates, Time from, Time until) {
  for (Candidate& c : candidates) {
    if (c.record->time > until) return nullptr;
    if (!c.used && c.record->time >= from && matches(step, *c.record)) return &c;
  }
  return nullptr;
}

const Occurrence* first_exit(const FunnelPlan& plan, const Candidates& candidates, Time from, Time until) {
  const Occurrence* best = nullptr;
  std::size_t best_place = 0;
  for (const Candidate& c : candidates) {
    if (c.record->time < from || c.record->time > until || (best != nullptr && c.record->time > best->time)) continue;
    const auto place = static_cast<std::size_t>(std::find(plan.exits.begin(), plan.exits.end(), c.record->type) - plan.exits.begin());
    if (place == plan.exits.size()) continue;
    if (best == nullptr || place < best_place) {
      best = c.record;
      best_place = place;
    }
  }
  return best;
}

} // namespace

std::optional<EventType> visit_event_type(std::string_view name) {
  for (const EventTypeSpec& spec : event_types()) {
    const bool of_visit = spec.topic != Topic::kWorkflow && spec.type != EventType::kHeartbeat && spec.type != EventType::kPatientRegistered;
    if (of_visit && spec.name == name) return spec.type;
  }
  return std::nullopt;
}

bool FunnelPlan::uses_workflow_type(TypeCode type) const {
  return std::find(workflow_types.begin(), workflow_types.end(), type) != workflow_types.end();
}

bool FunnelPlan::started(Records records) const {
  for (const Occurrence& o : records) { // sorted by type
    if (o.type > last_start_type) return false;
    if (matches(steps.front(), o)) return true;
  }
  return false;
}

std::uint32_t FunnelPlans::conditions_of(const Event& event) const {
  std::uint32_t bits = 0;
  for (std::size_t c = 0; c < conditions.size(); ++c) {
    if (conditions[c].event_type == event.type_name && event_field(event, conditions[c].field) == conditions[c].value) {
      bits |= 1U << c;
    }
  }
  return bits;
}

FunnelPlans plan_funnels(const std::vector<Funnel>& funnels, Texts* texts) {
  FunnelPlans plans;
  std::uint32_t index = 0;
  for (const Funnel& funnel : funnels) {
    FunnelPlan plan{.definition = &funnel, .index = index++};
    const auto feed = [&](TypeCode type) {
      if (type < kWorkflowTypes) {
        plan.visit_types |= 1U << type;
      } else {
        plan.workflow_types.push_back(type);
      }
      const Topic topic = funnel.by_visit ? event_topic(static_cast<EventType>(type)) : Topic::kWorkflow;
      plan.topics[static_cast<int>(topic)] = true;
    };
    for (const FunnelStep& step : funnel.steps) {
      auto& planned = plan.steps.emplace_back();
      for (const StepMatch& m : step.any_of) {
        FunnelPlan::Match match{type_code(m.event_type, funnel.by_visit, texts), 0};
        feed(match.type);
        if (!m.field.empty()) {
          const Condition condition{m.event_type, m.field, m.value};
          auto it = std::find(plans.conditions.begin(), plans.conditions.end(), condition);
          if (it == plans.conditions.end()) it = plans.conditions.insert(it, condition);
          WP_CHECK(plans.conditions.size() <= kMaxConditions);
          match.condition = 1U << (it - plans.conditions.begin());
        }
        planned.push_back(match);
        const bool seen = match.type == static_cast<TypeCode>(EventType::kProviderSeen);
        if (seen && plan.provider_step == 0) plan.provider_step = plan.steps.size() - 1;
      }
    }
    for (const FunnelPlan::Match& m : plan.steps.front()) plan.last_start_type = std::max(plan.last_start_type, m.type);
    for (const std::string& exit : funnel.exits) {
      plan.exits.push_back(type_code(exit, funnel.by_visit, texts));
      feed(plan.exits.back());
    }
    (funnel.by_visit ? plans.by_visit : plans.by_entity).push_back(std::move(plan));
  }
  return plans;
}

namespace {
struct FieldAccess {
  std::string_view name;
  std::string_view Event::* member;
};
constexpr FieldAccess kConditionFields[] = {
    {"visit_type", &Event::visit_type_text}, {"arrival_mode", &Event::arrival_mode}, {"department", &Event::department},
    {"facility", &Event::facility},          {"source", &Event::source},             {"actor_role", &Event::actor_role},
    {"reason", &Event::reason},              {"disposition", &Event::disposition},   {"room_type", &Event::room_type},
    {"treatment_code", &Event::treatment_code}, {"status", &Event::status_text},     {"payer", &Event::payer},
    {"organization", &Event::organization},
};
} // namespace

std::string_view event_field(const Event& event, std::string_view name) {
  for (const FieldAccess& field : kConditionFields) if (field.name == name) return event.*field.member;
  return {};
}

bool is_condition_field(std::string_view name) {
  return std::any_of(std::begin(kConditionFields), std::end(kConditionFields), [&](const auto& f) { return f.name == name; });
}

std::string condition_field_names() {
  std::string names;
  for (const FieldAccess& field : kConditionFields) names += (names.empty() ? "" : ", ") + std::string(field.name);
  return names;
}

Attempt attempt_of(const FunnelPlan& plan, Records records, Time last_time, TextId fallback_department) {
  Attempt attempt;
  if (!plan.started(records)) return attempt;
  Candidates candidates = candidates_of(plan, records, last_time);
  Candidate* match = first_match(plan.steps.front(), candidates, kNever, kForever);
  if (match == nullptr) return attempt;
  const Time start = match->record->time;
  const Time until = later(start, plan.definition->window);
  attempt.department = match->record->department != 0 ? match->record->department : fallback_department;
  for (std::size_t k = 0; match != nullptr;) {
    match->used = true;
    attempt.reached.push_back(match->record->time);
    if (++k == plan.steps.size()) break;
    match = first_match(plan.steps[k], candidates, match->record->time, until);
  }
  const bool all = attempt.reached.size() == plan.steps.size();
  attempt.end = all ? Attempt::End::kConverted : Attempt::End::kUndecided;
  const Occurrence* exit = first_exit(plan, candidates, start, until);
  if (exit != nullptr && !(all && exit->time >= attempt.reached.back())) {
    attempt.end = Attempt::End::kExited;
    attempt.exit_type = exit->type;
    attempt.exit_detail = exit->detail;
    attempt.exit_time = exit->time;
    while (attempt.reached.back() > exit->time) attempt.reached.pop_back();
  }
  return attempt;
}

} // namespace wardpulse::aggregator
