"""Families access and crowding: docs/semantics.md, sections 4.8 and 4.11."""

from fractions import Fraction

from views import whole_minutes
from windows import DAY

BANDS = ((20, "not busy"), (60, "busy"), (100, "very busy"), (140, "overcrowded"), (180, "severely overcrowded"),
         (200, "dangerously overcrowded"))

LAST_ROOMED = ("last_roomed_ms", "last_roomed_wait_minutes")


def minutes_between(start, end):
    return max(0, whole_minutes(start, end))


def add_access(size, view, cell):
    checkin, left = view.first("checkin"), view.first("visit.left")
    ends = [record for record in (view.first("visit.completed"), left) if record]
    end = min(ends, key=lambda record: record.time, default=None)
    if not checkin or checkin.get("visit_type") != "Emergency" or not end or end.time < checkin.time:
        return
    roomed, decision, admission = map(view.first, ("roomed", "admit.decision", "admission"))
    is_observation = decision is not None and decision.get("observation") is True
    stay = minutes_between(checkin.time, end.time)
    judged = {
        "room_over_60": roomed is not None and minutes_between(checkin.time, roomed.time) > 60,
        "lwbs": end is left and left.get("reason") == "lwbs",
        "boarding_over_240": decision is not None and not is_observation and minutes_between(decision.time, (admission or end).time) > 240,
        "stay_over_480": stay > 480 and not is_observation,
    }
    judged |= {"visits": True, "any": any(judged.values()), "excluded": is_observation, "stay_over_240": stay > 240}
    values = cell("access", {"department": view.department}, size, end.time)
    for name, counts in judged.items():
        values[name] += counts


# --- crowding ---------------------------------------------------------------------------------------------------------

def score(inputs):
    """NEDOCS, or None without beds."""
    if not inputs.get("ed_beds") or not inputs.get("hospital_beds"):
        return None
    exact = (-20 + Fraction("85.8") * inputs["ed_patients"] / inputs["ed_beds"] + 600 * Fraction(inputs["boarding"], inputs["hospital_beds"])
             + Fraction("13.4") * inputs["ventilated"] + Fraction("0.93") * inputs.get("longest_admit_wait_minutes", 0) / 60
             + Fraction("5.64") * inputs.get("last_roomed_wait_minutes", 0) / 60)
    return min(max((exact + Fraction(1, 2)).__floor__(), 0), 200)


def band(points):
    return next(name for most, name in BANDS if points <= most)


def merge_inputs(a, b):
    """Counts add; beds and the longest wait are the largest; the last roomed is the latest."""
    merged = {name: a[name] + b[name] for name in ("ed_patients", "boarding", "ventilated")}
    for name in ("ed_beds", "hospital_beds", "longest_admit_wait_minutes"):
        if values := [inputs[name] for inputs in (a, b) if name in inputs]:
            merged[name] = max(values)
    last = [tuple(inputs[name] for name in LAST_ROOMED) for inputs in (a, b) if "last_roomed_ms" in inputs]
    return merged | dict(zip(LAST_ROOMED, max(last))) if last else merged


class Crowding:
    """The inputs of one partition number as of a moment."""

    def __init__(self, now):
        self._now = now
        self._counts = dict.fromkeys(("ed_patients", "boarding", "ventilated"), 0)
        self._admit_waits = []
        self._last_roomed = []

    def add_visit(self, view, is_present, is_stale):
        """`view`: the visit by now; `is_present`: begun and not ended."""
        checkin = view.first("checkin")
        if not checkin or checkin.get("visit_type") != "Emergency":
            return
        roomed, decision = view.first("roomed"), view.first("admit.decision")
        if roomed and roomed.time > self._now - DAY:
            self._last_roomed.append((roomed.time, minutes_between(checkin.time, roomed.time)))
        if not is_present or is_stale or view.by_type["admission"]:
            return
        self._counts["ed_patients"] += 1
        self._counts["ventilated"] += is_ventilated(view)
        if decision:
            self._counts["boarding"] += 1
            self._admit_waits.append(whole_minutes(decision.time, self._now))

    def inputs(self, beds):
        inputs = dict(self._counts)
        for since, emergency, hospital in beds:
            if since <= self._now:
                inputs |= {"ed_beds": emergency, "hospital_beds": hospital}
        if self._admit_waits:
            inputs["longest_admit_wait_minutes"] = max(self._admit_waits)
        if self._last_roomed:
            inputs |= dict(zip(LAST_ROOMED, max(self._last_roomed)))
        return inputs


def is_ventilated(view):
    """What the latest record that speaks of it says."""
    said = [record for event_type in ("roomed", "provider.seen") for record in view.by_type[event_type] if record.get("ventilated") is not None]
    return bool(said) and max(said, key=lambda record: record.order).get("ventilated")
