"""Family quality: docs/semantics.md, section 4.5."""

import records
from fold import VISIT_MEMORY

SIZES = ("1h", "1d")


class Quality:
    def __init__(self, partition, cell):
        self._partition = partition
        self._cell = cell
        for one in partition.broken:
            source = one.event.get("source")
            self._ask_all(one.admitted, one.event, "unknown" if records.is_blank(source) else source, one.rules)
        for topic, passed in partition.passed.items():
            for record in passed:
                self._add_record(topic, record, partition.verdicts[topic, record.offset])

    def _ask(self, size, time, source, rule, is_broken):
        values = self._cell("quality", {"source": source, "rule": rule}, size, time)
        values["evaluated"] += 1
        values["failed"] += is_broken

    def _ask_all(self, admitted, event, source, broken):
        for size in SIZES:
            for rule in records.asked_rules(event.topic, event.type) if size in admitted else ():
                self._ask(size, event.time, source, rule, rule in broken)

    def _add_record(self, topic, record, verdict):
        is_unknown = verdict.reason == "unknown_visit"
        if verdict.outcome != "applied" and not is_unknown:
            return
        self._ask_all(record.admitted, record, record.source, ())
        for size in SIZES:
            if size in record.admitted and (is_unknown or topic in ("encounters", "billing")):
                self._ask(size, record.time, record.source, "visit_exists", is_unknown)

    def add_visit(self, patient_id, visit, views):
        for size in SIZES:
            if views[size].counts:
                entry = views[size].entry
                self._ask(size, entry.time, entry.source, "patient_exists", not self._is_registered(patient_id, visit, size))
                for _, start, end in views[size].durations():
                    self._ask(size, end.time, end.source, "out_of_sequence", end.time < start)

    def _is_registered(self, patient_id, visit, size):
        registrations = self._partition.patients.get(patient_id)
        last_moment = visit.start + VISIT_MEMORY + self._partition.definition.largest_grace
        return registrations is not None and any(
            self._partition.verdicts[one.topic, one.offset].outcome == "applied" and size in one.admitted and one.stream_before < last_moment
            for one in registrations.records)
