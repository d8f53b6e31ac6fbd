"""The numbers of one partition number, recomputed from its visits and entities: docs/semantics.md, section 4."""

import collections
from dataclasses import dataclass

from cells import Cells, Minutes
from fold import KEPT_OCCURRENCES, VISIT_MEMORY
from records import TOPICS, EVENT_TYPES
from windows import DAY, FOREVER, HOUR, MINUTE, SIZES

ALL_DEPARTMENTS = "all"
STALE_AFTER = 48 * HOUR
ENDS = ("visit.completed", "visit.left", "visit.cancelled", "visit.no_show")
COUNTED_ENDS = {"completed": "visit.completed", "cancelled": "visit.cancelled", "no_show": "visit.no_show", "left": "visit.left"}
CARE_TOPICS = ("checkins", "encounters")
# name: (state of the visit, what the clock starts with, limit in minutes)
TARGETS = {"room_60": ("waiting", "checkin", 60), "board_240": ("boarding", "admit.decision", 240),
           "stay_480": ("here", "checkin", 480), "four_hour": ("here", "checkin", 240)}


def whole_minutes(start, end):
    return (end - start) // MINUTE


class VisitView:
    """A visit as one window size sees it: those of its records that count and that the size admitted."""

    def __init__(self, admitted):
        arrivals = [record.time for record in admitted if record.topic == "checkins"]
        self.counts = bool(arrivals)
        self.by_type = collections.defaultdict(list)
        for record in sorted(admitted, key=lambda one: one.order) if arrivals else ():
            if record.time <= min(arrivals) + VISIT_MEMORY:
                self.by_type[record.type].append(record)
        self.department = self._department()

    def until(self, time):
        """The same view of the records with event time up to `time`."""
        view = object.__new__(VisitView)
        view.by_type = collections.defaultdict(list)
        for event_type, occurrences in self.by_type.items():
            view.by_type[event_type] = [record for record in occurrences if record.time <= time]
        view.counts = self.counts
        view.department = view._department()
        return view

    def _department(self):
        for event_type in ("checkin", "visit.cancelled", "visit.no_show"):
            record = self.first(event_type)
            if record and record.department:
                return record.department
        return None

    def first(self, event_type):
        occurrences = self.by_type[event_type]
        return occurrences[0] if occurrences else None

    def department_of(self, record):
        return record.department or self.department or "unknown"


def visit_views(visit):
    """The view of each size; sizes that admitted the same records share one."""
    views, by_records = {}, {}
    for size in SIZES:
        places = tuple(at for at, record in enumerate(visit.counting) if size in record.admitted)
        if places not in by_records:
            by_records[places] = VisitView([visit.counting[at] for at in places])
        views[size] = by_records[places]
    return views


