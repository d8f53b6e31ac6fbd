"""What becomes of the records of one partition number: docs/semantics.md, sections 1 and 2.

Everything is worked out from the whole log at once. That is sound because the outcome does not depend on how topics
interleave (section 6): a record's visit is the first instance that covers it among all that ever become known.
"""

import math
from dataclasses import dataclass, field

import records
from windows import DAY, FOREVER, HOUR, NEVER, RETENTION, SECOND, SIZES

VISIT_MEMORY = 120 * DAY
HOLD = 7 * DAY
REPEAT_MEMORY = 31 * DAY
WATERMARK_LAG = 5 * SECOND
KEPT_OCCURRENCES = 16

CHECKIN_SIDE = {"checkin", "visit.cancelled", "visit.no_show"}
# Identity of a record within its visit besides event_id.
IDENTITY = {"admission": "admission_id", "discharge": "admission_id", "treatment": "treatment_id", "payment": "payment_id",
            "claim": "claim_id", "bill": "bill_id"}


class LogRecord:
    """A record that got past step 11, at its place in the log."""

    __slots__ = ("topic", "offset", "type", "time", "event_id", "order", "ids", "entity_id", "department", "source", "identity", "fields",
                 "admitted", "stream_before")

    def __init__(self, event, offset, stream_before, admitted):
        self.topic = event.topic
        self.offset = offset
        self.type = event.type
        self.time = event.time
        self.event_id = event.get("event_id")
        self.fields = event.fields
        self.order = (event.time, self.event_id.encode())  # "the earliest": at equal time the smaller event_id
        self.ids = (event.get("patient_id"), event.get("visit_id"))
        self.entity_id = event.get("entity_id")
        self.department = self.text("department")
        self.source = self.text("source") or "unknown"
        id_field = IDENTITY.get(event.type) if event.topic != "workflow" else None
        self.identity = event.get(id_field) if id_field else None
        if id_field and self.identity is None:  # treatment_id, payment_id
            self.identity = self.event_id
        self.stream_before = stream_before
        self.admitted = admitted

    def get(self, name):
        return self.fields.get(name)

    def text(self, name):
        """None also when blank."""
        value = self.fields.get(name)
        return None if records.is_blank(value) else value

    @property
    def is_limited(self):
        return self.identity is None


@dataclass
class Group:
    """A visit instance, an entity instance or a patient's registrations: what duplicates are judged within."""

    start: float  # A of a visit's K; the first record's event time of an entity
    stream_at_start: float = NEVER  # S
    records: list = field(default_factory=list)  # all that joined, in log order within a topic
    counting: list = ()  # without duplicates, and of limited types only the earliest


@dataclass
class BrokenRecord:
    """A record rejected by rules, that is no repeat of another one."""

    event: records.Event
    admitted: tuple
    rules: list


@dataclass
class Verdict:
    outcome: str
    reason: str | None = None
    rules: tuple = ()


def without_duplicates(group_records):
    """The records that count, and the set of positions of the duplicates, of one group's records in log order.

    An event_id is taken as long as its record counts: one that is a duplicate itself, or was pushed out, does not keep it.
    """
    event_ids, identities, earliest = set(), {}, {}
    duplicates, counting = set(), []
    for at, record in enumerate(group_records):
        event_id, key = (record.topic, record.event_id), (record.type, record.identity)
        if event_id in event_ids:
            duplicates.add(at)
        elif record.is_limited:
            kept = earliest.setdefault(record.type, [])
            kept.append(record)
            kept.sort(key=lambda one: one.order)
            event_ids.add(event_id)
            if len(kept) > KEPT_OCCURRENCES:
                pushed_out = kept.pop()
                event_ids.remove((pushed_out.topic, pushed_out.event_id))
                if pushed_out is record:
                    duplicates.add(at)
        elif is_seen(record, identities.get(key, ())):
            duplicates.add(at)
        else:
            event_ids.add(event_id)
            identities.setdefault(key, []).append(record)
            counting.append(record)
    for kept in earliest.values():
        counting.extend(kept)
    return counting, duplicates


def is_seen(record, before):
    """Whether `record` adds nothing to those `before` it that have its type and its admission_id, bill_id and so on."""
    if record.type != "bill":
        return bool(before)
    by_status = {one.get("status"): one for one in before}
    return record.get("status") in by_status or (
        record.get("status") == "Pending" and "Paid" in by_status and record.time >= by_status["Paid"].time)


