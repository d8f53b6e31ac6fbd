"""The reference on logs small enough to work out by hand."""

import json
import unittest

import compare
from random_log import Writer
from records import Refused, read_event, read_money, Number
from reference import Reference, make_definition, parse_funnels, read_dump
from windows import Calendar, parse_time_option

DAY = "2026-11-21T"
LISTED = {"checkin": {"department": "Emergency", "visit_type": "Emergency"},
          "visit.cancelled": {"department": "Emergency", "visit_type": "Emergency"},
          "visit.no_show": {"department": "Emergency", "visit_type": "Emergency"},
          "triage": {"acuity": 3}, "visit.completed": {"started_at": "2000-01-01T00:00:00Z", "status": "Completed"},
          "visit.left": {"reason": "lwbs"}, "admission": {"admission_id": "a1", "room_type": "ICU"},
          "discharge": {"admission_id": "a1", "admitted_at": "2000-01-01T00:00:00Z", "disposition": "home"},
          "treatment": {"treatment_code": "c", "cost": 12.5}, "feed.heartbeat": {"source": "s"},
          "patient.registered": {"gender": "F", "birth_date": "1980-01-01"}}
TOPIC = {"checkin": "checkins", "visit.cancelled": "checkins", "visit.no_show": "checkins", "patient.registered": "checkins",
         "bill": "billing", "payment": "billing", "claim": "billing"}


def full_time(text):
    """ "13:41" -> that minute of 2026-11-21; a text with a T is taken as it is."""
    return text if "T" in text else f"{DAY}{text}:00Z"


class Ward:
    """Writes a log and has it worked out."""

    def __init__(self, **options):
        self.options = options
        self.lines = []

    def write(self, event_type, time, topic=None, partition=0, **members):
        topic = topic or TOPIC.get(event_type, "encounters")
        offset = sum(line["topic"] == topic and line["partition"] == partition for line in self.lines)
        time = full_time(time)
        event = {"event_id": f"{topic}-{offset}", "event_type": event_type, "event_time": time, "patient_id": "p1", "visit_id": "v1"}
        event |= LISTED.get(event_type, {}) | members
        self.lines.append({"topic": topic, "partition": partition, "offset": offset, "timestamp": parse_time_option(time),
                           "value": json.dumps(event)})
        return self

    def result(self):
        return Reference(make_definition(**self.options), read_dump(map(json.dumps, self.lines)))

    def outcomes(self):
        return [" ".join(filter(None, (one["outcome"], one.get("reason"), *one.get("rules", ())))) for one in self.result().outcomes()]

    def cell(self, name):
        """Values and status; name as in compare.identity(), the window's start as in full_time()."""
        found = [cell for cell in map(json.loads, self.result().cells) if compare.identity(cell) == name]
        if not found:
            return None
        return found[0]["values"] | {"status": found[0]["status"]}


def shown(cell, *names):
    return [cell[name] for name in names]


