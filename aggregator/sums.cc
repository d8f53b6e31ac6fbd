#include "aggregator/sums.h"

#include <algorithm>
#include <string_view>

#include <absl/container/flat_hash_map.h>
#include <absl/container/inlined_vector.h>

#include "proto/rejection.h"

namespace wardpulse::aggregator {
namespace {

constexpr TypeCode code(EventType type) { return static_cast<TypeCode>(type); }
constexpr SizeMask kDay = size_bit(WindowSize::k1d);
constexpr Duration kLongestStay = hours{24} * 36'525; // docs/semantics.md: a date that stands for none is no admission
constexpr bool is_side(TypeCode type) { return type <= code(EventType::kVisitNoShow); }

// Parts of the sums, and which of them a record can move. Those of the checkin side move all.
enum Part : unsigned { kEntry = 1, kTreatments = 2, kBills = 4, kClaims = 8, kStays = 16, kWaits = 32, kEnds = 64, kJudged = 128, kAll = 255 };

constexpr unsigned parts_moved(TypeCode type) {
  if (is_side(type)) return kAll;
  switch (static_cast<EventType>(type)) {
    case EventType::kRoomed: case EventType::kVisitLeft: case EventType::kAdmitDecision: return kJudged;
    case EventType::kProviderSeen: return kWaits;
    case EventType::kVisitCompleted: return kEnds | kJudged;
    case EventType::kAdmission: return kStays | kJudged;
    case EventType::kDischarge: return kStays;
    case EventType::kTreatment: return kTreatments;
    case EventType::kBill: case EventType::kPayment: return kBills;
    case EventType::kClaim: return kClaims;
    default: return 0;
  }
}

struct Field {
  std::size_t place;
  std::int64_t amount;
};

struct Bill { // all records of one bill_id
  Occurrence first;
  bool paid = false;
  std::int64_t payments = 0; // cents
};

// A visit has one or two. A feed that has none to name may put a whole day's under one.
class Bills {
 public:
  Bill* find(std::string_view id) {
    if (all_.size() > kFew) {
      const auto at = index_.find(id);
      return at == index_.end() ? nullptr : &all_[at->second];
    }
    const auto at = std::find_if(all_.begin(), all_.end(), [&](const Bill& bill) { return bill.first.item_id == id; });
    return at == all_.end() ? nullptr : &*at;
  }
  // REQUIRES: it is not found.
  void add(const Bill& bill) {
    all_.push_back(bill);
    if (all_.size() <= kFew) return;
    for (std::size_t i = index_.size(); i < all_.size(); ++i) index_.emplace(all_[i].first.item_id, i);
  }
  auto begin() { return all_.begin(); }
  auto end() { return all_.end(); }

 private:
  static constexpr std::size_t kFew = 16;
  absl::InlinedVector<Bill, 2> all_;
  absl::flat_hash_map<std::string_view, std::size_t> index_; // of all, when they are more than few
};

class Adder {
 public:
  // REQUIRES: `view` is what `seen_by` sees of the records.
  Adder(Records records, const VisitView& view, SizeMask seen_by, Sums* out) : records_(records), view_(view), seen_by_(seen_by), out_(out) {}

  bool known() const { return view_.known; }
  void entry_of_marts();
  void patient_exists(WindowSize size, bool registered);
  void wait(WindowSize size) { duration(size, view_.checkin, view_.seen); }
  void end(WindowSize size) { duration(size, view_.checkin, view_.completed); }
  void end_of_marts();
  void stays(WindowSize size, bool judged, bool marts);
  void access(WindowSize size);
  void treatments();
  void bills();
  void claims();

 private:
  void put(Family family, WindowSize size, TextId dim, Time time, std::initializer_list<Field> fields, std::uint32_t sub = 0) {
    Sum& sum = out_->emplace_back(Sum{family, size, dim == 0 && family != Family::kDailyKpis ? kUnknownText : dim, sub, time, {}});
    for (const Field& field : fields) sum.add[field.place] = field.amount;
  }
  void rule(WindowSize size, Rule rule, TextId source, Time time, bool failed) {
    put(Family::kQuality, size, source, time, {{quality_field::kEvaluated, 1}, {quality_field::kFailed, failed}}, static_cast<std::uint32_t>(rule));
  }
  void duration(WindowSize size, const VisitView::Step& from, const VisitView::Step& to) {
    if (from.present() && to.present()) rule(size, Rule::kOutOfSequence, to.source, to.time, to.time < from.time);
  }
  void money(TextId department, TextId payer, Time time, std::initializer_list<Field> fields) {
    for (const WindowSize size : {WindowSize::k1d, WindowSize::kMonth}) {
      put(Family::kFinanceDepartment, size, department, time, fields);
      put(Family::kFinancePayer, size, payer, time, fields);
    }
  }
  // Calls f for each record of the type that the size and the visit's span admit.
  template <class F>
  void each(EventType type, F&& f) const {
    for (const Occurrence& o : records_) {
      if (o.type == code(type) && (o.admitted & seen_by_) != 0 && o.time <= view_.last_time) f(o);
    }
  }
  Bills all_bills() const;

