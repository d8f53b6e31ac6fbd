#include "aggregator/visit.h"

#include <algorithm>

namespace wardpulse::aggregator {
namespace {

constexpr TypeCode code(EventType type) { return static_cast<TypeCode>(type); }

VisitView::Step* step_of(VisitView& view, TypeCode type) {
  switch (static_cast<EventType>(type)) {
    case EventType::kCheckin: return &view.checkin;
    case EventType::kVisitCancelled: return &view.cancelled;
    case EventType::kVisitNoShow: return &view.no_show;
    case EventType::kRoomed: return &view.roomed;
    case EventType::kProviderSeen: return &view.seen;
    case EventType::kAdmitDecision: return &view.decision;
    case EventType::kVisitCompleted: return &view.completed;
    case EventType::kVisitLeft: return &view.left;
    default: return nullptr;
  }
}

void add_duration(Fact::Kind kind, const VisitView::Step& from, const VisitView::Step& to, Facts* facts) {
  if (!from.present() || !to.present()) return;
  const std::int64_t minutes = whole_minutes(from.time, to.time);
  facts->push_back({minutes < 0 ? Fact::Kind::kOutOfSequence : kind, 0, to.department, to.time, std::max<std::int64_t>(minutes, 0)});
}

void add_step(Fact::Kind kind, const VisitView::Step& step, Facts* facts) {
  if (step.present()) facts->push_back({kind, step.flag, step.department, step.time, 0});
}

} // namespace

std::int64_t whole_minutes(Time from, Time to) {
  const std::int64_t ms = (to - from).count();
  return ms < 0 ? -1 : ms / 60'000;
}

Time VisitView::end() const {
  Time earliest = kForever;
  for (const Step* step : {&completed, &left, &cancelled, &no_show}) {
    if (step->present()) earliest = std::min(earliest, step->time);
  }
  return earliest;
}

VisitView view_of(Records records, SizeMask size) {
  VisitView view;
  // The checkin-side types come first in the list, so the visit's span and department are known before the other records.
  Time first = kForever;
  TextId department = 0;
  bool side_done = false;
  const auto settle = [&] {
    side_done = true;
    view.known = first != kForever;
    view.last_time = later(first, kVisitHorizon);
    for (auto* step : {&view.checkin, &view.cancelled, &view.no_show}) {
      if (step->present() && step->time > view.last_time) *step = {}; // too far behind the earliest one: not of this visit
      if (department == 0 && step->present()) department = step->department;
    }
    if (department != 0) view.department = department;
  };
  for (const Occurrence& o : records) {
    if ((o.admitted & size) == 0) continue;
    if (o.type <= code(EventType::kVisitNoShow)) {
      first = std::min(first, o.time);
    } else {
      if (!side_done) settle();
      if (!view.known || o.time > view.last_time) continue;
    }
    VisitView::Step* step = step_of(view, o.type);
    if (step != nullptr && !step->present()) *step = {o.time, o.department, o.flag, o.detail, o.source, o.facility};
  }
  if (!side_done) settle();
  for (auto* step : {&view.checkin, &view.cancelled, &view.no_show, &view.roomed, &view.seen, &view.decision, &view.completed, &view.left}) {
    step->department = view.of(step->department);
  }
  return view;
}

Facts facts_of(Records records, const VisitView& view, SizeMask size, bool with_items) {
  Facts facts;
  if (!view.known) return facts;
  add_step(Fact::Kind::kCheckin, view.checkin, &facts);
  add_step(Fact::Kind::kCancelled, view.cancelled, &facts);
  add_step(Fact::Kind::kNoShow, view.no_show, &facts);
  add_step(Fact::Kind::kCompleted, view.completed, &facts);
  add_step(Fact::Kind::kLeft, view.left, &facts);
  add_duration(Fact::Kind::kWait, view.checkin, view.seen, &facts);
  add_duration(Fact::Kind::kStay, view.checkin, view.completed, &facts);
  if (!with_items) return facts;
  for (const Occurrence& o : records) {
    if ((o.admitted & size) == 0 || o.time > view.last_time) continue;
    switch (static_cast<EventType>(o.type)) {
      case EventType::kAdmission: facts.push_back({Fact::Kind::kAdmission, 0, view.of(o.department), o.time, 0}); break;
      case EventType::kDischarge: facts.push_back({Fact::Kind::kDischarge, 0, view.of(o.department), o.time, 0}); break;
      case EventType::kTreatment: facts.push_back({Fact::Kind::kTreatment, 0, view.of(o.department), o.time, o.amount}); break;
      default: break;
    }
  }
  return facts;
}

} // namespace wardpulse::aggregator