class Visits(unittest.TestCase):
    def ward(self, **options):
        return Ward(**options).write("checkin", "13:00")

    def test_stay_and_wait_belong_to_the_window_in_which_they_end(self):
        ward = self.ward().write("provider.seen", "13:59").write("visit.completed", "14:30")
        self.assertEqual(ward.cell(f"department|department=Emergency|1h:{DAY}13:00:00Z")["wait_minutes"]["minutes"], [[59, 1]])
        later = ward.cell(f"department|department=Emergency|1h:{DAY}14:00:00Z")
        self.assertEqual(shown(later, "checkins", "completed"), [0, 1])
        self.assertEqual(later["stay_minutes"], {"n": 1, "sum": 90, "max": 90, "p50": 90, "p90": 90, "p95": 90, "minutes": [[90, 1]]})

    def test_out_of_order_the_earliest_counts(self):
        ward = self.ward().write("provider.seen", "13:40").write("provider.seen", "13:20")
        self.assertEqual(ward.outcomes(), ["applied"] * 3)
        self.assertEqual(ward.cell(f"hospital||1h:{DAY}13:00:00Z")["wait_minutes"]["minutes"], [[20, 1]])

    def test_negative_duration_is_left_out(self):
        ward = self.ward().write("provider.seen", f"{DAY}12:59:59Z")
        self.assertIsNone(ward.cell(f"hospital||1h:{DAY}12:00:00Z"))

    def test_late_is_judged_for_each_size(self):
        # Stream time of encounters is 14:00: past 13:10 + 10 min of 10s, but not past 13:10 + 6 h of 1m.
        ward = self.ward().write("triage", "14:00").write("visit.left", "13:10")
        self.assertIsNone(ward.cell(f"hospital||10s:{DAY}13:10:00Z"))
        self.assertEqual(ward.cell(f"hospital||1m:{DAY}13:10:00Z")["left"], 1)

    def test_end_plus_grace_equal_to_stream_time_is_too_late(self):
        late = "2026-10-21T13:00:00Z"  # its day ends 10-22T00:00, and 31 d later it is 11-22T00:00
        ward = self.ward(grace="month=0s").write("triage", "2026-11-21T23:59:59Z").write("triage", late).write(
            "triage", "2026-11-22T00:00:00Z").write("triage", late, event_id="again")
        self.assertEqual(ward.outcomes(), ["applied"] * 4 + ["rejected too_late"])

    def test_duration_needs_both_ends_admitted(self):
        ward = Ward().write("checkin", "20:00", patient_id="p2").write("checkin", "13:00").write("visit.completed", "20:10")
        self.assertEqual(ward.cell(f"hospital||1d:{DAY}00:00:00Z")["stay_minutes"]["sum"], 430)
        self.assertIsNone(ward.cell(f"hospital||1m:{DAY}20:10:00Z"), "1m never saw the visit begin")

    def test_held_then_joined(self):
        ward = Ward().write("triage", "13:05").write("checkin", "13:00")
        self.assertEqual(ward.outcomes(), ["applied", "applied"])

    def test_held_until_the_watermark_passes_its_horizon(self):
        ward = Ward().write("triage", "13:05")
        self.assertEqual(ward.outcomes(), ["held"])
        for topic in ("checkins", "billing", "workflow"):
            ward.write("feed.heartbeat", "2026-11-28T13:05:04Z", topic=topic)
        ward.write("feed.heartbeat", "2026-11-28T13:05:05Z")
        self.assertIn("held", ward.outcomes())
        for topic in ("checkins", "billing", "workflow"):
            ward.write("feed.heartbeat", "2026-11-28T13:05:05Z", topic=topic)
        self.assertIn("rejected unknown_visit", ward.outcomes())

    def test_check_in_that_comes_seven_days_late_does_not_take_what_was_held(self):
        ward = Ward().write("feed.heartbeat", "2026-11-28T13:05:00Z", topic="checkins").write("checkin", "13:00").write("triage", "13:05")
        self.assertEqual(ward.outcomes(), ["applied", "applied", "rejected unknown_visit"])
        ward = Ward().write("feed.heartbeat", "2026-11-28T13:04:59Z", topic="checkins").write("checkin", "13:00").write("triage", "13:05")
        self.assertEqual(ward.outcomes(), ["applied"] * 3)

    def test_ids_are_used_anew_after_the_memory_of_visits(self):
        # 120 d + 31 d after the first check-in, in stream time of checkins.
        ward = self.ward(max_future="off").write("feed.heartbeat", "2027-04-21T13:00:00Z", topic="checkins").write(
            "checkin", "2027-04-21T13:00:00Z")
        self.assertEqual(ward.outcomes(), ["applied"] * 3)
        self.assertEqual(ward.cell("hospital||1d:2027-04-21T00:00:00Z")["returning_patients"], 1)
        ward = self.ward().write("checkin", "2027-04-21T12:59:59Z")
        self.assertEqual(ward.outcomes(), ["applied", "rejected unknown_visit"])

    def test_duplicates(self):
        ward = self.ward().write("treatment", "13:10", treatment_id="t").write("treatment", "13:20", treatment_id="t")
        ward.write("triage", "13:30", event_id="same").write("roomed", "13:40", event_id="same")
        self.assertEqual(ward.outcomes(), ["applied", "applied", "duplicate", "applied", "duplicate"])
        self.assertEqual(shown(ward.cell(f"hospital||1d:{DAY}00:00:00Z"), "treatments", "treatment_cents"), [1, 1250])

    def test_bill_goes_from_pending_to_paid_once(self):
        bill = {"bill_id": "b", "total_amount": 10, "insurance_amount": 10, "patient_amount": 0, "paid_at": f"{DAY}13:00:00Z"}
        ward = self.ward()
        for status in ("Pending", "Pending", "Paid", "Pending", "Paid"):
            ward.write("bill", "13:10", status=status, **bill)
        self.assertEqual(ward.outcomes()[1:], ["applied", "duplicate", "applied", "duplicate", "duplicate"])

    def test_sixteen_earliest_occurrences(self):
        ward = self.ward()
        for minute in range(10, 26):
            ward.write("triage", f"14:{minute}")
        ward.write("triage", "14:30").write("triage", "14:05").write("triage", "14:25")
        self.assertEqual(ward.outcomes()[1:], ["applied"] * 16 + ["duplicate", "applied", "duplicate"])

    def test_distinct_patients_over_days(self):
        ward = Ward()
        for day, patient, visit in ((20, "p1", "v1"), (20, "p1", "v2"), (20, "p2", "v1"), (21, "p1", "v3"), (21, "p3", "v1")):
            ward.write("checkin", f"2026-11-{day}T10:00:00Z", patient_id=patient, visit_id=visit)
        names = ("checkins", "distinct_patients", "new_patients", "returning_patients")
        self.assertEqual(shown(ward.cell("hospital||1d:2026-11-20T00:00:00Z"), *names), [3, 2, 2, 0])
        self.assertEqual(shown(ward.cell("hospital||1d:2026-11-21T00:00:00Z"), *names), [2, 2, 1, 1])
        self.assertEqual(shown(ward.cell("hospital||month:2026-11-01T00:00:00Z"), *names), [5, 3, 3, 0])

    def test_department_of_a_record(self):
        ward = self.ward().write("visit.left", "13:10", department="Cardiology").write("treatment", "13:10", department=" ")
        self.assertEqual(ward.cell(f"department|department=Cardiology|1h:{DAY}13:00:00Z")["left"], 1)
        self.assertEqual(ward.cell(f"department|department=Emergency|1h:{DAY}13:00:00Z")["treatments"], 1)


