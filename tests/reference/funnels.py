"""Funnels: their definition and how one attempt goes through one (docs/semantics.md, section 4.4)."""

import tomllib
from dataclasses import dataclass

from fold import KEPT_OCCURRENCES
from records import EVENT_TYPES, TOPICS
from windows import DAY, parse_duration


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
    def provider_step(self):
        """The first step after the start that provider.seen matches; 0: none."""
        return next((place for place, step in enumerate(self.steps)
                     if place > 0 and any(match.event_type == "provider.seen" for match in step.any_of)), 0)

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
    left_at: int | None = None  # when it has a door


def occurrences(view, event_type):
    return view.by_type[event_type][:KEPT_OCCURRENCES]


def step_occurrences(view, step):
    found = [record for match in step.any_of for record in occurrences(view, match.event_type) if fulfils(record, match)]
    return sorted(found, key=lambda record: (record.order, TOPICS.index(record.topic)))


def fulfils(record, match):
    if not match.field:
        return True
    value = record.get(match.field)
    return ("unknown" if value is None and match.field == "source" else value) == match.value


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
    door = f"{leave.type}:{leave.get('reason')}" if leave.type == "visit.left" else leave.type
    return Attempt([match for match in matches if match.time <= leave.time], door, leave.time)


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


def parse_funnels(toml):
    def match(form):
        if isinstance(form, str):
            return StepMatch(form)
        return StepMatch(form["type"], form.get("field", ""), form.get("value", ""))

    def step(form):
        any_of = form["any_of"] if isinstance(form, dict) and "any_of" in form else [form]
        matches = tuple(match(one) for one in any_of)
        name = form.get("name") if isinstance(form, dict) else None
        return Step(name or matches[0].event_type, matches)

    return [Funnel(form["name"], form["entity"] == "visit_id", tuple(map(step, form["steps"])), tuple(form.get("exits", ())),
                   parse_duration(form["window"])) for form in tomllib.loads(toml)["funnel"]]
