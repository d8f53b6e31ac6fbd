"""The numbers of one partition number, recomputed from its visits and entities: docs/semantics.md, section 4."""

import collections

from cells import Cells
from emergency import Crowding, add_access
from funnels import follow
from marts import Patient, add_daily_kpis, add_department_stats, add_patients
from money import add_finance, add_organization
from quality import Quality
from records import TOPICS
from views import ENDS, EntityView, finite, visit_views, whole_minutes
from windows import FOREVER, HOUR, MINUTE

ALL_DEPARTMENTS = "all"
STALE_AFTER = 48 * HOUR
COUNTED_ENDS = {"completed": "visit.completed", "cancelled": "visit.cancelled", "no_show": "visit.no_show", "left": "visit.left"}
CARE_TOPICS = ("checkins", "encounters")
# name: (state of the visit, what the clock starts with, limit in minutes)
TARGETS = {"room_60": ("waiting", "checkin", 60), "board_240": ("boarding", "admit.decision", 240),
           "stay_480": ("here", "checkin", 480), "four_hour": ("here", "checkin", 240)}


class Meaning:
    """Cells of one partition number."""

    def __init__(self, partition):
        self.partition = partition
        self.definition = partition.definition
        self.cells = Cells(partition)
        self.first_checkin = {}  # (size, patient_id) -> time
        self.quality = Quality(partition, self._cell)
        self.crowding = Crowding(partition.shown_watermark(CARE_TOPICS))
        self.patients = {patient_id: Patient(group.counting) for patient_id, group in partition.patients.items()}
        for (patient_id, _), instances in partition.visits.items():
            for visit in instances:
                self._add_visit(patient_id, visit)
        for (size, _), time in self.first_checkin.items():
            self._cell("hospital", {}, size, time)["new_patients"] += 1
            if size == "1d":
                self._cell("daily_kpis", {}, size, time)["new_patients"] += 1
        add_patients(self.patients, self.definition.calendar, self.cells.get)
        self._add_crowding()
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
            if view.counts and size in ("1h", "1d"):
                add_access(size, view, self._cell)
        self.quality.add_visit(patient_id, visit, views)
        day = views["1d"]
        if not day.counts:
            return
        if self.partition.is_known(visit):
            self._add_census(day)
        self._add_attempts(day, by_visit=True)
        for add in (add_finance, add_organization, add_daily_kpis, add_department_stats):
            add(day, self._cell)
        self.patients.setdefault(patient_id, Patient(())).visits.append(day)

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
                values["by_visit_type"][checkin.get("visit_type")] += 1
            first = self.first_checkin.get((size, patient_id), FOREVER)
            self.first_checkin[size, patient_id] = min(first, checkin.time)
        for name, event_type in COUNTED_ENDS.items():
            self._count(size, view, name, filter(None, [view.first(event_type)]))
        self._count(size, view, "admissions", view.by_type["admission"])
        self._count(size, view, "discharges", view.by_type["discharge"])
        self._count(size, view, "treatments", view.by_type["treatment"])
        for treatment in view.by_type["treatment"]:
            for values in self._care_cells(size, view, treatment):
                values["treatment_cents"] += treatment.get("cost")
        for name, start, end in view.durations():
            if name in ("wait", "stay") and end.time >= start:
                for values in self._care_cells(size, view, end):
                    values[f"{name}_minutes"].add(whole_minutes(start, end.time))

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
        is_present = checkin is not None and not any(view.first(end) for end in ENDS)
        is_stale = is_present and checkin.get("visit_type") == "Emergency" and now - checkin.time >= STALE_AFTER
        self.crowding.add_visit(view, is_present, is_stale)
        if is_stale:
            self._census_cell(view.department)["stale"] += 1
        elif is_present:
            self._add_present(view, checkin, now)

    def _add_present(self, view, checkin, now):
        """A visit that has begun, has not ended and is not stale."""
        is_emergency = checkin.get("visit_type") == "Emergency"
        here = self._census_cell(view.department)
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

    def _add_crowding(self):
        if self.cells.has("census"):
            self.cells.get("crowding", {})["inputs"] = self.crowding.inputs(self.definition.beds)

    # --- funnels ------------------------------------------------------------------------------------------------------

    def _add_attempts(self, view, by_visit):
        for funnel in self.definition.funnels:
            if funnel.by_visit == by_visit and (attempt := follow(funnel, view)):
                self._add_attempt(funnel, view, attempt)

    def _add_attempt(self, funnel, view, attempt):
        start = attempt.matches[0]
        now = self.partition.shown_watermark(funnel.topics)
        for department in {view.department_of(start), ALL_DEPARTMENTS}:
            for size in ("1h", "1d"):
                values = self._cell("funnel", {"funnel": funnel.name, "department": department}, size, start.time)
                values["entered"] += 1
                for step, match in enumerate(attempt.matches):
                    values["reached"][step] += 1
                    if step > 0:
                        values["minutes_to_step"][step].add(whole_minutes(start.time, match.time))
                if funnel.provider_step:
                    self._add_wait(values, funnel, attempt, now)
                if attempt.door:
                    values["exited"][attempt.door] += 1
                elif len(attempt.matches) == len(funnel.steps):
                    values["converted"] += 1
                    values["minutes_to_convert"].add(whole_minutes(start.time, attempt.matches[-1].time))
                else:
                    values["timed_out" if now > start.time + funnel.window else "open"] += 1

    @staticmethod
    def _add_wait(values, funnel, attempt, now):
        start = attempt.matches[0]
        if len(attempt.matches) > funnel.provider_step:
            values["provider_minutes"].add(whole_minutes(start.time, attempt.matches[funnel.provider_step].time))
            return
        until = attempt.left_at if attempt.door else min(start.time + funnel.window, now // MINUTE * MINUTE)
        values["unseen_minutes"].add(max(0, whole_minutes(start.time, until)))

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