class Partitions(unittest.TestCase):
    def test_merge(self):
        ward = Ward().write("checkin", "13:00").write("checkin", "13:10", partition=1, patient_id="p2")
        self.assertEqual(shown(ward.cell(f"hospital||1h:{DAY}13:00:00Z"), "checkins", "distinct_patients", "status"), [2, 2, "open"])

    def test_open_while_a_partition_without_the_cell_is_behind(self):
        ward = Ward().write("checkin", "13:00").write("checkin", "17:00", patient_id="p3")
        self.assertEqual(ward.cell(f"hospital||1h:{DAY}13:00:00Z")["status"], "closed")
        ward.write("checkin", "12:00", partition=1, patient_id="p2")
        self.assertEqual(ward.cell(f"hospital||1h:{DAY}13:00:00Z")["status"], "open")

    def test_status_turns_at_end_and_at_end_plus_grace(self):
        for last, status in (("2026-11-21T14:00:04Z", "open"), ("2026-11-21T14:00:05Z", "closed"), ("2026-11-23T14:00:04Z", "closed"),
                             ("2026-11-23T14:00:05Z", "final")):
            ward = Ward().write("checkin", "13:00").write("feed.heartbeat", last)
            self.assertEqual(ward.cell(f"hospital||1h:{DAY}13:00:00Z")["status"], status, last)


class Census(unittest.TestCase):
    def census(self, ward, department="Emergency"):
        values = ward.cell(f"census|department={department}|-")
        return {name: value for name, value in values.items() if value and name not in ("status", "breaching_next_30m")} | {
            target: count for target, count in values["breaching_next_30m"].items() if count}

    def test_waiting_then_in_care_then_gone(self):
        ward = Ward(watermark=f"{DAY}13:40:00Z").write("checkin", "13:00")
        self.assertEqual(self.census(ward), {"waiting": 1, "longest_wait_minutes": 40, "room_60": 1})
        ward.write("roomed", "13:30")
        self.assertEqual(self.census(ward), {"in_care": 1})
        ward.write("visit.left", "13:35")
        self.assertEqual(self.census(ward), {})

    def test_what_happens_after_the_watermark_is_not_seen(self):
        ward = Ward(watermark=f"{DAY}13:29:59Z").write("checkin", "13:00").write("roomed", "13:30")
        self.assertEqual(self.census(ward), {"waiting": 1, "longest_wait_minutes": 29})

    def test_boarding_and_admitted(self):
        ward = Ward(watermark=f"{DAY}17:40:00Z").write("checkin", "13:00").write("provider.seen", "13:10")
        ward.write("admit.decision", "13:40", department="Surgery")
        self.assertEqual(self.census(ward), {"in_care": 1})
        self.assertEqual(self.census(ward, "Surgery"), {"boarding": 1, "board_240": 1})
        ward.write("admission", "17:00", department="Surgery")
        self.assertEqual(self.census(ward, "Surgery"), {"admitted": 1})
        ward.write("discharge", "17:30")
        self.assertEqual(self.census(ward, "Surgery"), {})

    def test_stale_after_48_hours(self):
        ward = Ward(watermark="2026-11-23T13:00:00Z").write("checkin", "13:00")
        self.assertEqual(self.census(ward), {"stale": 1})
        ward = Ward(watermark="2026-11-23T13:00:00Z").write("checkin", "13:00", visit_type="Inpatient")
        self.assertEqual(self.census(ward), {"waiting": 1, "longest_wait_minutes": 2880})


