"""The marts and family patients: docs/semantics.md, sections 4.9 and 4.10."""

from money import add_to, bills_of
from records import age_in_years

LONGEST_STAY_MS = 36_525 * 86_400_000
AGE_GROUPS = ((17, "0-17"), (34, "18-34"), (49, "35-49"), (64, "50-64"), (79, "65-79"))


def add_daily_kpis(view, cell):
    def add(record, **values):
        add_to(cell("daily_kpis", {}, "1d", record.time), values)

    add(view.entry, total_visits=1)
    if completed := view.first("visit.completed"):
        add(completed, completed_visits=1)
    for admission in view.by_type["admission"]:
        add(admission, total_admissions=1)
    for name, start, end in view.durations():
        if name == "length_of_stay" and 0 <= end.time - start <= LONGEST_STAY_MS:
            add(end, los_n=1, los_ms=end.time - start)
    for bill in bills_of(view).values():
        add(bill.record, total_revenue_cents=bill.total, insurance_cents=bill.insurance, patient_cents=bill.patient,
            paid_bills=int(bill.is_paid), pending_bills=int(not bill.is_paid))


def add_department_stats(view, cell):
    def add(record, department=None, **values):
        add_to(cell("department_stats", {"department": department or view.department_of(record)}, "1d", record.time), values)

    entry = view.entry
    kind = f"{entry.get('visit_type').lower()}_visits"
    add(entry, view.department, **{"total_visits": 1, kind: 1})
    for admission in view.by_type["admission"]:
        add(admission, admissions=1)
    for name, start, end in view.durations():
        if end.time >= start and name == "stay":
            add(end, duration_n=1, duration_ms=end.time - start)
        if name == "length_of_stay" and 0 <= end.time - start <= LONGEST_STAY_MS:
            add(end, los_n=1, los_ms=end.time - start)
    for bill in bills_of(view).values():
        add(bill.record, total_revenue_cents=bill.total)


class Patient:
    """All that 1d sees of one patient."""

    def __init__(self, registrations):
        newest = max((one for one in registrations if "1d" in one.admitted), key=lambda one: one.order, default=None)
        self.is_registered = newest is not None
        self.gender = newest.get("gender") if newest else "Unknown"
        self.city = newest.text("city") if newest else None
        self.birth_date = newest.get("birth_date") if newest else None
        self.visits = []

    def checkin_times(self):
        return [view.first("checkin").time for view in self.visits if view.first("checkin")]

    def age(self, calendar):
        checkins = self.checkin_times()
        if self.birth_date is None or not checkins:
            return None
        age = age_in_years(self.birth_date, calendar.local_date(max(checkins)))
        return age if age >= 0 else None

    def stats(self, calendar):
        entries = [view.entry.time for view in self.visits]
        day = lambda times, choose: calendar.local_date(choose(times)).isoformat() if times else None
        return {"gender": self.gender, "city": self.city or "unknown", "age_years": self.age(calendar), "total_visits": len(self.visits),
                "checkins": len(self.checkin_times()), "first_visit": day(entries, min), "last_visit": day(entries, max),
                "billed_cents": sum(bill.total for view in self.visits for bill in bills_of(view).values()),
                "paid_cents": sum(payment.get("amount") for view in self.visits for payment in view.by_type["payment"]),
                "is_returning": int(len(self.checkin_times()) > 1)}


def age_group(age):
    if age is None:
        return "unknown"
    return next((name for most, name in AGE_GROUPS if age <= most), "80+")


def add_patients(patients, calendar, cell):
    """`patients`: id -> Patient."""
    for patient_id, patient in patients.items():
        if patient.visits or patient.is_registered:
            cell("patient_stats", {"patient_id": patient_id}).update(patient.stats(calendar))
        visits = len(patient.checkin_times())
        if visits:
            values = cell("patients", {"age_group": age_group(patient.age(calendar)), "gender": patient.gender, "city": patient.city or "unknown"})
            add_to(values, {"patients": 1, "visits": visits, "returning": int(visits > 1)})
            values["visits_per_patient"].add(visits)
