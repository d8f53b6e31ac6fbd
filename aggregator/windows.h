// Windows and lateness of one definition.
#pragma once

#include "aggregator/definition.h"
#include "aggregator/occurrences.h"
#include "base/time_zone.h"

namespace wardpulse::aggregator {

using std::chrono::hours;

inline constexpr Duration kWatermarkDelay = std::chrono::seconds{5};
inline constexpr Duration kHoldHorizon = hours{24 * 7};
inline constexpr Duration kVisitHorizon = hours{24 * 120};
inline constexpr Duration kTombstoneDelay = hours{24};

// Saturating: kNever and kForever stay what they are, and nothing overflows.
Time later(Time time, Duration by);

class Windows {
 public:
  explicit Windows(const Definition& definition);

  TimeSpan span(WindowSize size, Time time) const;
  std::chrono::year_month_day date(Time time) const { return zone_.date(time); } // local
  std::chrono::seconds utc_offset(Time time) const { return zone_.utc_offset(time); }
  // The sizes that admit a record of this event time when its topic-partition's stream time was `stream` before it.
  SizeMask admitted(Time event_time, Time stream) const;
  Duration grace(WindowSize size) const { return grace_[static_cast<int>(size)]; }
  Duration largest_grace() const { return largest_grace_; }
  // When a partition's cell leaves the state: kForever for sizes that are kept for ever.
  Time leaves_at(WindowSize size, Time end) const;
  // When a visit that started at `anchor` leaves; for records: the stream time from which they no longer join it.
  Time dead_from(Time anchor) const { return later(later(anchor, kVisitHorizon), largest_grace_); }
  // The hour from which nothing can change any more which visits have a check-in in the windows that hold `checkin`: the largest is a month,
  // and whatever visit has one there begins before it ends.
  Time checkin_settled_from(Time checkin) const;
  // The same of an entity of topic workflow: it is remembered as long as its longest funnel may take.
  Time entity_dead_from(Time anchor) const { return later(later(anchor, entity_horizon_), largest_grace_); }

 private:
  TimeZone zone_;
  std::array<Duration, kWindowSizeCount> grace_;
  std::array<Duration, kWindowSizeCount> reach_;
  Duration largest_grace_;
  Duration entity_horizon_ = kVisitHorizon;
};

std::optional<Duration> retention(WindowSize size); // nullopt: for ever
Time hour_floor(Time time);
Time hour_ceil(Time time);

} // namespace wardpulse::aggregator
