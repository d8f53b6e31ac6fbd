#!/usr/bin/env python3
"""Adversarial logs from a seed: few ids, duplicates, ties, disorder, lateness beyond each grace, missing departments, bad
records, ids used anew after the memory of visits, heartbeats, clock changes.

random_log.py --seed 7 [--records 400] prints a dump for reference.py; the flags that belong to it go to stderr.
"""

import argparse
import base64
import datetime
import json
import random
import sys

from random_funnels import FunnelsWriter
from random_words import DEPARTMENTS, FACILITIES, ODD_IDS, PAYERS, SOURCES, WORKFLOW_TYPES
from records import TOPICS, is_blank
from windows import Calendar, DAY, HOUR, MINUTE, SECOND, format_time, parse_time_option

# Where each log starts: shortly before its zone's clocks change, or somewhere else of interest.
PLACES = [("UTC", "2026-11-21T13:00:00+00:00"), ("Europe/Stockholm", "2017-03-25T20:00:00+00:00"),
          ("Europe/Stockholm", "2026-10-24T20:00:00+00:00"), ("America/New_York", "2026-03-08T04:00:00+00:00"),
          ("Australia/Lord_Howe", "2026-04-04T12:00:00+00:00"), ("America/Sao_Paulo", "2018-11-03T20:00:00+00:00"),
          ("America/Havana", "2025-11-02T02:00:00+00:00"), ("Pacific/Apia", "2011-12-29T20:00:00+00:00"),
          ("America/St_Johns", "2010-11-07T00:00:00+00:00"), ("Asia/Kathmandu", "2026-01-31T17:00:00+00:00"),
          ("Asia/Beirut", "2022-03-26T20:00:00+00:00"), ("Europe/Stockholm", "2040-03-24T20:00:00+00:00"),
          ("UTC", "1969-12-31T20:00:00+00:00"), ("Europe/Stockholm", "1931-02-27T20:00:00+00:00"),
          ("America/New_York", "2190-02-27T20:00:00+00:00"), ("Asia/Kathmandu", "1985-12-31T17:00:00+00:00")]
GRACES = ["", "", "", "10s=0s,1m=10s,1h=1m,1d=1h,month=1h", "1h=none", "1d=90d,month=90d", "10s=none,1m=none,1h=none,1d=none,month=none", "1d=7d,month=2d"]
STEPS = [2 * SECOND, MINUTE, 20 * MINUTE, 5 * HOUR, 3 * DAY]  # how far the clock goes on average from record to record
BIRTH_DATES = ["1980-02-29", "2000-02-29", "1960-12-31", "2026-11-21", "1930-01-01", "1850-06-01", "2027-01-01", "2190-01-01"]
CHECKIN_TYPES = ["checkin", "checkin", "checkin", "visit.cancelled", "visit.no_show", "patient.registered", "patient.registered"]
# What happens to an orderly patient, by topic and type, so that attempts convert and the census has somebody in it.
PATHS = [["checkins patient.registered", "checkins checkin", "encounters triage", "encounters roomed", "encounters provider.seen", "encounters treatment",
          "encounters visit.completed", "billing bill", "billing payment"],
         ["checkins checkin", "encounters triage", "encounters roomed", "encounters provider.seen", "encounters admit.decision",
          "encounters admission", "encounters discharge", "encounters visit.completed", "billing bill", "billing bill", "billing claim"],
         ["checkins checkin", "encounters triage", "encounters visit.left", "billing payment", "billing bill", "billing payment"]]
REVIEW = ["data.uploaded", "data.validated", "analysis.started", "analysis.completed", "review.completed"]
ENCOUNTER_TYPES = ["triage", "roomed", "provider.seen", "treatment", "admit.decision", "admission", "discharge",
                   "visit.completed", "visit.left"]
BAD_VALUES = [None, True, 7, -1, 1.5, 10 ** 30, "", "  ", "\u2003", "x" * 64, "x" * 65, "y" * 257, [], {}, "2026-11-21", "NaN",
              "2026-02-30T00:00:00Z", "2026-11-21T13:00:60Z", "2026-11-21T24:00:00Z", "2026-11-21T13:00:00", "2026-11-21 13:00:00Z"]