class Funnels(unittest.TestCase):
    def attempt(self, ward, funnel="emergency", department="all"):
        return ward.cell(f"funnel|funnel={funnel},department={department}|1d:{DAY}00:00:00Z")

    def test_open_is_not_timed_out_until_the_window_has_passed(self):
        for now, open_, timed_out in (("2026-11-22T13:00:00Z", 1, 0), ("2026-11-22T13:00:00.001Z", 0, 1)):
            ward = Ward(watermark=now).write("checkin", "13:00").write("triage", "13:07")
            values = self.attempt(ward)
            self.assertEqual(shown(values, "entered", "reached", "open", "timed_out"), [1, [1, 1, 0, 0, 0], open_, timed_out])
            self.assertEqual(values["minutes_to_step"][1]["minutes"], [[7, 1]])

    def test_exit_ends_the_attempt(self):
        ward = Ward().write("checkin", "13:00").write("triage", "13:10").write("visit.left", "13:20").write("roomed", "13:30")
        values = self.attempt(ward, department="Emergency")
        self.assertEqual(shown(values, "reached", "exited", "converted", "open"), [[1, 1, 0, 0, 0], {"visit.left:lwbs": 1}, 0, 0])

    def test_exit_at_the_moment_of_conversion_comes_too_late(self):
        ward = Ward().write("checkin", "13:00")
        for minute, event_type in enumerate(("triage", "roomed", "provider.seen", "visit.completed", "visit.left")):
            ward.write(event_type, f"13:1{min(minute, 3)}")
        self.assertEqual(shown(self.attempt(ward), "reached", "exited", "converted"), [[1] * 5, {}, 1])

    def test_steps_out_of_order_are_not_matched(self):
        ward = Ward().write("checkin", "13:00").write("roomed", "13:05").write("triage", "13:10")
        self.assertEqual(self.attempt(ward)["reached"], [1, 1, 0, 0, 0])

    def test_entities_are_followed_by_their_own_id(self):
        ward = Ward()
        for minute, event_type in enumerate(("data.uploaded", "data.validated", "analysis.failed")):
            ward.write(event_type, f"13:0{minute}", topic="workflow", entity_id="007")
        values = self.attempt(ward, "review", "unknown")
        self.assertEqual(shown(values, "entered", "reached", "exited"), [1, [1, 1, 0, 0, 0], {"analysis.failed": 1}])

    def test_own_funnels(self):
        funnels = """[[funnel]]
name = "lab"
entity = "entity_id"
steps = [{ name = "ordered", any_of = ["order.new", "order.repeat"] }, "result"]
window = "1h" """
        self.assertEqual(parse_funnels(funnels)[0].steps[0].name, "ordered")
        ward = Ward(funnels=funnels).write("order.repeat", "13:00", topic="workflow", entity_id="1").write(
            "result", "14:00", topic="workflow", entity_id="1")
        self.assertEqual(shown(self.attempt(ward, "lab"), "steps", "reached", "converted"), [["ordered", "result"], [1, 1], 1])


class Days(unittest.TestCase):
    def hours(self, zone, time, size="1d"):
        start, end = Calendar(zone).window(size, parse_time_option(time))
        return (end - start) / 3_600_000

    def test_days_of_23_24_and_25_hours(self):
        self.assertEqual(self.hours("Europe/Stockholm", "2026-03-29T12:00:00Z"), 23)
        self.assertEqual(self.hours("Europe/Stockholm", "2026-03-30T12:00:00Z"), 24)
        self.assertEqual(self.hours("Europe/Stockholm", "2026-10-25T12:00:00Z"), 25)
        self.assertEqual(self.hours("Europe/Stockholm", "2026-03-29T12:00:00Z", "month"), 31 * 24 - 1)

    def test_midnight_that_is_skipped_or_comes_twice(self):
        self.assertEqual(self.hours("America/Sao_Paulo", "2018-11-04T12:00:00Z"), 23)
        self.assertEqual(self.hours("America/Havana", "2025-11-02T12:00:00Z"), 25)

    def test_cells_carry_the_zones_offset(self):
        ward = Ward(timezone="Europe/Stockholm").write("checkin", "2026-03-29T12:00:00Z")
        window = next(cell["window"] for cell in map(json.loads, ward.result().cells) if cell["window"] and cell["window"]["size"] == "1d")
        self.assertEqual(window, {"size": "1d", "start": "2026-03-29T00:00:00+01:00", "end": "2026-03-30T00:00:00+02:00"})


