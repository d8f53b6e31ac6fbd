"""Logs of a house in which every id is used once and nothing is forgotten, so that only the order of arrival is at stake."""

import json
import random
import zlib

from random_words import DEPARTMENTS, FACILITIES, PAYERS, SOURCES
from windows import DAY, HOUR, MINUTE, format_time, parse_time_option

START = parse_time_option("2026-03-20T00:00:00+00:00")
SPAN = 16 * DAY
TOPIC = {"patient.registered": "checkins", "checkin": "checkins", "visit.cancelled": "checkins", "visit.no_show": "checkins",
         "bill": "billing", "payment": "billing", "claim": "billing"}
REVIEW = ["data.uploaded", "data.validated", "analysis.started", "analysis.completed", "review.completed", "review.rejected"]


class House:
    """`records`: (topic, key, event time, value) in no particular order."""

    def __init__(self, seed, patients):
        self.random = random.Random(seed)
        self.records = []
        self._ids = 0
        for number in range(patients):
            patient_id = self.random.choice(["p{}", "NA{}", "{:03}", "1e{}"]).format(number)
            if self.random.random() < 0.8:
                self._write("patient.registered", self._moment(), patient_id=patient_id, gender=self.random.choice(["M", "F", "Other", "x"]),
                            birth_date=self.random.choice(["1980-02-29", "2010-03-25", "1931-01-01", "2027-01-01"]), city=self.random.choice(["Malmö", "NA", ""]))
            for visit in range(self.random.choice([1, 1, 2, 4])):
                self._visit({"patient_id": patient_id, "visit_id": f"v{visit}"})
            self._entity(f"{number:03}")

    def _moment(self):
        return START + self.random.randrange(SPAN)

    def _new_id(self):
        self._ids += 1
        return f"{zlib.crc32(str(self._ids).encode()):08x}"

    def _write(self, event_type, time, **members):
        members = {"event_id": self._new_id(), "event_type": event_type, "event_time": format_time(time)} | members
        if self.random.random() < 0.5:
            members |= {"source": self.random.choice(SOURCES), "facility": self.random.choice(FACILITIES)}
        topic = "workflow" if "entity_id" in members else TOPIC.get(event_type, "encounters")
        self.records.append((topic, members.get("patient_id") or members["entity_id"], time, json.dumps(members)))

    def _visit(self, ids):
        draw = self.random
        time = arrival = self._moment()
        kind = draw.choice(["Emergency", "Emergency", "Outpatient", "Inpatient"])
        for event_type in draw.choice([["checkin"], ["checkin"], ["checkin"], ["visit.no_show"], ["checkin", "visit.cancelled"]]):
            self._write(event_type, arrival + draw.randrange(HOUR), **ids, department=draw.choice(DEPARTMENTS), visit_type=kind)
        steps = {"triage": {"acuity": draw.choice([1, 3, 5, 9])}, "roomed": {"ventilated": draw.choice([True, False])},
                 "provider.seen": {}, "treatment": {"treatment_code": "c", "cost": draw.choice([12.5, -1])},
                 "admit.decision": {"observation": draw.choice([True, False])},
                 "admission": {"admission_id": "a", "room_type": "ICU"},
                 "discharge": {"admission_id": "a", "admitted_at": format_time(arrival), "disposition": "home"},
                 "visit.completed": {"started_at": format_time(arrival - HOUR), "status": "Completed"}, "visit.left": {"reason": "lwbs"}}
        for event_type, members in steps.items():
            time += draw.choice([0, MINUTE, 61 * MINUTE, 5 * HOUR, -MINUTE])
            for _ in range(draw.choice([0, 1, 1, 1, 2]) if event_type not in ("admission", "discharge") else draw.choice([0, 1, 1])):
                own = {"department": draw.choice(DEPARTMENTS)} if draw.random() < 0.3 else {}
                self._write(event_type, time + draw.randrange(MINUTE), **ids, **members, **own)
        self._money(ids, time)

    def _money(self, ids, time):
        draw = self.random
        for bill_id in draw.choice(["", "x", "xy"]):
            bill = {"bill_id": bill_id, "total_amount": draw.choice([100, 0, 20.5]), "insurance_amount": draw.choice([0, 7, 30]),
                    "patient_amount": 1, "payer": draw.choice(PAYERS)}
            made = time + draw.randrange(DAY)
            if draw.random() < 0.8:
                self._write("bill", made, **ids, **bill, status="Pending")
            if draw.random() < 0.4:
                self._write("bill", made + draw.randrange(1, DAY), **ids, **bill, status="Paid", paid_at=format_time(made))
            for _ in range(draw.choice([0, 1, 2])):
                self._write("payment", made + draw.randrange(-HOUR, DAY), **ids, bill_id=bill_id, amount=draw.choice([50, 100, -50]), paid_at=format_time(made))
        if draw.random() < 0.5:
            self._write("claim", time, **ids, claim_id="c", payer="P", organization="North", amount=3, covered=2)

    def _entity(self, entity_id):
        time = self._moment()
        for step in self.random.sample(REVIEW, 4):
            time += self.random.randrange(DAY)
            self._write(step, time, entity_id=entity_id)


def dump(records, partitions, disorder=0, seed=0, twice=False):
    """Lines as fold_tool reads them. Records arrive up to `disorder` late; with `twice` each arrives once more. At the end every topic
    of every partition has a heartbeat long after all."""
    draw = random.Random(seed)
    arrivals = [(record[2] + draw.randrange(disorder + 1), record) for record in records for _ in range(1 + twice)]
    arrivals.sort(key=lambda one: (one[0], one[1][2]))
    end = START + SPAN + 60 * DAY
    beat = json.dumps({"event_id": "beat", "event_type": "feed.heartbeat", "event_time": format_time(end), "source": "s"})
    placed = [(topic, zlib.crc32(key.encode()) % partitions, value) for _, (topic, key, _, value) in arrivals]
    placed += [(topic, partition, beat) for topic in ("checkins", "encounters", "billing", "workflow") for partition in range(partitions)]
    offsets = {}
    lines = []
    for topic, partition, value in placed:
        offset = offsets[topic, partition] = offsets.get((topic, partition), -1) + 1
        lines.append({"topic": topic, "partition": partition, "offset": offset, "timestamp": end, "key": "k", "value": value})
    return lines


def interleaved(lines, seed):
    """The same logs, read in another order: within each topic and partition nothing changes places."""
    draw = random.Random(seed)
    logs = {}
    for line in lines:
        logs.setdefault((line["topic"], line["partition"]), []).append(line)
    queues = [log[::-1] for log in logs.values()]
    mixed = []
    while queues:
        queue = draw.choice(queues)
        mixed.append(queue.pop())
        queues = [queue for queue in queues if queue]
    return mixed
