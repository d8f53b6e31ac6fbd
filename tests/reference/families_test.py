"""The reference's quality, money, access, marts, patients and crowding on logs small enough to work out by hand."""

import unittest

from emergency import band, score
from reference_test import DAY, Ward, shown

MIDNIGHT = f"{DAY}00:00:00Z"
BILL = {"bill_id": "b1", "total_amount": 100, "insurance_amount": 60, "patient_amount": 40, "status": "Pending"}
PAID = BILL | {"status": "Paid", "paid_at": "2026-11-21T13:00:00Z"}
PAYMENT = {"bill_id": "b1", "paid_at": "2026-11-21T13:00:00Z"}
CLAIM = {"claim_id": "c1", "payer": "Aetna", "organization": "North", "amount": 12.5, "covered": 10}


def without(values, *names):
    """Those that are not 0, empty or null; sorted by name."""
    return {name: value for name, value in sorted(values.items()) if value and name not in ("status", *names)}


class Quality(unittest.TestCase):
    def counts(self, ward, rule, source="unknown", size="1d", start=MIDNIGHT):
        cell = ward.cell(f"quality|source={source},rule={rule}|{size}:{start}")
        return cell and (cell["evaluated"], cell["failed"])

    def test_each_rule_of_a_type_is_asked_once_a_record(self):
        ward = Ward().write("checkin", "13:00", source="a").write("checkin", "13:01", source="a", visit_type="Other", department=" ")
        ward.write("checkin", "13:02", source="a", event_id="checkins-0")
        self.assertEqual(ward.outcomes()[1:], ["rejected rule required visit_type", "duplicate"])
        self.assertEqual([self.counts(ward, rule, "a") for rule in ("required", "visit_type", "range")], [(2, 1), (2, 1), None])

    def test_a_broken_record_sent_again_counts_again_after_31_days(self):
        for last, failed in (("2026-12-22T12:59:59Z", None), ("2026-12-22T13:00:00Z", (1, 1))):
            ward = Ward(grace="1d=90d").write("patient.registered", "13:00", gender="x").write("patient.registered", last, gender="x", event_id="checkins-0")
            self.assertEqual(ward.outcomes(), ["rejected rule gender"] * 2)
            self.assertEqual(self.counts(ward, "gender", start="2026-12-22T00:00:00Z"), failed)

    def test_visit_exists(self):
        ward = Ward().write("triage", "13:05", visit_id="v2").write("checkin", "13:00").write("triage", "13:05").write("bill", "13:10", **BILL)
        self.assertEqual(self.counts(ward, "visit_exists"), (2, 0), "held ones are not judged yet")
        for topic in ("checkins", "encounters", "billing", "workflow"):
            ward.write("feed.heartbeat", "2026-12-01T00:00:00Z", topic=topic)
        self.assertEqual(self.counts(ward, "visit_exists"), (3, 1))

    def test_registration_after_the_check_in_heals_it(self):
        ward = Ward().write("checkin", "13:00", source="a")
        self.assertEqual(self.counts(ward, "patient_exists", "a"), (1, 1))
        ward.write("patient.registered", "13:30")
        self.assertEqual(self.counts(ward, "patient_exists", "a"), (1, 0))

    def test_negative_durations(self):
        ward = Ward().write("checkin", "13:00").write("provider.seen", f"{DAY}12:59:59Z").write("visit.completed", "13:20")
        ward.write("discharge", "13:30", admission_id="a").write("admission", "13:40", admission_id="a")
        self.assertEqual(self.counts(ward, "out_of_sequence"), (3, 2))