class Meaning:
    """Cells of one partition number."""

    def __init__(self, partition):
        self.partition = partition
        self.definition = partition.definition
        self.cells = Cells(partition)
        self.first_checkin = {}  # (size, patient_id) -> time
        for (patient_id, _), instances in partition.visits.items():
            for visit in instances:
                self._add_visit(patient_id, visit)
        for (size, _), time in self.first_checkin.items():
            self._cell("hospital", {}, size, time)["new_patients"] += 1
        for instances in partition.entities.values():
            for entity in instances:
                self._add_attempts(EntityView(entity), by_visit=False)
        self._add_task()

    def _cell(self, family, dims, size, time):
        return self.cells.get(family, dims, size, self.definition.calendar.window(size, time))

    # --- department and hospital --------------------------------------------------------------------------------------

    def _add_visit(self, patient_id, visit):
        views = visit_views(visit)
        for size, view in views.items():
            if view.counts:
                self._add_care(patient_id, size, view)
        if views["1d"].counts:
            if self.partition.is_known(visit):
                self._add_census(views["1d"])
            self._add_attempts(views["1d"], by_visit=True)

    def _care_cells(self, size, view, record):
        """The department's cell and the hospital's in the window of `record`."""
        department = view.department_of(record)
        return (self._cell("department", {"department": department}, size, record.time),
                self._cell("hospital", {}, size, record.time))

    def _add_care(self, patient_id, size, view):
        checkin = view.first("checkin")
        if checkin:
            for values in self._care_cells(size, view, checkin):
                values["checkins"] += 1
                values["distinct_patients"].add(patient_id)
                values["by_visit_type"][checkin.visit_type] += 1
            first = self.first_checkin.get((size, patient_id), FOREVER)
            self.first_checkin[size, patient_id] = min(first, checkin.time)
        for name, event_type in COUNTED_ENDS.items():
            self._count(size, view, name, filter(None, [view.first(event_type)]))
        self._count(size, view, "admissions", view.by_type["admission"])
        self._count(size, view, "discharges", view.by_type["discharge"])
        self._count(size, view, "treatments", view.by_type["treatment"])
        for treatment in view.by_type["treatment"]:
            for values in self._care_cells(size, view, treatment):
                values["treatment_cents"] += treatment.cents
        for name, event_type in (("wait_minutes", "provider.seen"), ("stay_minutes", "visit.completed")):
            end = view.first(event_type)
            if checkin and end and end.time >= checkin.time:
                for values in self._care_cells(size, view, end):
                    values[name].add(whole_minutes(checkin.time, end.time))

    def _count(self, size, view, name, occurrences):
        for record in occurrences:
            for values in self._care_cells(size, view, record):
                values[name] += 1

    # --- census -------------------------------------------------------------------------------------------------------

    def _census_cell(self, department):
        return self.cells.get("census", {"department": department})

    def _add_census(self, whole):
        """`whole`: the visit as 1d sees it. What happens after the shown watermark only makes cells exist."""
        if whole.first("checkin"):
            self._census_cell(whole.department)
        for record in filter(None, [whole.first("admit.decision"), *whole.by_type["admission"]]):
            self._census_cell(whole.department_of(record))
        now = self.partition.shown_watermark(CARE_TOPICS)
        view = whole.until(now)
        discharged = {discharge.identity for discharge in view.by_type["discharge"]}
        for admission in view.by_type["admission"]:
            if admission.identity not in discharged:
                self._census_cell(view.department_of(admission))["admitted"] += 1
        checkin = view.first("checkin")
        if checkin and not any(view.first(end) for end in ENDS):
            self._add_present(view, checkin, now)

    def _add_present(self, view, checkin, now):
        """A visit that has begun and not ended."""
        is_emergency = checkin.visit_type == "Emergency"
        here = self._census_cell(view.department)
        if is_emergency and now - checkin.time >= STALE_AFTER:
            here["stale"] += 1
            return
        states = {"here": here}
        if view.first("roomed") or view.first("provider.seen"):
            here["in_care"] += 1
        else:
            states["waiting"] = here
            here["waiting"] += 1
            here["longest_wait_minutes"] = max(here["longest_wait_minutes"] or 0, whole_minutes(checkin.time, now))
        decision = view.first("admit.decision")
        if decision and not view.by_type["admission"]:
            states["boarding"] = self._census_cell(view.department_of(decision))
            states["boarding"]["boarding"] += 1
        for target, (state, clock, limit) in TARGETS.items() if is_emergency else ():
            if state in states:
                start = view.first(clock).time
                if whole_minutes(start, now) <= limit < whole_minutes(start, now + 30 * MINUTE):
                    states[state]["breaching_next_30m"][target] += 1

    # --- funnels ------------------------------------------------------------------------------------------------------

    def _add_attempts(self, view, by_visit):
        for funnel in self.definition.funnels:
            if funnel.by_visit == by_visit and (attempt := follow(funnel, view)):
                self._add_attempt(funnel, view, attempt)

    def _add_attempt(self, funnel, view, attempt):
        start = attempt.matches[0]
        now = self.partition.shown_watermark(funnel.topics)
        for department in (view.department_of(start), ALL_DEPARTMENTS):
            for size in ("1h", "1d"):
                values = self._cell("funnel", {"funnel": funnel.name, "department": department}, size, start.time)
                values["entered"] += 1
                for step, match in enumerate(attempt.matches):
                    values["reached"][step] += 1
                    if step > 0:
                        values["minutes_to_step"][step].add(whole_minutes(start.time, match.time))
                if attempt.door:
                    values["exited"][attempt.door] += 1
                elif len(attempt.matches) == len(funnel.steps):
                    values["converted"] += 1
                    values["minutes_to_convert"].add(whole_minutes(start.time, attempt.matches[-1].time))
                else:
                    values["timed_out" if now > start.time + funnel.window else "open"] += 1

    # --- task ---------------------------------------------------------------------------------------------------------

    def _add_task(self):
        partition = self.partition
        outcomes = collections.Counter(verdict.outcome for verdict in partition.verdicts.values())
        values = self.cells.get("task", {"partition": str(partition.number)})
        values["next_offsets"] = dict(sorted(partition.next_offsets.items()))
        values["watermark_ms"] = finite(partition.shown_watermark(TOPICS))
        values["log_watermark_ms"] = finite(partition.log_watermark)
        values["consumed"] = sum(outcomes.values())
        for outcome in ("applied", "duplicate", "rejected", "held"):
            values[outcome] = outcomes[outcome]


