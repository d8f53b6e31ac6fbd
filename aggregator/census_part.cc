#include "aggregator/census_part.h"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace wardpulse::aggregator {
namespace {

constexpr TypeCode code(EventType type) { return static_cast<TypeCode>(type); }
constexpr SizeMask kDay = size_bit(WindowSize::k1d);

// All that a part takes from the moment are answers of reached(). They stay what they are until the first of those moments
// that were asked for and not reached yet: so long the part stays, too.
class PartMaker {
 public:
  PartMaker(Records records, const VisitView& view, Time now, CensusPart* part) : records_(records), view_(view), now_(now), part_(*part) {}

  void make() {
    if (!view_.known) return;
    add_departments();
    const Admissions admissions = add_admissions();
    const VisitView::Step& checkin = view_.checkin;
    if (!checkin.present() || reached(view_.end()) || !reached(checkin.time)) return;
    const bool emergency = checkin.flag == static_cast<std::uint8_t>(VisitType::kEmergency);
    if (emergency && reached(checkin.time + kStaleAfter)) return add(view_.department, CensusField::kStale);
    const bool in_care = reached(view_.roomed) || reached(view_.seen);
    add(view_.department, in_care ? CensusField::kInCare : CensusField::kWaiting);
    if (emergency) add_emergency(in_care, admissions);
    if (admissions == Admissions::kNone && reached(view_.decision)) add_boarding(emergency);
  }

 private:
  enum class Admissions { kNone, kSome };

  bool reached(Time moment) {
    if (moment <= now_) return true;
    part_.until = std::min(part_.until, moment);
    return false;
  }
  bool reached(const VisitView::Step& step) { return step.present() && reached(step.time); }
  // Will cross `limit` whole minutes since `start` within the forward look, and has not yet.
  bool about_to_cross(Time start, std::int64_t limit) {
    const Time crossed = start + std::chrono::minutes{limit + 1};
    return reached(crossed - kForwardLook) && !reached(crossed);
  }
  bool counts(const Occurrence& o) const { return (o.admitted & kDay) != 0 && o.time <= view_.last_time; }

  void add(TextId department, CensusField field) { part_.terms.push_back({department, field}); }

  // Those whose cell exists because of the records, whatever the moment.
  void add_departments() {
    if (view_.checkin.present()) add(view_.department, CensusField::kKnown);
    if (view_.decision.present()) add(view_.decision.department, CensusField::kKnown);
    for (const Occurrence& o : records_) {
      if (o.type == code(EventType::kAdmission) && counts(o)) add(view_.of(o.department), CensusField::kKnown);
    }
  }

  Admissions add_admissions() {
    Admissions result = Admissions::kNone;
    for (const Occurrence& o : records_) {
      if (o.type != code(EventType::kAdmission) || !counts(o) || !reached(o.time)) continue;
      result = Admissions::kSome;
      const bool discharged = std::any_of(records_.begin(), records_.end(), [&](const Occurrence& d) {
        return d.type == code(EventType::kDischarge) && counts(d) && d.item_id == o.item_id && reached(d.time);
      });
      if (!discharged) add(view_.of(o.department), CensusField::kAdmitted);
    }
    return result;
  }

  void add_emergency(bool in_care, Admissions admissions) {
    const Time checkin = view_.checkin.time;
    if (!in_care && about_to_cross(checkin, 60)) add(view_.department, CensusField::kRoom60);
    if (about_to_cross(checkin, 240)) add(view_.department, CensusField::kFourHour);
    if (about_to_cross(checkin, 480)) add(view_.department, CensusField::kStay480);
    if (admissions != Admissions::kNone) return;
    add(view_.department, CensusField::kEdPatients);
    if (is_ventilated()) add(view_.department, CensusField::kVentilated);
  }

  void add_boarding(bool emergency) {
    const VisitView::Step& decision = view_.decision;
    add(decision.department, CensusField::kBoarding);
    if (!emergency) return;
    add(decision.department, CensusField::kHeldForBed);
    if (about_to_cross(decision.time, 240)) add(decision.department, CensusField::kBoard240);
  }

  // The latest record by now that says so.
  bool is_ventilated() {
    Said said = Said::kNothing;
    std::tuple<Time, std::string_view, TypeCode> latest;
    for (const Occurrence& o : records_) {
      const bool may_say = o.type == code(EventType::kRoomed) || o.type == code(EventType::kProviderSeen);
      if (!may_say || o.flag == 0 || !counts(o) || !reached(o.time)) continue;
      const std::tuple at(o.time, o.event_id, o.type);
      if (said != Said::kNothing && at < latest) continue;
      said = static_cast<Said>(o.flag);
      latest = at;
    }
    return said == Said::kYes;
  }

  const Records records_;
  const VisitView& view_;
  const Time now_;
  CensusPart& part_;
};

} // namespace

CensusPart census_part(Records records, const VisitView& view, Time now) {
  CensusPart part;
  PartMaker(records, view, now, &part).make();
  return part;
}

} // namespace wardpulse::aggregator
