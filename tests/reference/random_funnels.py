"""Random funnels.toml files: alternatives, conditions, exits of the same types as steps, windows from a millisecond to years."""

import json

from random_words import DEPARTMENTS, FACILITIES, PAYERS, SOURCES, WORKFLOW_TYPES
from records import EVENT_TYPES, fields_of

VISIT_TYPES = [(topic, name) for topic, types in EVENT_TYPES.items() for name in types if name != "patient.registered"]
# Values as random_log.py writes them: some that records have, some that none has.
VALUES = {
    "visit_type": ["Emergency", "Inpatient", "Outpatient"], "arrival_mode": ["walk-in"], "department": DEPARTMENTS, "facility": FACILITIES,
    "source": SOURCES, "actor_role": ["nurse"], "reason": ["lwbs", "ama", "other way"], "disposition": ["home", "away"],
    "room_type": ["General", "ICU"], "treatment_code": ["c", "NA", "1e5"], "status": ["Paid", "Pending"], "payer": PAYERS + ["P"],
    "organization": ["O", "007"],
}
NAMES = ["care", "all", "007", "NA", "Ünï \"x\" |=,%", "a b", "emergency", "n" * 256]
WINDOWS = ["1ms", "90s", "1m", "20m", "5h", "24h", "36h", "7d", "31d", "90d", "120d", "121d", "365d", "3660d"]


def toml(value):
    """JSON's texts and numbers are TOML's, but not all escapes of it."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


class FunnelsWriter:
    def __init__(self, random):
        self.random = random

    def file(self):
        names = self.random.sample(NAMES, self.random.choice([1, 1, 2, 3]))
        return "\n".join(map(self.funnel, names))

    def funnel(self, name):
        draw = self.random
        by_visit = draw.random() < 0.6
        if by_visit:
            pool = [name for _, name in draw.choices(VISIT_TYPES, k=draw.choice([3, 6, 9]))]
        else:
            pool = draw.choices(WORKFLOW_TYPES, k=draw.choice([2, 4, 6]))
        steps = [self.step(pool, by_visit) for _ in range(draw.choice([2, 2, 3, 4, 6]))]
        lines = ["[[funnel]]", f"name = {toml(name)}", f"entity = {toml('visit_id' if by_visit else 'entity_id')}",
                 f"steps = [{', '.join(steps)}]", f"window = {toml(draw.choice(WINDOWS))}"]
        exits = draw.sample(sorted(set(pool)), min(len(set(pool)), draw.choice([0, 0, 1, 2, 3])))
        if exits or draw.random() < 0.5:
            lines.append(f"exits = {toml(exits)}")
        return "\n".join(lines) + "\n"

    def step(self, pool, by_visit):
        draw = self.random
        if draw.random() < 0.5:
            return toml(draw.choice(pool))
        name = [f"name = {toml(draw.choice(['first', 'x|y', 'NA']))}"] if draw.random() < 0.3 else []
        if draw.random() < 0.4:
            alternatives = ", ".join(self.alternative(draw.choice(pool), by_visit) for _ in range(draw.choice([1, 2, 3])))
            return table([*name, f"any_of = [{alternatives}]"])
        return self.alternative(draw.choice(pool), by_visit, name)

    def alternative(self, event_type, by_visit, name=()):
        draw = self.random
        members = [*name, f"type = {toml(event_type)}"]
        field, value = self.condition(event_type, by_visit)
        if value:
            return table([*members, f"field = {toml(field)}", f"value = {toml(value)}"])
        return table(members) if name or draw.random() < 0.5 else toml(event_type)

    def condition(self, event_type, by_visit):
        topic = next(topic for topic, name in VISIT_TYPES if name == event_type) if by_visit else "workflow"
        _, kinds = fields_of(topic, event_type)
        field = self.random.choice([name for name in kinds if name in VALUES])
        if event_type == "visit.completed" and field == "status":
            return field, "Completed"
        return (field, self.random.choice(VALUES[field])) if self.random.random() < 0.6 else (field, None)


def table(members):
    return "{ " + ", ".join(members) + " }"
