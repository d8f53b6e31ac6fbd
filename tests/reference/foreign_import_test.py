"""Files in layouts, languages and zones of their own, through import and engine: every number is what is counted from the rows, without
a mapping, an event or a window in between."""

import collections
import csv
import datetime
import io
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import zlib

import compare
from engine_test import fold
from foreign_house import EPOCH, IDS, MILLISECOND, House
from mart_rows import average, json_text, mart_rows, money
from reference import Reference, make_definition, read_dump
from records import age_in_years
from windows import format_time

ROOT = pathlib.Path(os.environ.get("WARDPULSE_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
PRODUCER = pathlib.Path(os.environ.get("WARDPULSE_BIN", ROOT / "build/bin"), "wardpulse-producer").resolve()
SEEDS = range(12)  # each place twice
VISITS = 60
PARTITIONS = 3
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TOPIC = {"checkin": "checkins", "visit.cancelled": "checkins", "patient.registered": "checkins", "bill": "billing", "payment": "billing"}
KINDS = {"E": "Emergency", "O": "Outpatient", "I": "Inpatient"}

FUNNELS = """
[[funnel]]
name = "cared for"
entity = "visit_id"
steps = [
  { name = "came ill", any_of = [{ type = "checkin", field = "visit_type", value = "Emergency" }, { type = "checkin", field = "visit_type", value = "Inpatient" }] },
  { name = "looked at", any_of = ["provider.seen", "roomed"] },
  "visit.completed",
]
exits = ["visit.left"]
window = "5h"
"""


def whole_minutes(start, end):
    return (end - start) // MINUTE


class Expected:
    """What the rows of a house say, as of `now`."""

    def __init__(self, house, now):
        self.house, self.now = house, now
        self.visits = [visit for visit in house.visits if not visit.is_bad]
        self.values = collections.defaultdict(collections.Counter)  # (family, dims, date) -> counts
        self.minutes = collections.defaultdict(list)                # (family, dims, date, name) -> minutes
        self.patients = collections.defaultdict(set)
        for visit in self.visits:
            self._visit(visit)
        first = {}
        for visit in sorted(self._came(), key=lambda one: house.moment(one.came)):
            first.setdefault(visit.person, visit)
        for visit in first.values():
            for family in ("hospital", "daily_kpis"):
                self.values[family, "", self.date(house.moment(visit.came))]["new_patients"] += 1

    def _came(self):
        return [visit for visit in self.visits if visit.door != "called off"]

    def date(self, time):
        return (EPOCH + time * MILLISECOND).astimezone(self.house.zone).date().isoformat()

    def _count(self, unit, time, **values):
        for family, dims in (("department", unit), ("hospital", "")):
            self.values[family, dims, self.date(time)].update(values)

    def _spent(self, unit, time, name, minutes):
        for family, dims in (("department", unit), ("hospital", "")):
            self.minutes[family, dims, self.date(time), name].append(minutes)

    def _mart(self, unit, time, daily, department):
        self.values["daily_kpis", "", self.date(time)].update(daily)
        self.values["department_stats", unit, self.date(time)].update(department)

    def is_there(self, *place):
        return any(self.values[place].values()) or any((*place, name) in self.minutes for name in ("wait_minutes", "stay_minutes"))

    def _visit(self, visit):
        came, kind = self.house.moment(visit.came), KINDS[visit.kind]
        self._mart(visit.unit, came, {"total_visits": 1}, {"total_visits": 1, f"{kind.lower()}_visits": 1})
        if visit.door == "called off":
            self._count(visit.unit, came, cancelled=1)
        else:
            self._count(visit.unit, came, checkins=1)
            for family, dims in (("department", visit.unit), ("hospital", "")):
                self.patients[family, dims, self.date(came)].add(visit.person)
        gone = visit.gone and self.house.moment(visit.gone)
        seen = None if visit.doctor_after is None else came + visit.doctor_after * MINUTE
        if seen is not None:
            self._count(visit.unit, seen)
            if visit.door != "called off":
                self._spent(visit.unit, seen, "wait_minutes", visit.doctor_after)
            if visit.code and visit.price >= 0:
                self._count(visit.unit, seen, treatments=1, treatment_cents=visit.price)
                self.values["finance", f"treatment_code={visit.code}", self.date(seen)]["billed_cents"] += visit.price
        if visit.door == "fled":
            self._count(visit.unit, gone, left=1)
        if visit.door == "home" and gone > came:
            self._count(visit.unit, gone, completed=1)
            self._spent(visit.unit, gone, "stay_minutes", whole_minutes(came, gone))
            self._mart(visit.unit, gone, {"completed_visits": 1}, {"duration_n": 1, "duration_ms": gone - came})
        if visit.invoice:
            self._money(visit)
        if visit.door != "called off" and kind != "Outpatient":
            self._attempt(visit, came, seen, gone)

    def _money(self, visit):
        house = self.house
        time = house.moment(visit.billed)
        if visit.billed_offset:
            hours, minutes = (int(part) for part in re.match(r"[+-](\d\d):?(\d\d)|", visit.billed_offset).groups(default="0"))
            east = (hours * HOUR + minutes * MINUTE) * (-1 if "-" in visit.billed_offset else 1)
            time = (visit.billed.replace(tzinfo=datetime.timezone.utc) - EPOCH) // MILLISECOND - east
        is_bill = visit.insured <= visit.sum and visit.sum <= 10_000_000_00
        is_part = visit.part is not None
        payer = visit.insurer if visit.insurer not in ("NULL", "", "-") else "self"
        for dims in (f"department={visit.unit}", f"payer={payer if is_bill else 'unknown'}") if is_bill or is_part else ():
            values = self.values["finance", dims, self.date(time)]
            if is_bill:
                values.update(self._bill(visit))
            if is_part:
                values["paid_cents"] += visit.part
        if is_bill:
            bill = self._bill(visit)
            self._mart(visit.unit, time, bill | {"total_revenue_cents": visit.sum}, {"total_revenue_cents": visit.sum})

    @staticmethod
    def _bill(visit):
        is_paid = visit.settled == "yes" or (visit.part or 0) >= visit.sum
        return {"billed_cents": visit.sum, "insurance_cents": visit.insured, "patient_cents": visit.sum - visit.insured, "paid_bills": int(is_paid),
                "pending_bills": int(not is_paid)}

    def _attempt(self, visit, came, seen, gone):
        until = came + 5 * HOUR
        fled = gone if visit.door == "fled" and came <= gone <= until else None
        roomed = None if visit.room_after is None else came + visit.room_after * MINUTE
        looked_at = min((time for time in (seen, roomed) if time is not None and time <= until and (fled is None or time <= fled)), default=None)
        through = gone if visit.door == "home" and gone > came and looked_at is not None and looked_at <= gone <= until else None
        how = "converted" if through else "visit.left:lwbs" if fled is not None else "timed_out" if self.now > until else "open"
        for unit in (visit.unit, "all"):
            values = self.values["funnel", unit, self.date(came)]
            values.update({"entered": 1, how: 1, "looked at": int(looked_at is not None), "through": int(through is not None)})

    # --- in the form of the marts ---------------------------------------------------------------------------------------

    def daily_rows(self):
        for (family, _, date), v in self.values.items():
            if family == "daily_kpis" and any(count for name, count in v.items() if name != "new_patients"):
                yield {"date": date, "total_visits": v["total_visits"], "completed_visits": v["completed_visits"], "total_admissions": 0,
                       "avg_length_of_stay_days": None, "total_revenue": money(v["total_revenue_cents"]), "insurance_revenue": money(v["insurance_cents"]),
                       "patient_revenue": money(v["patient_cents"]), "paid_bills": v["paid_bills"], "pending_bills": v["pending_bills"],
                       "payment_rate_pct": average(100 * v["paid_bills"], v["paid_bills"] + v["pending_bills"]), "new_patients": v["new_patients"]}

    def department_rows(self):
        for (family, unit, date), v in self.values.items():
            if family == "department_stats":
                yield {"date": date, "department": unit, "total_visits": v["total_visits"], "outpatient_visits": v["outpatient_visits"],
                       "emergency_visits": v["emergency_visits"], "inpatient_visits": v["inpatient_visits"],
                       "avg_visit_duration_hrs": average(v["duration_ms"], v["duration_n"], HOUR), "admissions": 0, "avg_los_days": None,
                       "total_revenue": money(v["total_revenue_cents"])}

    def _is_taken(self, person):
        """Whether the rules let the registration pass."""
        registered = (EPOCH + self.house.moment(person.known_since) * MILLISECOND).date()
        return person.born <= registered and age_in_years(person.born, registered) <= 130

    def patient_rows(self):
        people = {one.id: one for one in self.house.people if self._is_taken(one)}
        for person in {visit.person for visit in self.visits} | set(people):
            visits = [visit for visit in self.visits if visit.person == person]
            came = [self.house.moment(visit.came) for visit in visits if visit.door != "called off"]
            entries = sorted(self.house.moment(visit.came) for visit in visits)
            bills = [visit for visit in visits if visit.invoice]
            known = people.get(person)
            age = age_in_years(known.born, datetime.date.fromisoformat(self.date(max(came)))) if known and came else None
            yield {"patient_id": person, "gender": {"m": "M", "w": "F", "d": "Other"}[known.sex] if known else "Unknown",
                   "city": known.city or "unknown" if known else "unknown", "age_years": age, "total_visits": len(visits),
                   "first_visit_date": self.date(entries[0]) if entries else None, "last_visit_date": self.date(entries[-1]) if entries else None,
                   "total_billed": money(sum(visit.sum for visit in bills if visit.insured <= visit.sum)),
                   "total_paid": money(sum(visit.part for visit in bills if visit.part is not None)), "is_returning": len(came) > 1}


class Run:
    """One house through the importer and the engine."""

    def __init__(self, seed, visits=VISITS):
        self.house = House(seed, visits)
        with tempfile.TemporaryDirectory() as folder:
            for name, content in (self.house.files() | {"m.toml": self.house.mapping().encode()}).items():
                pathlib.Path(folder, name).write_bytes(content)
            done = subprocess.run([PRODUCER, "import", "csv", "visits 1.csv", "people.csv", "--mapping", "m.toml", "--rejects", "bad.csv", "--dry-run", "--print"],
                                  cwd=folder, capture_output=True, text=True, timeout=60, check=False)
            if done.returncode != 0:
                raise AssertionError(f"seed {seed}: {done.stderr}\n{self.house.mapping()}")
            self.counts = {name: int(number) for name, number in re.findall(r"^(.+) (\d+)$", done.stderr, re.MULTILINE)}
            bad = pathlib.Path(folder, "bad.csv")
            self.bad = list(csv.DictReader(io.StringIO(bad.read_text("utf-8"), newline=""))) if bad.exists() else []
        self.lines = self._log(done.stdout.splitlines())
        self.flags = ["--timezone", self.house.zone_name, "--max-future", "off"]
        self.cells = fold(self.lines, self.flags, funnels=FUNNELS)

    def _log(self, events):
        times = [compare_time(event) for event in events]
        if times != sorted(times):
            raise AssertionError("events are not in the order of their times")
        self.now = max(times) + self.house.random.choice([MINUTE, HOUR, 3 * HOUR, DAY])
        beat = json.dumps({"event_id": "beat", "event_type": "feed.heartbeat", "event_time": format_time(self.now), "source": "s"})
        placed = [(TOPIC.get(one["event_type"], "encounters"), zlib.crc32(one["patient_id"].encode()) % PARTITIONS, text) for text in events for one in [json.loads(text)]]
        placed += [(topic, partition, beat) for topic in ("checkins", "encounters", "billing", "workflow") for partition in range(PARTITIONS)]
        offsets = collections.Counter()
        lines = []
        for topic, partition, value in placed:
            lines.append({"topic": topic, "partition": partition, "offset": offsets[topic, partition], "timestamp": 0, "key": "k", "value": value})
            offsets[topic, partition] += 1
        return lines


def compare_time(event):
    moment = datetime.datetime.fromisoformat(json.loads(event)["event_time"])
    return (moment - EPOCH) // MILLISECOND


class Foreign(unittest.TestCase):
    maxDiff = None

    def test_numbers_are_those_of_the_rows(self):
        odd = collections.Counter()
        for seed in SEEDS:
            with self.subTest(seed=seed):
                run = Run(seed)
                self.check_counts(run, odd)
                self.check_cells(run, Expected(run.house, run.now - 5000))
                self.check_reference(run)
        self.assertGreater(min(odd["skipped"], odd["repeated"]), 3, "clock changes were met")

    def check_counts(self, run, odd):
        visits = [visit for visit in run.house.visits if not visit.is_bad]
        self.assertEqual(run.counts["rejected"], len(run.house.visits) - len(visits))
        self.assertEqual([row["reason"].partition(":")[0].partition(",")[2] for row in run.bad], [" event_time"] * run.counts["rejected"])
        self.assertEqual(run.counts["records"], len(run.house.visits) + len(run.house.people))
        shown = list(local_times(run.house, visits))
        for which, name in enumerate(("skipped", "repeated")):
            number = sum(run.house.is_odd(clock)[which] for clock in shown)
            self.assertEqual(run.counts[f"{name} local times"], number)
            odd[name] += number

    def check_cells(self, run, expected):
        got = collections.defaultdict(dict)
        for cell in map(json.loads, run.cells):
            if cell["window"] and cell["window"]["size"] == "1d":
                dims = "".join(f"{name}={value}" for name, value in cell["dims"].items()) if cell["family"] == "finance" else cell["dims"].get("department", "")
                got[cell["family"]][dims, cell["window"]["start"][:10]] = cell["values"]
        for family in ("department", "hospital", "finance", "funnel"):
            wanted = {(dims, date): counts for (name, dims, date), counts in expected.values.items()
                      if name == family and (family not in ("department", "hospital") or expected.is_there(name, dims, date))}
            self.assertEqual(set(got[family]), set(wanted), family)
            for place, values in got[family].items():
                self.assertEqual(self.shown(family, values), self.wanted(expected, family, place, wanted[place]), (family, place))
        for mart, rows in (("daily-kpis", expected.daily_rows()), ("department-stats", expected.department_rows()), ("patient-stats", expected.patient_rows())):
            self.assertEqual(sorted(mart_rows(run.cells)[mart]), sorted(map(json_text, rows)), mart)

    @staticmethod
    def shown(family, values):
        if family == "finance":
            return +collections.Counter(values)
        if family == "funnel":
            return [values["reached"], values["converted"], values["exited"], values["timed_out"], values["open"]]
        names = ("checkins", "cancelled", "completed", "left", "treatments", "treatment_cents", "new_patients")
        minutes = [values[name]["minutes"] for name in ("wait_minutes", "stay_minutes")]
        return [*(values.get(name, 0) for name in names), values["distinct_patients"], *minutes]

    @staticmethod
    def wanted(expected, family, place, counts):
        if family == "finance":
            return +counts
        if family == "funnel":
            left = counts["visit.left:lwbs"]
            return [[counts["entered"], counts["looked at"], counts["through"]], counts["converted"], {"visit.left:lwbs": left} if left else {}, counts["timed_out"],
                    counts["open"]]
        names = ("checkins", "cancelled", "completed", "left", "treatments", "treatment_cents", "new_patients")
        minutes = [sorted([minute, count] for minute, count in collections.Counter(expected.minutes[family, *place, name]).items()) for name in ("wait_minutes", "stay_minutes")]
        return [*(counts[name] for name in names), len(expected.patients[family, *place]), *minutes]

    def check_reference(self, run):
        definition = make_definition(run.house.zone_name, max_future="off", funnels=FUNNELS)
        made = Reference(definition, read_dump(map(json.dumps, run.lines)), drop_past_retention=False)
        self.assertEqual(compare.differences(made.cells, run.cells), [])


JSON_FUNNEL = """
[[funnel]]
name = "samples"
entity = "entity_id"
steps = ["taken", { name = "in the lab", any_of = ["arrived", { type = "scanned", field = "actor_role", value = "lab" }] }, "reported"]
exits = ["lost"]
window = "36h"
"""


class JsonLines(unittest.TestCase):
    """Short events and bare check-ins from another program, in local time or not, in any order."""

    def test_numbers_are_those_of_the_lines(self):
        for seed in range(6):
            with self.subTest(seed=seed):
                self.check(seed)

    def check(self, seed):
        house = House(seed, 1)
        draw, day = house.random, house.visits[0].came.replace(hour=0, minute=0)
        stories, came, clocks, lines = {}, collections.Counter(), [], []

        def stamp(clock):
            if draw.random() < 0.3:
                return house.moment(clock), format_time(house.moment(clock), draw.choice([0, 345, -180]) * MINUTE)
            clocks.append(clock)
            return house.moment(clock), clock.isoformat(sep=draw.choice(" T"))

        for entity in IDS:
            clock = day + datetime.timedelta(minutes=draw.randrange(1440))
            stories[entity] = []
            for step in draw.sample(["taken", "arrived", "scanned", "reported", "lost"], 4):
                clock += datetime.timedelta(minutes=draw.randrange(1, 1000), milliseconds=draw.randrange(1000))
                time, text = stamp(clock)
                role = draw.choice(["lab", "porter"])
                stories[entity].append((time, step, role))
                lines.append({"event_type": step, "entity_id": entity, "timestamp": text, "actor_role": role, "metadata": {"n": [1, None]}})
            time, text = stamp(clock)
            came[entity, time] += 1
            lines += [{"patient_id": entity, "check_in_time": text, "department": "NA"}] * draw.choice([1, 2])
        draw.shuffle(lines)
        text = "\ufeff" + "".join(json.dumps(line, ensure_ascii=False) + draw.choice(["\n", "\r\n", "\n\n"]) for line in lines)
        done = subprocess.run([PRODUCER, "import", "jsonl", "-", "--timezone", house.zone_name, "--dry-run", "--print"], input=text.encode(), capture_output=True, timeout=60,
                              cwd=tempfile.gettempdir(), check=True)
        events = list(map(json.loads, done.stdout.splitlines()))
        self.assertEqual(len(events), len(lines), done.stderr)
        self.assertEqual(sorted((compare_time(json.dumps(one)), one["event_type"], one["entity_id"]) for one in events if "entity_id" in one),
                         sorted((time, step, entity) for entity, story in stories.items() for time, step, _ in story))
        self.assertEqual({(one["patient_id"], compare_time(json.dumps(one))) for one in events if one["event_type"] == "checkin"}, set(came))
        self.check_funnel(house, events, stories)

    def check_funnel(self, house, events, stories):
        end = format_time(max(time for story in stories.values() for time, _, _ in story) + 9 * DAY)
        events = [event for event in events if "entity_id" in event]
        log = [{"topic": "workflow", "partition": 0, "offset": at, "timestamp": 0, "key": "k", "value": json.dumps(event)} for at, event in enumerate(
            [*events, {"event_id": "beat", "event_type": "feed.heartbeat", "event_time": end, "source": "s"}])]
        cells = [json.loads(cell) for cell in fold(log, ["--timezone", house.zone_name, "--max-future", "off"], funnels=JSON_FUNNEL)]
        got = sum((collections.Counter({"entered": values["entered"], "in the lab": values["reached"][1], "converted": values["converted"], "timed_out": values["timed_out"]}
                                       | values["exited"]) for values in (cell["values"] for cell in cells if cell["family"] == "funnel"
                                                                          and cell["dims"]["department"] == "all" and cell["window"]["size"] == "1d")), collections.Counter())
        self.assertGreater(got["entered"], 0)
        self.assertEqual(got, sum(map(self.attempt, stories.values()), collections.Counter()))

    @staticmethod
    def attempt(story):
        """By a walk through the story, oldest first."""
        told, start = collections.Counter(), None
        for time, step, role in sorted(story):
            if start is None:
                if step == "taken":
                    start = time
                    told["entered"] += 1
            elif time > start + 36 * HOUR or told["lost"] or told["converted"]:
                break
            elif step == "lost":
                told["lost"] += 1
            elif not told["in the lab"]:
                told["in the lab"] += step == "arrived" or (step == "scanned" and role == "lab")
            elif step == "reported":
                told["converted"] += 1
        if told["entered"] and not told["lost"] and not told["converted"]:
            told["timed_out"] += 1
        return +told


def local_times(house, visits):
    """Each field of each event that is a local time, as the clock showed it."""
    yield from (person.known_since for person in house.people)
    for visit in visits:
        is_seen = visit.doctor_after is not None
        yield from [visit.came] * (1 + (visit.room_after is not None) + is_seen + (is_seen and visit.code != "") + (visit.door == "home"))
        yield from [visit.gone] if visit.gone else []
        if visit.invoice and not visit.billed_offset:
            yield from [visit.billed] * (4 if visit.part is not None else 2)


if __name__ == "__main__":
    unittest.main()