BAD_BYTES = [b"", b" ", b"{", b"[]", b"7", b'"x"', b"null", b"\xff", b"\xef\xbb\xbf{}", b"{}", b'{"a":1,"a":2}', b"[" * 600 + b"]" * 600,
             b'{"a":' + b"[" * 511 + b"]" * 511 + b"}", b'{"a":' + b"[" * 512 + b"]" * 512 + b"}", b'{"a":"\\ud800"}',
             b'{"event_type":"checkin","a":NaN}', b'{"a":01}', b'{"a":"\x01"}', b'{"a":1}{}', b"x" * 2000]


class Writer:
    def __init__(self, seed):
        self.random = random.Random(seed)
        draw = self.random
        self.zone, start = draw.choice(PLACES)
        self.grace = draw.choice(GRACES)
        self.max_future = draw.choice(["off", "5m", "5m", "40d"])
        self.step = draw.choice(STEPS)
        self.unit = draw.choice([1, SECOND, MINUTE, 10 * MINUTE])  # coarse units make ties
        self.clocks = {topic: parse_time_option(start) + draw.choice([0, 0, 0, draw.randrange(10 * self.step)]) for topic in TOPICS}
        self.pauses = draw.choice([0, 0, 0.003])  # chance of a leap past the memory of visits
        self.bad_share = draw.choice([0, 0.05])
        self.few_event_ids = draw.choice([0, 0.2])
        self.partitions = draw.choice([1, 1, 2, 3])
        self.ids = draw.choice([1, 2, 3, 6, 12])
        self.odd_ids = draw.random() < 0.3
        self.orderly_share = draw.choice([0, 0.5, 0.9])
        self.progress = {}  # (partition, patient, visit) or (partition, entity) -> steps taken on its path
        self.funnels = FunnelsWriter(draw).file() if draw.random() < 0.6 else None
        self.beds = self._beds(parse_time_option(start)) if draw.random() < 0.5 else None
        self.next_offset = {}
        self.written = []

    def _beds(self, start):
        draw, calendar = self.random, Calendar(self.zone)
        dates = [format_time(start + day * DAY)[:10] for day in draw.sample(range(-3, 9), draw.choice([1, 2, 3]))]
        by_start = {calendar.start_of(datetime.date.fromisoformat(date)): date for date in dates}  # a date that a zone passes over starts with the next one
        return "".join(f"[[beds]]\nfrom = {date}\nemergency = {draw.choice([1, 2, 7])}\nhospital = {draw.choice([1, 9, 400])}\n" for date in by_start.values())

    def flags(self):
        return ["--timezone", self.zone, "--grace", self.grace, "--max-future", self.max_future]

    def files(self):
        return {"funnels": self.funnels, "beds": self.beds}

    def log(self, count):
        lines = []
        while len(lines) < count:
            lines.append(self.line())
        return lines

    def line(self):
        draw = self.random
        partition = draw.randrange(self.partitions)
        topic, names = self.subject(partition)
        time = self.time(topic)
        value = self.value(topic, partition, time, names)
        place = (topic, partition)
        offset = self.next_offset.get(place, 0) + (draw.random() < 0.02)  # compaction leaves gaps
        self.next_offset[place] = offset + 1
        line = {"topic": topic, "partition": partition, "offset": offset, "timestamp": time + draw.randrange(3) * SECOND, "key": "k"}
        if draw.random() < 0.01:
            line["timestamp"] -= draw.choice([5 * MINUTE, 5 * MINUTE + 1, DAY])
        if value is None:
            return line
        try:
            line["value"] = value.decode()
        except UnicodeDecodeError:
            line["value_b64"] = base64.b64encode(value).decode()
        return line

    def id_of(self, kind, partition=0):
        """A patient, visit or entity; a patient is in one partition."""
        number = self.random.randrange(self.ids)
        name = ODD_IDS[number] if self.odd_ids and number < len(ODD_IDS) else f"{kind}{number}"
        return f"{name}-{partition}" if partition else name

    def subject(self, partition):
        """Topic of the next record, and members that are settled already."""
        draw = self.random
        topic = draw.choices(TOPICS, weights=(30, 50, 10, 10))[0]
        if draw.random() >= self.orderly_share:
            return topic, {}
        if topic == "workflow":
            names, path = {"entity_id": self.id_of("n")}, [f"workflow {step}" for step in REVIEW]
        else:
            names = {"patient_id": self.id_of("p", partition), "visit_id": self.id_of("v")}
            path = PATHS[sum(map(ord, "".join(names.values()))) % len(PATHS)]
        place = (partition, *names.values())
        step = self.progress.get(place, 0)
        self.progress[place] = step + 1
        topic, event_type = path[step % len(path)].split()
        return topic, names | {"event_type": event_type}

    def time(self, topic):
        """The event time of the next record; moves the topic's clock."""
        draw = self.random
        self.clocks[topic] += draw.randrange(2 * self.step)
        if draw.random() < self.pauses:
            leap = draw.choice([40 * DAY, 120 * DAY, 152 * DAY, 160 * DAY, 500 * DAY])
            for one in TOPICS if draw.random() < 0.7 else [topic]:
                self.clocks[one] += leap
        time, chance = self.clocks[topic], draw.random()
        if chance < 0.25:
            time -= draw.randrange(10 * self.step)
        elif chance < 0.32:
            time -= draw.choice([10 * MINUTE, 6 * HOUR, 48 * HOUR, 7 * DAY, 31 * DAY, 62 * DAY, 121 * DAY]) + draw.randrange(-90, 90) * SECOND
        elif chance < 0.33:
            time += draw.choice([HOUR, 8 * DAY, 30 * DAY])
        return time // self.unit * self.unit

    def value(self, topic, partition, time, names):
        draw = self.random
        if self.written and draw.random() < 0.05:
            repeated = draw.choice(self.written)
            if repeated[:2] == (topic, partition):
                return repeated[2]
        if draw.random() < self.bad_share / 4:
            return draw.choice([*BAD_BYTES, None])
        members = self.members(topic, partition, time, names)
        if draw.random() < self.bad_share:
            self.spoil(members, partition)
        value = json.dumps(members, ensure_ascii=draw.random() < 0.5).encode()
        self.written.append((topic, partition, value))
        return value

    def spoil(self, members, partition):
        draw = self.random
        for _ in range(draw.choice([1, 1, 2])):
            name = draw.choice([*members, "metadata", "schema_version", "visit_id", "facility", "department"])
            if draw.random() < 0.2:
                members.pop(name, None)
            else:
                members[name] = draw.choice(BAD_VALUES)
            value = members.get(name)
            if name == "patient_id" and isinstance(value, str) and not is_blank(value):  # a patient is in one partition
                members[name] = str(partition) + value[1:]

    def members(self, topic, partition, time, names):
        draw = self.random
        few = draw.random() < self.few_event_ids
        members = {"event_id": f"e{draw.randrange(9) if few else draw.randrange(10 ** 9)}", "event_time": self.time_text(time),
                   "patient_id": self.id_of("p", partition)}
        if draw.random() < 0.02:
            return members | {"event_type": "feed.heartbeat", "source": "s"}
        if topic != "workflow":
            members["visit_id"] = self.id_of("v")
        if draw.random() < 0.2:
            members["actor_role"] = draw.choice(["nurse", "clerk"])
        if draw.random() < 0.7:
            members["department"] = draw.choice(DEPARTMENTS)
        elif draw.random() < 0.2:
            members["department"] = draw.choice(["", " \u2003", None])
        for name, choices in (("source", SOURCES), ("facility", FACILITIES)):
            if draw.random() < 0.5:
                members[name] = draw.choice(choices)
        return members | getattr(self, topic)(time, names.get("event_type")) | names

    def time_text(self, time):
        draw = self.random
        text = format_time(time, draw.choice([0, 0, 60, -210, 345]) * MINUTE)
        return text.replace("T", "t").replace("Z", "z") if draw.random() < 0.05 else text

    def checkins(self, time, event_type):
        draw = self.random
        event_type = event_type or draw.choice(CHECKIN_TYPES)
        if event_type == "patient.registered":
            date = lambda: format_time(time - draw.randrange(50_000) * DAY)[:10]
            return {"event_type": event_type, "gender": draw.choice(["M", "F", "Other", "Unknown", "f"]), "birth_date": date(),
                    "registered_on": draw.choice([None, "", date()]), "city": draw.choice(["Malmö", "Malmö", "NA", "", " ", None])} | (
                        {"birth_date": draw.choice(BIRTH_DATES)} if draw.random() < 0.5 else {})
        return {"event_type": event_type, "visit_type": draw.choice(["Emergency"] * 3 + ["Inpatient", "Outpatient", "Other"]),
                "department": draw.choice(DEPARTMENTS), "arrival_mode": draw.choice([None, "walk-in", "ambulance"])}

    def encounters(self, time, event_type):
        draw = self.random
        event_type = event_type or draw.choice(ENCOUNTER_TYPES)
        before = self.time_text(time - draw.choice([HOUR, HOUR, HOUR, HOUR, HOUR, 0, -1]))
        more = {"triage": {"acuity": draw.choice([1, 2, 3, 4, 5, 5, 0, 6])}, "roomed": {"ventilated": draw.choice([None, True, False])},
                "provider.seen": {"ventilated": draw.choice([None, True, False])}, "admit.decision": {"observation": draw.choice([None, True, False])},
                "treatment": {"treatment_code": draw.choice(["c", "c", "NA", "1e5", "Z" * 256]), "cost": draw.choice([0, 1, 12.5, 0.01, 10_000_000, 10_000_000.01, -1, 0.005]),
                              "treatment_id": draw.choice([None, None, "t1", "t2"])},
                "admission": {"admission_id": draw.choice("ab"), "room_type": draw.choice(["General", "ICU", "Ward"])},
                "discharge": {"admission_id": draw.choice("ab"), "admitted_at": before, "disposition": "home"},
                "visit.completed": {"started_at": before, "status": draw.choice(["Completed"] * 5 + ["Done"])},
                "visit.left": {"reason": draw.choice(["lwbs", "lwbs", "ama", "other way"])}}
        return {"event_type": event_type} | more.get(event_type, {})

    def billing(self, time, event_type):
        draw = self.random
        event_type = event_type or draw.choice(["bill", "bill", "payment", "payment", "claim"])
        bill = {"bill_id": draw.choice("xxyz")}
        paid_at = self.time_text(time)
        more = {"bill": bill | {"total_amount": draw.choice([100, 100, 20.5, 0, -1]), "insurance_amount": draw.choice([0, 0, 20.5, -7, 100, 101]),
                                "patient_amount": draw.choice([1, 0.07, -3]), "status": draw.choice(["Pending"] * 4 + ["Paid", "Paid", "Lost"]),
                                "paid_at": draw.choice([None, paid_at, paid_at]), "payer": draw.choice(PAYERS)},
                "payment": bill | {"amount": draw.choice([5, 50, 100, 15.5, -5, -100, -10_000_000, -10_000_000.01]), "paid_at": paid_at, "payment_id": draw.choice([None, None, None, "m", "n"])},
                "claim": {"claim_id": draw.choice("cd"), "payer": draw.choice(["P", "Aetna", " "]), "organization": draw.choice(["O", "O", "North", "007"]), "amount": 3, "covered": 10_000_001}}
        if event_type == "claim" and draw.random() < 0.7:
            more["claim"]["covered"] = 2
        return {"event_type": event_type} | more[event_type]

    def workflow(self, _, __):
        draw = self.random
        return {"event_type": draw.choice(WORKFLOW_TYPES), "entity_id": self.id_of("n")}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, required=True)
    options.add_argument("--records", type=int, default=400)
    given = options.parse_args()
    writer = Writer(given.seed)
    for line in writer.log(given.records):
        print(json.dumps(line))
    print(json.dumps(writer.flags()), *writer.files().values(), file=sys.stderr)


if __name__ == "__main__":
    main()