class Partition:
    """Verdicts, visits and entities of one partition number. `topics`: name -> list of raw records in offset order."""

    def __init__(self, definition, number, topics):
        self.definition = definition
        self.number = number
        self.verdicts = {}  # (topic, offset) -> Verdict
        self.broken = []    # BrokenRecords
        self.stream_time = dict.fromkeys(records.TOPICS, NEVER)
        self.next_offsets = {topic: (raw[-1].offset + 1 if (raw := topics.get(topic)) else 0) for topic in records.TOPICS}
        self.visits = {}    # (patient_id, visit_id) -> instances, oldest first
        self.entities = {}  # entity_id -> instances
        self.patients = {}  # patient_id -> the group of its registrations
        self.passed = passed = {topic: list(self._judge(topic, topics.get(topic, ()))) for topic in records.TOPICS}
        self.log_watermark = min(self.stream_time[topic] for topic in definition.topics) - WATERMARK_LAG
        for record in passed["checkins"]:
            self._take_checkin_side(record)
        for record in passed["encounters"] + passed["billing"]:
            self._take_encounter(record)
        for record in passed["workflow"]:
            self._take_workflow(record)
        for group in self._groups():
            group.counting, duplicates = without_duplicates(group.records)
            for at, record in enumerate(group.records):
                self._say(record, Verdict("duplicate" if at in duplicates else "applied"))

    def _groups(self):
        for instances in (*self.visits.values(), *self.entities.values(), self.patients.values()):
            yield from instances

    def is_known(self, visit):
        """Whether a visit instance is still in the state."""
        leaves = visit.start + VISIT_MEMORY + self.definition.largest_grace
        return whole_hour(self.log_watermark, math.floor) < whole_hour(leaves, math.ceil)

    def has_cell_left(self, size, end):
        leaves = end + RETENTION[size] + DAY
        return whole_hour(self.log_watermark, math.floor) >= whole_hour(leaves, math.ceil)

    def shown_watermark(self, topics):
        """All topics being idle."""
        if self.definition.watermark is not None:
            return self.definition.watermark
        return max(self.stream_time[topic] for topic in topics) - WATERMARK_LAG

    def _say(self, record, verdict):
        self.verdicts[record.topic, record.offset] = verdict

    def _judge(self, topic, raw_records):
        """Steps 1 to 11; gives the records that get past them."""
        definition = self.definition
        stream_time = NEVER
        counted = {}  # ids of a record rejected by rules -> stream time with it included
        for raw in raw_records:
            place = (topic, raw.offset)
            try:
                event = records.read_event(topic, raw.value)
                if event.time > raw.timestamp + definition.max_future:
                    raise records.Refused("future")
                before, stream_time = stream_time, max(stream_time, event.time)
                if event.type == records.HEARTBEAT:
                    self.verdicts[place] = Verdict("applied")
                    continue
                admitted = definition.admitted_sizes(event.time, before)
                if not admitted:
                    raise records.Refused("too_late")
                if broken := records.broken_rules(event):
                    ids = tuple(event.get(name) or "" for name in ("patient_id", "visit_id", "entity_id", "event_id"))
                    if stream_time >= counted.get(ids, NEVER) + REPEAT_MEMORY:
                        counted[ids] = stream_time
                        self.broken.append(BrokenRecord(event, admitted, broken))
                    raise records.Refused("rule", broken)
            except records.Refused as refused:
                self.verdicts[place] = Verdict("rejected", refused.reason, refused.rules)
                continue
            yield LogRecord(event, raw.offset, before, admitted)
        self.stream_time[topic] = stream_time

    def _covers(self, visit, record):
        last = visit.start + VISIT_MEMORY
        return record.time <= last and record.stream_before < last + self.definition.largest_grace

    def _take_checkin_side(self, record):
        if record.type == "patient.registered":
            self.patients.setdefault(record.ids[0], Group(NEVER)).records.append(record)
            return
        instances = self.visits.setdefault(record.ids, [])
        if not instances or record.stream_before >= instances[-1].start + VISIT_MEMORY + self.definition.largest_grace:
            instances.append(Group(record.time, record.stream_before))
        elif not self._covers(instances[-1], record):
            self._say(record, Verdict("rejected", "unknown_visit"))
            return
        instances[-1].records.append(record)

    def _take_encounter(self, record):
        covering = [visit for visit in self.visits.get(record.ids, ()) if self._covers(visit, record)]
        if covering and covering[0].stream_at_start < record.time + HOLD:
            covering[0].records.append(record)
        elif covering or self.log_watermark >= record.time + HOLD:
            self._say(record, Verdict("rejected", "unknown_visit"))
        else:
            self._say(record, Verdict("held"))

    def _take_workflow(self, record):
        memory = max([VISIT_MEMORY, *(funnel.window for funnel in self.definition.funnels if not funnel.by_visit)])
        instances = self.entities.setdefault(record.entity_id, [])
        if not instances or record.stream_before >= instances[-1].start + memory + self.definition.largest_grace:
            instances.append(Group(record.time))
        instances[-1].records.append(record)


def whole_hour(time, cut):
    return time if time in (NEVER, FOREVER) else cut(time / HOUR) * HOUR


@dataclass
class RawRecord:
    offset: int
    timestamp: int
    value: bytes | None


@dataclass
class Definition:
    calendar: object
    grace: dict
    max_future: float
    funnels: list
    watermark: int | None = None  # None: as if all topics were idle
    topics: tuple = records.TOPICS
    beds: tuple = ()  # (first moment, emergency, hospital), sorted

    def __post_init__(self):
        self.largest_grace = max(self.grace.values())

    def admitted_sizes(self, time, stream_before):
        return tuple(size for size in SIZES
                     if self.calendar.window(size, time)[1] + min(self.grace[size], RETENTION[size]) > stream_before)
