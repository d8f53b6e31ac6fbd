"""Cells: their values, their merge over partitions (docs/semantics.md, section 5) and their one canonical JSON form."""

import collections
import json
import re

from emergency import band, merge_inputs, score
from records import TOPICS
from windows import DAY, FOREVER, RETENTION, SIZES, format_time

STATUSES = ("open", "closed", "final")
FINANCE_IN_FLUX = 90 * DAY  # payments come late
PERCENTILES = (50, 90, 95)
VISIT_TYPES = ("Emergency", "Inpatient", "Outpatient")
TARGETS = ("room_60", "board_240", "stay_480", "four_hour")


class Minutes:
    """An exact histogram of whole minutes."""

    def __init__(self):
        self.counts = collections.Counter()

    def add(self, minutes):
        self.counts[minutes] += 1

    def merged(self, other):
        both = Minutes()
        both.counts = self.counts + other.counts
        return both

    def percentile(self, percent):
        """Nearest rank: the smallest minute m such that at least `percent` of the values are <= m."""
        total, below = sum(self.counts.values()), 0
        for minute, count in sorted(self.counts.items()):
            below += count
            if below * 100 >= percent * total:
                return minute
        return None

    def json(self):
        form = {"n": sum(self.counts.values()), "sum": sum(minute * count for minute, count in self.counts.items()),
                "max": max(self.counts, default=None)}
        form |= {f"p{percent}": self.percentile(percent) for percent in PERCENTILES}
        form["minutes"] = [[minute, count] for minute, count in sorted(self.counts.items())]
        return form


def care_values(*more):
    values = {"checkins": 0, "distinct_patients": set(), "by_visit_type": collections.Counter(dict.fromkeys(VISIT_TYPES, 0))}
    values |= dict.fromkeys(("completed", "cancelled", "no_show", "left", "admissions", "discharges", "treatments",
                             "treatment_cents"), 0)
    return values | {"wait_minutes": Minutes(), "stay_minutes": Minutes()} | dict.fromkeys(more, 0)


def census_values():
    values = dict.fromkeys(("waiting", "in_care", "boarding", "admitted", "stale"), 0)
    return values | {"longest_wait_minutes": None, "breaching_next_30m": collections.Counter(dict.fromkeys(TARGETS, 0))}


def funnel_values(funnel):
    steps = [step.name for step in funnel.steps]
    values = {"steps": steps, "entered": 0, "reached": [0] * len(steps), "converted": 0, "exited": collections.Counter(),
            "timed_out": 0, "open": 0, "minutes_to_step": [None] + [Minutes() for _ in steps[1:]], "minutes_to_convert": Minutes()}
    waits = {"provider_minutes": Minutes(), "unseen_minutes": Minutes(), "estimated_provider_minutes": None}
    return values | (waits if funnel.provider_step else {})


def kaplan_meier_median(seen, unseen):
    """The first minute at which the estimated share of those who still wait is a half or less."""
    waiting = 1.0
    for minute, got_there in sorted(seen.counts.items()):
        there = sum(count for histogram in (seen, unseen) for at, count in histogram.counts.items() if at >= minute)
        waiting *= (there - got_there) / there
        if waiting <= 0.5:
            return minute
    return None


def task_values():
    return dict.fromkeys(("next_offsets", "watermark_ms", "log_watermark_ms", "consumed", "applied", "duplicate", "rejected",
                          "held"))


def crowding_values():
    return {"inputs": {}, "score": None, "band": None}


def zeros(*names):
    return lambda: dict.fromkeys(names, 0)


MONEY_TOPICS = ("checkins", "encounters", "billing")
CARE_TOPICS = ("checkins", "encounters")
# family: (a new cell's values, topics that feed it); of a funnel both depend on its definition.
FAMILIES = {
    "department": (care_values, CARE_TOPICS),
    "hospital": (lambda: care_values("new_patients", "returning_patients"), CARE_TOPICS),
    "census": (census_values, CARE_TOPICS),
    "quality": (zeros("evaluated", "failed"), TOPICS),
    "finance": (zeros("billed_cents", "insurance_cents", "patient_cents", "paid_cents", "paid_bills", "pending_bills", "claims",
                      "claimed_cents", "covered_cents"), MONEY_TOPICS),
    "organization": (zeros("encounters", "claims", "claimed_cents", "covered_cents"), MONEY_TOPICS),
    "task": (task_values, TOPICS),
    "access": (zeros("visits", "room_over_60", "lwbs", "boarding_over_240", "stay_over_480", "any", "excluded", "stay_over_240"),
               CARE_TOPICS),
    "crowding": (crowding_values, CARE_TOPICS),
    "daily_kpis": (zeros("total_visits", "completed_visits", "total_admissions", "los_n", "los_ms", "total_revenue_cents",
                         "insurance_cents", "patient_cents", "paid_bills", "pending_bills", "new_patients"), MONEY_TOPICS),
    "department_stats": (zeros("total_visits", "outpatient_visits", "emergency_visits", "inpatient_visits", "duration_n", "duration_ms",
                               "admissions", "los_n", "los_ms", "total_revenue_cents"), MONEY_TOPICS),
    "patient_stats": (zeros("gender", "city", "age_years", "total_visits", "checkins", "first_visit", "last_visit", "billed_cents",
                            "paid_cents", "is_returning"), ("checkins", "billing")),
    "patients": (lambda: dict.fromkeys(("patients", "visits", "returning"), 0) | {"visits_per_patient": Minutes()}, ("checkins",)),
}


