// Visits leave the state, and what stays of them.
#include <algorithm>
#include <tuple>

#include "aggregator/patient_summary.h"
#include "aggregator/visit_book.h"

namespace wardpulse::aggregator {

void VisitBook::schedule_leave(const Visit& visit) {
  const Time dead = hour_ceil(windows_.dead_from(visit.anchor));
  if (dead != kForever) leaving_.add(dead, visit.patient);
}

void VisitBook::set_log_watermark(Time watermark) {
  last_roomed_.set_log_watermark(watermark);
  leaving_.take_due(watermark, [this](Patient* patient, Time hour) { leave(*patient, hour); });
}

void VisitBook::leave(Patient& patient, Time hour) {
  const auto left = std::remove_if(patient.visits.begin(), patient.visits.end(), [&](const std::unique_ptr<Visit>& visit) {
    if (hour_ceil(windows_.dead_from(visit->anchor)) > hour) return false;
    if (patient.departed == nullptr) patient.departed = std::make_unique<Departed>();
    const Unpacked records(visit->records);
    add_visit(records, true, patient.departed.get());
    keep_checkins(patient, records, hour);
    const VisitView day = view_of(records, size_bit(WindowSize::k1d));
    census_.remove(*visit, day);
    for (const FunnelPlan& plan : plans_.by_visit) cells_.keep(plan, attempt_of(plan, records, day));
    mark_changed(patient, true);
    --visit_count_;
    return true;
  });
  patient.visits.erase(left, patient.visits.end());
  if (patient.departed != nullptr) forget_settled(patient, hour);
}

void VisitBook::keep_checkins(Patient& patient, Records records, Time hour) {
  auto& kept = patient.departed->checkins_kept;
  for (int s = 0; s < kWindowSizeCount; ++s) {
    const auto size = static_cast<WindowSize>(s);
    const auto checkin = view_of(records, size_bit(size)).checkin;
    if (!checkin.present()) continue;
    auto& first = patient.departed->first_checkin[static_cast<std::size_t>(s)];
    first = std::min(first, checkin.time);
    const Time settled = windows_.checkin_settled_from(checkin.time);
    const auto same = std::find_if(kept.begin(), kept.end(), [&](const PastCheckin& past) {
      return past.time == checkin.time && past.department == checkin.department;
    });
    if (same != kept.end()) {
      same->sizes |= size_bit(size);
    } else if (settled > hour) {
      kept.push_back({checkin.time, checkin.department, size_bit(size)});
      leaving_.add(settled, &patient);
    }
  }
  // In one order, however the visits left: state is a function of the log.
  std::sort(kept.begin(), kept.end(), [&](const PastCheckin& a, const PastCheckin& b) {
    return std::tie(a.time, texts_.text(a.department)) < std::tie(b.time, texts_.text(b.department));
  });
}

void VisitBook::forget_settled(Patient& patient, Time hour) {
  const auto settled = [&](const PastCheckin& past) { return windows_.checkin_settled_from(past.time) <= hour; };
  if (std::erase_if(patient.departed->checkins_kept, settled) > 0) mark_changed(patient, false);
}

} // namespace wardpulse::aggregator