class Money(unittest.TestCase):
    def finance(self, ward, dim, start=MIDNIGHT):
        cell = ward.cell(f"finance|{dim}|1d:{start}")
        return cell and without(cell)

    def test_a_bill_is_paid_by_its_status_or_by_payments(self):
        ward = Ward().write("checkin", "13:00").write("payment", "12:00", amount=30, **PAYMENT).write("bill", "14:00", payer="Aetna", **BILL)
        billed = {"billed_cents": 10_000, "insurance_cents": 6_000, "patient_cents": 4_000}
        self.assertEqual(self.finance(ward, "payer=Aetna"), billed | {"paid_cents": 3_000, "pending_bills": 1})
        ward.write("payment", "2026-11-22T13:00:00Z", amount=70, **PAYMENT)
        self.assertEqual(self.finance(ward, "payer=Aetna"), billed | {"paid_cents": 3_000, "paid_bills": 1})
        self.assertEqual(self.finance(ward, "payer=Aetna", "2026-11-22T00:00:00Z"), {"paid_cents": 7_000})
        ward.write("payment", "2026-11-22T14:00:00Z", amount=-1, **PAYMENT)
        self.assertEqual(self.finance(ward, "department=Emergency"), billed | {"paid_cents": 3_000, "pending_bills": 1}, "a refund")
        ward.write("bill", "2026-11-23T14:00:00Z", payer="other", **PAID)
        self.assertEqual(self.finance(ward, "payer=Aetna"), billed | {"paid_cents": 3_000, "paid_bills": 1})
        self.assertIsNone(self.finance(ward, "payer=other"))

    def test_pending_after_paid_tells_when_the_bill_was_made(self):
        ward = Ward().write("checkin", "2026-11-20T13:00:00Z").write("bill", "14:00", **PAID).write("bill", "2026-11-20T14:00:00Z", **BILL)
        self.assertEqual(ward.outcomes(), ["applied"] * 3)
        self.assertIsNone(self.finance(ward, "payer=unknown"))
        self.assertEqual(self.finance(ward, "payer=unknown", "2026-11-20T00:00:00Z")["paid_bills"], 1)

    def test_a_bill_of_nothing_is_paid(self):
        ward = Ward().write("checkin", "13:00").write("bill", "14:00", **BILL | {"total_amount": 0, "insurance_amount": 0})
        self.assertEqual(self.finance(ward, "payer=unknown"), {"patient_cents": 4_000, "paid_bills": 1})

    def test_claims_and_treatments(self):
        ward = Ward().write("checkin", "13:00", facility="South").write("claim", "14:00", **CLAIM).write("treatment", "14:00", treatment_code="NA")
        self.assertEqual(self.finance(ward, "payer=Aetna"), {"claims": 1, "claimed_cents": 1250, "covered_cents": 1000})
        self.assertEqual(self.finance(ward, "treatment_code=NA"), {"billed_cents": 1250})
        self.assertEqual(without(ward.cell("organization|facility=South|month:2026-11-01T00:00:00Z")), {"encounters": 1})
        self.assertEqual(without(ward.cell("organization|facility=North|month:2026-11-01T00:00:00Z")),
                         {"claims": 1, "claimed_cents": 1250, "covered_cents": 1000})


class Access(unittest.TestCase):
    def access(self, ward):
        cell = ward.cell(f"access|department=Emergency|1d:{MIDNIGHT}")
        return cell and without(cell)

    def test_the_first_minute_that_counts(self):
        for roomed, late in ((f"{DAY}11:00:59Z", {}), (f"{DAY}11:01:00Z", {"any": 1, "room_over_60": 1})):
            ward = Ward().write("checkin", "10:00").write("roomed", roomed)
            self.assertIsNone(self.access(ward), "not ended yet")
            self.assertEqual(self.access(ward.write("visit.completed", "14:00")), {"visits": 1} | late)

    def test_left_boarded_and_long(self):
        ward = Ward().write("checkin", "01:00").write("visit.left", "14:00")
        self.assertEqual(self.access(ward), {"any": 1, "lwbs": 1, "stay_over_240": 1, "stay_over_480": 1, "visits": 1})
        self.assertNotIn("lwbs", self.access(ward.write("visit.completed", "14:00")))
        ward = Ward().write("checkin", "10:00").write("admit.decision", "10:10").write("visit.completed", "14:10").write("admission", "15:00")
        self.assertNotIn("boarding_over_240", self.access(Ward().write("checkin", "10:00").write("admit.decision", "10:10").write("visit.completed", "14:10")))
        self.assertEqual(self.access(ward), {"any": 1, "boarding_over_240": 1, "stay_over_240": 1, "visits": 1})

    def test_observation_is_excluded(self):
        ward = Ward().write("checkin", "01:00").write("admit.decision", "01:10", observation=True).write("visit.completed", "14:10")
        self.assertEqual(self.access(ward), {"excluded": 1, "stay_over_240": 1, "visits": 1})

    def test_score(self):
        inputs = {"ed_patients": 40, "ed_beds": 30, "hospital_beds": 300, "boarding": 6, "ventilated": 1, "longest_admit_wait_minutes": 180,
                  "last_roomed_wait_minutes": 45}
        self.assertEqual((score(inputs), band(score(inputs))), (127, "overcrowded"))
        self.assertEqual(score(inputs | {"ed_patients": 4000}), 200)
        self.assertIsNone(score(inputs | {"ed_beds": None}))

    def test_crowding(self):
        ward = Ward(watermark=f"{DAY}14:00:00Z").write("checkin", "13:00").write("roomed", "13:30", ventilated=True).write("provider.seen", "13:40")
        self.assertEqual(ward.cell("crowding||-")["inputs"], {"boarding": 0, "ed_patients": 1, "ventilated": 1, "last_roomed_wait_minutes": 30,
                                                             "last_roomed_ms": 1795267800000})
        ward.write("admit.decision", "13:50").write("provider.seen", "13:41", ventilated=False)
        self.assertEqual(ward.cell("crowding||-")["inputs"], {"boarding": 1, "ed_patients": 1, "ventilated": 0, "last_roomed_wait_minutes": 30,
                                                             "last_roomed_ms": 1795267800000, "longest_admit_wait_minutes": 10})