class Cells:
    """The cells of one partition number, made when first asked for: (family, dims, size, window) -> values."""

    def __init__(self, partition):
        self._partition = partition
        self._by_id = {}
        self._funnels = {funnel.name: funnel for funnel in partition.definition.funnels}

    def get(self, family, dims, size=None, window=None):
        cell_id = (family, tuple(dims.items()), size, window)
        if cell_id not in self._by_id:
            self._by_id[cell_id] = self._new_values(family, dims)
        return self._by_id[cell_id]

    def _new_values(self, family, dims):
        if family == "funnel":
            return funnel_values(self._funnels[dims["funnel"]])
        return FAMILIES[family][0]()

    def has(self, family):
        return any(cell_id[0] == family for cell_id in self._by_id)

    def published(self):
        """(id, values, status) of those that are in the state."""
        for cell_id, values in self._by_id.items():
            family, dims, size, window = cell_id
            if window and self._partition.has_cell_left(size, window[1]):
                continue
            yield cell_id, settled(family, values), self._status(family, dict(dims), size, window)

    def _status(self, family, dims, size, window):
        if window is None:
            return "open"
        grace = self._partition.definition.grace[size]
        if family == "funnel":
            topics = self._funnels[dims["funnel"]].topics
            grace += self._funnels[dims["funnel"]].window
        else:
            topics = FAMILIES[family][1]
            grace += FINANCE_IN_FLUX if family == "finance" else 0
        shown = self._partition.shown_watermark(topics)
        return "open" if shown < window[1] else "final" if shown >= window[1] + grace else "closed"


def settled(family, values):
    """Distinct patients as their number, and what follows from it; the score of crowding and an estimate from their inputs."""
    if "unseen_minutes" in values:
        return values | {"estimated_provider_minutes": kaplan_meier_median(values["provider_minutes"], values["unseen_minutes"])}
    if family == "crowding":
        points = score(values["inputs"])
        return values | {"score": points, "band": None if points is None else band(points)}
    if family not in ("department", "hospital"):
        return values
    values = values | {"distinct_patients": len(values["distinct_patients"])}
    if family == "hospital":
        values["returning_patients"] = values["distinct_patients"] - values["new_patients"]
    return values


# --- over partitions --------------------------------------------------------------------------------------------------

def merge_values(name, a, b):
    if name in ("steps", "estimated_provider_minutes", "score", "band"):  # the last three are made anew
        return a
    if name == "inputs":
        return merge_inputs(a, b)
    if name == "longest_wait_minutes":
        return max((minutes for minutes in (a, b) if minutes is not None), default=None)
    return add(a, b)


def add(a, b):
    if isinstance(a, Minutes):
        return a.merged(b)
    if isinstance(a, dict):
        return {key: a.get(key, 0) + b.get(key, 0) for key in [*a, *b]}
    if isinstance(a, (bool, str)):
        return b
    if isinstance(a, list):
        return [add(x, y) for x, y in zip(a, b, strict=True)]
    return None if a is None else a + b


def merge_partitions(partitions_with_cells, drop_past_retention):
    """Canonical cells of the whole hospital, as JSON texts in order. Takes (partition, its Cells) pairs."""
    merged, owners = {}, collections.defaultdict(set)
    for partition, cells in partitions_with_cells:
        for cell_id, values, status in cells.published():
            owners[cell_id].add(partition.number)
            if cell_id not in merged:
                merged[cell_id] = (values, status)
                continue
            before, least = merged[cell_id]
            merged[cell_id] = ({name: merge_values(name, before[name], values[name]) for name in before},
                               min(least, status, key=STATUSES.index))
            if cell_id[0] in ("crowding", "funnel"):
                merged[cell_id] = (settled(cell_id[0], merged[cell_id][0]), merged[cell_id][1])
    clocks = {partition.number: partition.shown_watermark(partition.definition.topics)
              for partition, _ in partitions_with_cells if partition.verdicts}
    lines = []
    for cell_id in sorted(merged, key=cell_order):
        _, _, size, window = cell_id
        values, status = merged[cell_id]
        if window:
            if drop_past_retention and window[1] + RETENTION[size] <= min(clocks.values(), default=-FOREVER):
                continue
            if any(clock < window[1] for number, clock in clocks.items() if number not in owners[cell_id]):
                status = "open"
        lines.append(cell_json(partitions_with_cells[0][0].definition.calendar, cell_id, values, status))
    return lines


def cell_order(cell_id):
    family, dims, size, window = cell_id
    dims = [(name.encode(), value.encode()) for name, value in dims]
    return family, dims, (-1, 0) if window is None else (SIZES.index(size), window[0])


# --- JSON -------------------------------------------------------------------------------------------------------------

CONTROL = {r"\b": r"\u0008", r"\f": r"\u000c"}  # the product's one writer knows no short form of these


def cell_json(calendar, cell_id, values, status):
    family, dims, size, window = cell_id
    form = None
    if window:
        offsets = [calendar.offset_ms(moment) if size in ("1d", "month") else 0 for moment in window]
        form = {"size": size, "start": format_time(window[0], offsets[0]), "end": format_time(window[1], offsets[1])}
    cell = {"family": family, "dims": dict(dims), "window": form,
            "values": {name: plain(value) for name, value in values.items()}, "status": status}
    text = json.dumps(cell, ensure_ascii=False, separators=(",", ":"))
    return re.sub(r"\\.", lambda escape: CONTROL.get(escape[0], escape[0]), text) if "\\" in text else text


def plain(value):
    if isinstance(value, Minutes):
        return value.json()
    if isinstance(value, dict):
        return {key: value[key] for key in sorted(value, key=str.encode)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value