class Records(unittest.TestCase):
    def reason(self, value, topic="checkins"):
        try:
            read_event(topic, value)
        except Refused as refused:
            return refused.reason
        return None

    def test_reasons_in_their_order(self):
        def text(**members):
            event = {"event_id": "e", "event_type": "checkin", "event_time": f"{DAY}13:00:00Z", "patient_id": "p", "visit_id": "v",
                     "department": "d", "visit_type": "Emergency"}
            return json.dumps(event | members).encode()
        self.assertIsNone(self.reason(text()))
        cases = [(b" " * (1 << 20) + b"{}", "too_large"), (None, "malformed_json"), (b"", "malformed_json"), (b"\xff", "malformed_json"),
                 (b'{"a":1,"\\u0061":2}', "malformed_json"), (b'{"a":{"b":"\\ud800"}}', "malformed_json"), (b'{"a":NaN}', "malformed_json"),
                 (b"[" * 513 + b"]" * 513, "malformed_json"), (b"[" * 512 + b"]" * 512, "bad_type"), (b"[]", "bad_type"),
                 (text(schema_version=2, event_type="?"), "unsupported_schema"), (text(event_type="triage"), "unknown_event_type"),
                 (text(visit_id=None, patient_id=7), "missing_field"), (text(event_type=None, event_id=7), "missing_field"),
                 (text(patient_id=7, event_time="?"), "bad_type"), (text(patient_id="x" * 65), "bad_type"), (text(facility="ö" * 256), None),
                 (text(metadata=[]), "bad_type"), (text(event_time=""), "bad_time"), (text(event_time="2026-02-29T00:00:00Z"), "bad_time")]
        for value, reason in cases:
            self.assertEqual(self.reason(value), reason, (value or b"")[:200])

    def test_money_is_exact(self):
        for text, cents in (("0.07", 7), ("1.500", 150), ("1e3", 100_000), ("-0.0", 0), ("12345678901234567.89", 1234567890123456789)):
            self.assertEqual(read_money(Number(text)), cents, text)
        for text in ("0.005", "1e-3", "1e99999999999999999999", "92233720368547758.08"):
            with self.assertRaises(Refused, msg=text):
                read_money(Number(text))

    def test_all_broken_rules_in_order(self):
        ward = Ward().write("patient.registered", "13:00", gender="x", birth_date="2027-01-01")
        self.assertEqual(ward.outcomes(), ["rejected rule gender birth_before_registration range"])


class Properties(unittest.TestCase):
    def test_attempts_add_up_and_records_are_accounted_for(self):
        for seed in range(20):
            writer = Writer(seed)
            flags = dict(zip(writer.flags()[::2], writer.flags()[1::2]))
            result = Reference(make_definition(flags["--timezone"], flags["--grace"], flags["--max-future"]),
                               read_dump(map(json.dumps, writer.log(300))))
            for values in (cell["values"] for cell in map(json.loads, result.cells) if cell["family"] == "funnel"):
                self.assertEqual(values["entered"], values["converted"] + sum(values["exited"].values()) + values["timed_out"] + values["open"])
                self.assertEqual(values["reached"], sorted(values["reached"], reverse=True))
                self.assertEqual(values["reached"][0], values["entered"])
            for counts in result.summary().values():
                self.assertEqual(counts["consumed"], sum(counts[name] for name in ("applied", "duplicate", "held", "rejected")))


class Compare(unittest.TestCase):
    def test_names_what_differs(self):
        lines = Ward().write("checkin", "13:00").result().cells
        self.assertEqual(compare.differences(lines, list(lines)), [])
        other = [line.replace('"checkins":1', '"checkins":2') if '"10s"' in line and "hospital" in line else line for line in lines[1:]]
        found = compare.differences(lines, other)
        self.assertEqual(len(found), 2)
        self.assertTrue(found[0].startswith("missing census|department=Emergency|-"))
        self.assertIn("values.checkins: expected 1, got 2", found[1])
        self.assertIn("another order", compare.differences(lines, lines[::-1])[0])


if __name__ == "__main__":
    unittest.main()
