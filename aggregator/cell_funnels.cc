// Attempts in the cells of funnels.
#include "aggregator/cell_table.h"
#include "aggregator/state_codec.h"
#include "proto/event_types.h"

namespace wardpulse::aggregator {

std::string door_name(const Attempt& attempt, const Texts& texts) {
  if (attempt.exit_type >= kWorkflowTypes) return texts.text(attempt.exit_type - kWorkflowTypes);
  std::string door(event_type_spec(static_cast<EventType>(attempt.exit_type)).name);
  if (attempt.exit_detail != 0) door += ":" + texts.text(attempt.exit_detail);
  return door;
}

// One for its department and one for all, unless they are the same.
template <class F>
void CellTable::each_funnel_cell(TextId department, F&& f) {
  for (const WindowSize size : {WindowSize::k1h, WindowSize::k1d}) {
    if (department != kAllDepartments) f(size, department == 0 ? kUnknownText : department);
    f(size, kAllDepartments);
  }
}

void CellTable::exchange(const FunnelPlan& plan, const Attempt& before, const Attempt& after) {
  if (before == after) return;
  static const Attempt none;
  // Of an attempt that comes to its cells (+1), leaves them (-1) or changes in them (0).
  const auto count = [&](const Attempt& attempt, int sign, const Attempt& from, const Attempt& to) {
    if (!attempt.exists()) return;
    each_funnel_cell(attempt.department, [&](WindowSize size, TextId dim) {
      const Place place = place_at(Family::kFunnel, size, dim, plan.index, attempt.reached.front());
      if (!place) return;
      place.content->contributions += sign;
      exchange_in(place, plan, from, to);
    });
  };
  if (before.exists() && after.exists() && before.department == after.department && before.reached.front() == after.reached.front()) {
    count(after, 0, before, after);
    return;
  }
  // Adds first, then takes back, so that a cell which keeps the attempt never disappears between the two.
  count(after, +1, none, after);
  count(before, -1, before, none);
}

// Either may not exist; what both have in common is left alone.
void CellTable::exchange_in(const Place& place, const FunnelPlan& plan, const Attempt& before, const Attempt& after) {
  auto& values = place.values<FunnelValues>();
  const auto seen = [&](const Attempt& attempt) { return attempt.reached.size() > plan.provider_step; };
  const bool same_end = before.end == Attempt::End::kUndecided && after.end == Attempt::End::kUndecided;
  const bool same_wait = plan.provider_step == 0 || (same_end && seen(before) == seen(after));
  for (const int sign : {+1, -1}) {
    const Attempt& attempt = sign > 0 ? after : before;
    if (!attempt.exists()) continue;
    count_steps(values, attempt, sign > 0 ? before : after, sign);
    if (!same_end) count_end(values, attempt, sign);
    if (!same_wait) count_unseen(values, plan, attempt, sign);
  }
  touch(place);
}

// Steps that `other` reached at the same moment are left alone.
void CellTable::count_steps(FunnelValues& v, const Attempt& attempt, const Attempt& other, int sign) {
  for (std::size_t k = 0; k < attempt.reached.size(); ++k) {
    if (k < other.reached.size() && other.reached[k] == attempt.reached[k]) continue;
    v.reached[k] += sign;
    if (k > 0) v.minutes_to_step[k].add(static_cast<std::int32_t>(whole_minutes(attempt.reached.front(), attempt.reached[k])), sign);
  }
}

void CellTable::count_end(FunnelValues& v, const Attempt& attempt, int sign) {
  const Time start = attempt.reached.front();
  switch (attempt.end) {
    case Attempt::End::kConverted:
      v.converted += sign;
      v.minutes_to_convert.add(static_cast<std::int32_t>(whole_minutes(start, attempt.reached.back())), sign);
      break;
    case Attempt::End::kExited: {
      const auto it = v.exited.try_emplace(door_name(attempt, texts_), 0).first;
      if ((it->second += sign) == 0) v.exited.erase(it);
      break;
    }
    case Attempt::End::kUndecided:
      v.undecided.add(to_ms(start), sign);
      break;
    case Attempt::End::kNone: break;
  }
}

void CellTable::count_unseen(FunnelValues& v, const FunnelPlan& plan, const Attempt& attempt, int sign) {
  if (attempt.reached.size() > plan.provider_step) return;
  const Time start = attempt.reached.front();
  if (attempt.end == Attempt::End::kExited) {
    v.unseen_exited.add(static_cast<std::int32_t>(whole_minutes(start, attempt.exit_time)), sign);
  } else if (attempt.end == Attempt::End::kUndecided) {
    v.unseen.add(whole_start(to_ms(start)), sign);
  }
}

bool CellTable::is_unseen(const FunnelPlan& plan, const Attempt& attempt) {
  return plan.provider_step != 0 && attempt.end == Attempt::End::kUndecided && attempt.reached.size() <= plan.provider_step;
}

void CellTable::keep(const FunnelPlan& plan, const Attempt& attempt) {
  if (attempt.end != Attempt::End::kUndecided) return;
  const Time start = attempt.reached.front();
  each_funnel_cell(attempt.department, [&](WindowSize size, TextId dim) {
    const auto it = cells_.find(CellKey{to_ms(windows_.span(size, start).start), dim, static_cast<std::uint16_t>(plan.index), Family::kFunnel, size});
    if (it == cells_.end()) return; // it has left
    Slot& slot = slots_[*it];
    const bool at_rest = slot.body.open() == nullptr;
    auto& values = open(*it).values<FunnelValues>();
    values.departed_undecided.add(to_ms(start), +1);
    if (is_unseen(plan, attempt)) values.departed_unseen.add(whole_start(to_ms(start)), +1);
    mark_to_write(*it);
    if (at_rest) pack(slot, *slot.body.open());
  });
}

void CellTable::load(const FunnelPlan& plan, const Attempt& attempt) {
  if (attempt.end != Attempt::End::kUndecided) return;
  loaded_attempts_.push_back({to_ms(attempt.reached.front()), attempt.department, static_cast<std::uint16_t>(plan.index), is_unseen(plan, attempt)});
}

bool CellTable::count_loaded(const LoadedAttempt& attempt) {
  bool fits = true;
  each_funnel_cell(attempt.department, [&](WindowSize size, TextId dim) {
    const Place place = find_place(Family::kFunnel, size, dim, attempt.funnel, from_ms(attempt.start_ms));
    if (place) fits = fits && count_loaded_in(place, attempt); // else it has left
  });
  return fits;
}

bool CellTable::count_loaded_in(const Place& place, const LoadedAttempt& attempt) {
  auto& v = place.values<FunnelValues>();
  const bool is_older = loaded_older_.contains(place.content->index);
  const auto count = [&](StartCounts& all, StartCounts& departed, std::int64_t start_ms) {
    if (is_older ? departed.count_at(start_ms) == 0 : !all.may_add(start_ms, 1)) return false;
    (is_older ? departed : all).add(start_ms, is_older ? -1 : +1);
    return true;
  };
  return count(v.undecided, v.departed_undecided, attempt.start_ms) &&
         (!attempt.unseen || count(v.unseen, v.departed_unseen, whole_start(attempt.start_ms)));
}

} // namespace wardpulse::aggregator