class Marts(unittest.TestCase):
    def test_length_of_stay_is_from_the_admission_or_from_what_the_discharge_says(self):
        ward = Ward().write("checkin", "01:00").write("admission", "01:00").write("discharge", "13:00").write(
            "discharge", "13:00", admission_id="a2", admitted_at=f"{DAY}12:59:59.5Z")
        values = ward.cell(f"daily_kpis||1d:{MIDNIGHT}")
        self.assertEqual(shown(values, "los_n", "los_ms", "total_admissions", "total_visits", "new_patients"), [2, 12 * 3_600_000 + 500, 1, 1, 1])
        self.assertEqual(shown(ward.cell(f"department_stats|department=Emergency|1d:{MIDNIGHT}"), "los_n", "emergency_visits"), [2, 1])

    def test_a_date_that_stands_for_none_is_no_stay(self):
        ward = Ward().write("checkin", "01:00").write("discharge", "13:00", admitted_at="0001-01-01T00:00:00Z")
        self.assertEqual(shown(ward.cell(f"daily_kpis||1d:{MIDNIGHT}"), "los_n", "los_ms"), [0, 0])

    def test_someone_who_never_came_is_a_visit(self):
        ward = Ward().write("visit.no_show", "13:00", visit_type="Outpatient").write("patient.registered", "13:00", birth_date="1980-02-29", city=" ")
        self.assertEqual(ward.cell(f"daily_kpis||1d:{MIDNIGHT}")["total_visits"], 1)
        self.assertEqual(ward.cell(f"department_stats|department=Emergency|1d:{MIDNIGHT}")["outpatient_visits"], 1)
        patient = ward.cell("patient_stats|patient_id=p1|-")
        self.assertEqual(shown(patient, "gender", "city", "age_years", "total_visits", "checkins", "first_visit"),
                         ["F", "unknown", None, 1, 0, "2026-11-21"])

    def test_age_on_the_local_day_of_the_last_check_in(self):
        for time, age in (("2027-02-28T22:59:00Z", 26), ("2027-02-28T23:00:00Z", 27)):
            ward = Ward(timezone="Europe/Stockholm").write("patient.registered", "13:00", birth_date="2000-02-29", city="Malmö").write("checkin", "13:00")
            ward.write("checkin", time, visit_id="v2")
            values = ward.cell("patient_stats|patient_id=p1|-")
            self.assertEqual(shown(values, "age_years", "is_returning", "checkins"), [age, 1, 2])
            self.assertEqual(without(ward.cell("patients|age_group=18-34,gender=F,city=Malmö|-"), "visits_per_patient"),
                             {"patients": 1, "returning": 1, "visits": 2})

    def test_patient_without_registration(self):
        ward = Ward().write("checkin", "13:00").write("bill", "13:00", **BILL).write("payment", "13:00", amount=5, **PAYMENT)
        self.assertEqual(shown(ward.cell("patient_stats|patient_id=p1|-"), "gender", "city", "billed_cents", "paid_cents", "is_returning"),
                         ["Unknown", "unknown", 10_000, 500, 0])
        self.assertIsNotNone(ward.cell("patients|age_group=unknown,gender=Unknown,city=unknown|-"))


if __name__ == "__main__":
    unittest.main()