  Records records_;
  const VisitView& view_;
  SizeMask seen_by_;
  Sums* out_;
};

void Adder::entry_of_marts() {
  const VisitView::Step& entry = view_.entry();
  const auto type = static_cast<VisitType>(entry.flag);
  put(Family::kDailyKpis, WindowSize::k1d, 0, entry.time, {{daily_field::kVisits, 1}});
  put(Family::kDepartmentStats, WindowSize::k1d, view_.department, entry.time,
      {{department_day_field::kVisits, 1}, {department_day_field::kOutpatient, type == VisitType::kOutpatient},
       {department_day_field::kEmergency, type == VisitType::kEmergency}, {department_day_field::kInpatient, type == VisitType::kInpatient}});
  if (view_.checkin.present()) {
    put(Family::kOrganization, WindowSize::kMonth, view_.checkin.facility, view_.checkin.time, {{organization_field::kEncounters, 1}});
  }
}

void Adder::patient_exists(WindowSize size, bool registered) {
  const VisitView::Step& entry = view_.entry();
  rule(size, Rule::kPatientExists, entry.source, entry.time, !registered);
}

void Adder::end_of_marts() {
  const VisitView::Step& done = view_.completed;
  if (!done.present()) return;
  put(Family::kDailyKpis, WindowSize::k1d, 0, done.time, {{daily_field::kCompleted, 1}});
  if (!view_.checkin.present() || done.time < view_.checkin.time) return;
  put(Family::kDepartmentStats, WindowSize::k1d, done.department, done.time,
      {{department_day_field::kDurationN, 1}, {department_day_field::kDurationMs, (done.time - view_.checkin.time).count()}});
}

void Adder::stays(WindowSize size, bool judged, bool marts) {
  if (marts) {
    each(EventType::kAdmission, [&](const Occurrence& o) {
      put(Family::kDailyKpis, size, 0, o.time, {{daily_field::kAdmissions, 1}});
      put(Family::kDepartmentStats, size, view_.of(o.department), o.time, {{department_day_field::kAdmissions, 1}});
    });
  }
  each(EventType::kDischarge, [&](const Occurrence& discharge) {
    Time admitted = from_ms(discharge.amount);
    each(EventType::kAdmission, [&](const Occurrence& admission) { if (admission.item_id == discharge.item_id) admitted = admission.time; });
    if (judged) rule(size, Rule::kOutOfSequence, discharge.source, discharge.time, discharge.time < admitted);
    if (!marts || discharge.time < admitted || discharge.time - admitted > kLongestStay) return;
    const std::int64_t ms = (discharge.time - admitted).count();
    put(Family::kDailyKpis, size, 0, discharge.time, {{daily_field::kLosN, 1}, {daily_field::kLosMs, ms}});
    put(Family::kDepartmentStats, size, view_.of(discharge.department), discharge.time,
        {{department_day_field::kLosN, 1}, {department_day_field::kLosMs, ms}});
  });
}

// CMS1244 and the 4-hour standard; docs/semantics.md has the definition and its source.
void Adder::access(WindowSize size) {
  const VisitView::Step &in = view_.checkin, &left = view_.left, &decision = view_.decision;
  if (!in.present() || static_cast<VisitType>(in.flag) != VisitType::kEmergency) return;
  const Time end = std::min(view_.completed.present() ? view_.completed.time : kForever, left.present() ? left.time : kForever);
  if (end == kForever || end < in.time) return;
  const bool observed = decision.present() && decision.flag == static_cast<std::uint8_t>(Said::kYes);
  Time bed = end;
  bool found = false;
  each(EventType::kAdmission, [&](const Occurrence& o) {
    if (!found) bed = o.time; // the earliest: they are sorted
    found = true;
  });
  const std::int64_t stay = whole_minutes(in.time, end);
  const bool room = view_.roomed.present() && whole_minutes(in.time, view_.roomed.time) > 60;
  const bool lwbs = left.present() && left.detail == kLwbsText && left.time == end && view_.completed.time != end;
  const bool boarding = decision.present() && !observed && whole_minutes(decision.time, bed) > 240;
  const bool long_stay = stay > 480 && !observed;
  using namespace access_field;
  put(Family::kAccess, size, view_.department, end,
      {{kVisits, 1}, {kRoom60, room}, {kLwbs, lwbs}, {kBoarding240, boarding}, {kStay480, long_stay}, {kAny, room || lwbs || boarding || long_stay},
       {kExcluded, observed}, {kStay240, stay > 240}});
}

void Adder::treatments() {
  each(EventType::kTreatment, [&](const Occurrence& o) {
    for (const WindowSize size : {WindowSize::k1d, WindowSize::kMonth}) put(Family::kFinanceTreatment, size, o.party, o.time, {{finance_field::kBilled, o.amount}});
  });
}

Bills Adder::all_bills() const {
  Bills bills;
  each(EventType::kBill, [&](const Occurrence& o) {
    const bool paid = o.flag == static_cast<std::uint8_t>(BillStatus::kPaid);
    if (Bill* same = bills.find(o.item_id)) same->paid |= paid;
    else bills.add({o, paid}); // the earliest: they are sorted
  });
  each(EventType::kPayment, [&](const Occurrence& o) {
    if (Bill* bill = bills.find(o.link)) bill->payments += o.amount;
  });
  for (Bill& bill : bills) bill.paid |= bill.payments >= bill.first.amount;
  return bills;
}

void Adder::bills() {
  auto bills = all_bills();
  for (const auto& [o, paid, payments] : bills) {
    using namespace finance_field;
    money(view_.of(o.department), o.party, o.time,
          {{kBilled, o.amount}, {kInsurance, o.amount2}, {kPatient, o.amount3}, {paid ? kPaidBills : kPendingBills, 1}});
    put(Family::kDailyKpis, WindowSize::k1d, 0, o.time,
        {{daily_field::kRevenue, o.amount}, {daily_field::kInsurance, o.amount2}, {daily_field::kPatient, o.amount3},
         {paid ? daily_field::kPaidBills : daily_field::kPendingBills, 1}});
    put(Family::kDepartmentStats, WindowSize::k1d, view_.of(o.department), o.time, {{department_day_field::kRevenue, o.amount}});
  }
  each(EventType::kPayment, [&](const Occurrence& o) {
    const Bill* bill = bills.find(o.link);
    money(view_.of(o.department), bill == nullptr ? 0 : bill->first.party, o.time, {{finance_field::kPaid, o.amount}});
  });
}

void Adder::claims() {
  each(EventType::kClaim, [&](const Occurrence& o) {
    money(view_.of(o.department), o.party, o.time,
          {{finance_field::kClaims, 1}, {finance_field::kClaimed, o.amount}, {finance_field::kCovered, o.amount2}});
    put(Family::kOrganization, WindowSize::kMonth, o.facility, o.time,
        {{organization_field::kClaims, 1}, {organization_field::kClaimed, o.amount}, {organization_field::kCovered, o.amount2}});
  });
}

} // namespace

bool moves_sums(TypeCode changing) { return parts_moved(changing) != 0; }

Sums sums_of(const SumsOf& visit) {
  Sums sums;
  const unsigned parts = parts_moved(visit.changing);
  for (const WindowSize size : {WindowSize::k1h, WindowSize::k1d}) {
    const VisitView& view = size == WindowSize::k1h ? visit.hour : visit.day;
    if (!view.known) continue;
    Adder adder(visit.records, view, size_bit(size), &sums);
    if (parts & kEntry) adder.patient_exists(size, visit.registered[static_cast<std::size_t>(size)]);
    if (parts & kWaits) adder.wait(size);
    if (parts & kEnds) adder.end(size);
    if (parts & kStays) adder.stays(size, true, false);
    if (parts & kJudged) adder.access(size);
  }
  if (!visit.day.known) return sums;
  Adder day(visit.records, visit.day, kDay, &sums);
  if (parts & kEntry) day.entry_of_marts();
  if (parts & kEnds) day.end_of_marts();
  if (parts & kStays) day.stays(WindowSize::k1d, false, true);
  if (parts & kTreatments) day.treatments();
  if (parts & kBills) day.bills();
  if (parts & kClaims) day.claims();
  return sums;
}

Sums registration_sums(Records records, const std::array<bool, kWindowSizeCount>& registered) {
  Sums sums;
  for (const WindowSize size : {WindowSize::k1h, WindowSize::k1d}) {
    const VisitView view = view_of(records, size_bit(size));
    if (view.known) Adder(records, view, size_bit(size), &sums).patient_exists(size, registered[static_cast<std::size_t>(size)]);
  }
  return sums;
}

} // namespace wardpulse::aggregator
