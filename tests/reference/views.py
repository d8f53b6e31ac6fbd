"""A visit or entity as one window size sees it: docs/semantics.md, section 4.1."""

import collections

from fold import VISIT_MEMORY
from windows import FOREVER, MINUTE, SIZES

ENDS = ("visit.completed", "visit.left", "visit.cancelled", "visit.no_show")
KINDS_OF_ENTRY = ("checkin", "visit.cancelled", "visit.no_show")


def whole_minutes(start, end):
    return (end - start) // MINUTE


def finite(time):
    return None if abs(time) == FOREVER else time


class VisitView:
    """Those of the visit's records that count and that the size admitted."""

    def __init__(self, admitted):
        arrivals = [record.time for record in admitted if record.topic == "checkins"]
        self.counts = bool(arrivals)
        self.by_type = collections.defaultdict(list)
        for record in sorted(admitted, key=lambda one: one.order) if arrivals else ():
            if record.time <= min(arrivals) + VISIT_MEMORY:
                self.by_type[record.type].append(record)
        self.department = self._department()

    def until(self, time):
        """The same view of the records with event time up to `time`; the department stays."""
        view = object.__new__(VisitView)
        view.by_type = collections.defaultdict(list)
        for event_type, occurrences in self.by_type.items():
            view.by_type[event_type] = [record for record in occurrences if record.time <= time]
        view.counts = self.counts
        view.department = self.department
        return view

    def _department(self):
        for event_type in KINDS_OF_ENTRY:
            record = self.first(event_type)
            if record and record.department:
                return record.department
        return None

    def first(self, event_type):
        occurrences = self.by_type[event_type]
        return occurrences[0] if occurrences else None

    @property
    def entry(self):
        """Earliest check-in, or else cancellation, or else no-show."""
        return next(filter(None, map(self.first, KINDS_OF_ENTRY)), None)

    def department_of(self, record):
        return record.department or self.department or "unknown"

    def durations(self):
        """(name, start, the record that ends it) of each duration with both ends, negative ones included."""
        checkin = self.first("checkin")
        for name, event_type in (("wait", "provider.seen"), ("stay", "visit.completed")):
            end = self.first(event_type)
            if checkin and end:
                yield name, checkin.time, end
        admissions = {record.identity: record.time for record in self.by_type["admission"]}
        for discharge in self.by_type["discharge"]:
            yield "length_of_stay", admissions.get(discharge.identity, discharge.get("admitted_at")), discharge


class EntityView:
    """A workflow entity as 1d sees it."""

    department = None

    def __init__(self, entity):
        self.by_type = collections.defaultdict(list)
        for record in sorted(entity.counting, key=lambda one: one.order):
            if "1d" in record.admitted:
                self.by_type[record.type].append(record)

    department_of = VisitView.department_of


def visit_views(visit):
    """The view of each size; sizes that admitted the same records share one."""
    views, by_records = {}, {}
    for size in SIZES:
        places = tuple(at for at, record in enumerate(visit.counting) if size in record.admitted)
        if places not in by_records:
            by_records[places] = VisitView([visit.counting[at] for at in places])
        views[size] = by_records[places]
    return views
