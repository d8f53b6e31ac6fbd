#include "aggregator/windows.h"

#include <algorithm>

#include "base/planted_bug.h"

namespace wardpulse::aggregator {
namespace {

constexpr Duration length(WindowSize size) {
  switch (size) {
    case WindowSize::k10s: return std::chrono::seconds{10};
    case WindowSize::k1m: return std::chrono::minutes{1};
    default: return hours{1};
  }
}

Time floor_to(Time time, Duration step) {
  const auto ms = to_ms(time), n = static_cast<std::int64_t>(step.count());
  const auto rest = ms % n;
  return from_ms(ms - (rest < 0 ? rest + n : rest));
}

} // namespace

Time later(Time time, Duration by) {
  if (time == kNever || time == kForever) return time;
  if (by == kNoGrace || (to_ms(time) > 0 && kForever - time < by)) return kForever;
  return time + by;
}

std::optional<Duration> retention(WindowSize size) {
  switch (size) {
    case WindowSize::k10s: return hours{24};
    case WindowSize::k1m: return hours{24 * 14};
    case WindowSize::k1h: return hours{24 * 400};
    default: return std::nullopt;
  }
}

Time hour_floor(Time time) { return time == kNever ? time : floor_to(time, hours{1}); }
Time hour_ceil(Time time) {
  if (time == kNever || time == kForever) return time;
  const Time floor = floor_to(time, hours{1});
  return floor == time ? time : later(floor, hours{1});
}

Windows::Windows(const Definition& definition) : zone_(definition.zone), grace_(definition.grace), reach_(grace_) {
  for (int s = 0; s < kWindowSizeCount; ++s) {
    if (const auto kept = retention(static_cast<WindowSize>(s))) reach_[s] = std::min(grace_[s], *kept);
  }
  largest_grace_ = *std::max_element(grace_.begin(), grace_.end());
  for (const Funnel& funnel : definition.funnels) {
    if (!funnel.by_visit) entity_horizon_ = std::max(entity_horizon_, funnel.window);
  }
}

TimeSpan Windows::span(WindowSize size, Time time) const {
  if (size == WindowSize::k1d) return zone_.day(time);
  if (size == WindowSize::kMonth) return zone_.month(time);
  const Time start = floor_to(planted(PlantedBug::kOffByOneWindowEdge) ? time - Duration{1} : time, length(size));
  return {start, start + length(size)};
}

SizeMask Windows::admitted(Time event_time, Time stream) const {
  if (event_time >= stream) return kAllSizes; // in order: every window that holds it ends after the stream time
  SizeMask mask = 0;
  for (int s = 0; s < kWindowSizeCount; ++s) {
    const auto size = static_cast<WindowSize>(s);
    if (later(span(size, event_time).end, reach_[s]) > stream) mask |= size_bit(size);
  }
  return mask;
}

Time Windows::checkin_settled_from(Time checkin) const { return hour_ceil(dead_from(span(WindowSize::kMonth, checkin).end)); }

Time Windows::leaves_at(WindowSize size, Time end) const {
  const auto kept = retention(size);
  return kept ? hour_ceil(later(later(end, *kept), kTombstoneDelay)) : kForever;
}

} // namespace wardpulse::aggregator