def finite(time):
    return None if abs(time) == FOREVER else time


class EntityView:
    """A workflow entity as 1d sees it."""

    department = None

    def __init__(self, entity):
        self.by_type = collections.defaultdict(list)
        for record in sorted(entity.counting, key=lambda one: one.order):
            if "1d" in record.admitted:
                self.by_type[record.type].append(record)

    department_of = VisitView.department_of


# --- following one attempt through a funnel ---------------------------------------------------------------------------

@dataclass(frozen=True)
class StepMatch:
    event_type: str
    field: str = ""
    value: str = ""


@dataclass(frozen=True)
class Step:
    name: str
    any_of: tuple


@dataclass(frozen=True)
class Funnel:
    name: str
    by_visit: bool
    steps: tuple
    exits: tuple
    window: int

    @property
    def topics(self):
        """Those that feed it."""
        if not self.by_visit:
            return ("workflow",)
        types = {match.event_type for step in self.steps for match in step.any_of} | set(self.exits)
        return tuple(topic for topic, known in EVENT_TYPES.items() if types & set(known))


@dataclass
class Attempt:
    matches: list  # one record a step reached
    door: str | None = None


def occurrences(view, event_type):
    return view.by_type[event_type][:KEPT_OCCURRENCES]


def step_occurrences(view, step):
    found = [(record.order, place, record) for place, match in enumerate(step.any_of)
             for record in occurrences(view, match.event_type)
             if not match.field or record.conditions[match.field] == match.value]
    return [record for _, _, record in sorted(found, key=lambda one: one[:2])]


def follow(funnel, view):
    """The attempt, or None when nothing matches step 1."""
    start = next(iter(step_occurrences(view, funnel.steps[0])), None)
    if start is None:
        return None
    last_moment = start.time + funnel.window
    matches = [start]
    for step in funnel.steps[1:]:
        match = next((record for record in step_occurrences(view, step)
                      if matches[-1].time <= record.time <= last_moment and not any(record is used for used in matches)), None)
        if match is None:
            break
        matches.append(match)
    exits = [(record.time, place, record.order, record) for place, event_type in enumerate(funnel.exits)
             for record in occurrences(view, event_type) if start.time <= record.time <= last_moment]
    if not exits:
        return Attempt(matches)
    leave = min(exits, key=lambda one: one[:3])[3]
    if len(matches) == len(funnel.steps) and leave.time >= matches[-1].time:
        return Attempt(matches)
    door = f"{leave.type}:{leave.reason}" if leave.type == "visit.left" else leave.type
    return Attempt([match for match in matches if match.time <= leave.time], door)


def shipped_funnels():
    def funnel(name, steps, exits, days, by_visit=True):
        made = []
        for text in steps.split():
            event_type, _, visit_type = text.partition("=")
            made.append(Step(event_type, (StepMatch(event_type, "visit_type" if visit_type else "", visit_type),)))
        return Funnel(name, by_visit, tuple(made), tuple(exits.split()), days * DAY)

    return [
        funnel("emergency", "checkin=Emergency triage roomed provider.seen visit.completed", "visit.left", 1),
        funnel("inpatient", "admit.decision admission discharge", "", 30),
        funnel("outpatient", "checkin=Outpatient provider.seen visit.completed", "visit.cancelled visit.no_show visit.left", 1),
        funnel("review", "data.uploaded data.validated analysis.started analysis.completed review.completed",
               "data.invalid analysis.failed review.rejected", 7, by_visit=False),
        funnel("billing", "visit.completed bill payment", "", 90),
    ]
