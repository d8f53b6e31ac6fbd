"""What one record says, judged from its bytes and its topic alone: steps 1 to 8 and 11 of docs/semantics.md, section 2.

Money and integers are read from the digits as written, never through floating point.
"""

import datetime
import json
import re
import sys

MAX_RECORD_BYTES = 1 << 20
MAX_LEVELS = 512
TOPICS = ("checkins", "encounters", "billing", "workflow")
HEARTBEAT = "feed.heartbeat"

# Event types with their own fields, "?" before an optional one. All have the envelope besides.
EVENT_TYPES = {
    "checkins": {
        "patient.registered": "patient_id gender birth_date ?registered_on ?city",
        "checkin": "patient_id visit_id department visit_type ?arrival_mode",
        "visit.cancelled": "patient_id visit_id department visit_type",
        "visit.no_show": "patient_id visit_id department visit_type",
    },
    "encounters": {
        "triage": "patient_id visit_id acuity",
        "roomed": "patient_id visit_id ?ventilated",
        "provider.seen": "patient_id visit_id ?ventilated",
        "treatment": "patient_id visit_id treatment_code cost ?description ?treatment_id",
        "admit.decision": "patient_id visit_id ?observation",
        "admission": "patient_id visit_id admission_id room_type",
        "discharge": "patient_id visit_id admission_id admitted_at disposition",
        "visit.completed": "patient_id visit_id started_at status",
        "visit.left": "patient_id visit_id reason",
    },
    "billing": {
        "bill": "patient_id visit_id bill_id total_amount insurance_amount patient_amount status ?paid_at ?payer",
        "payment": "patient_id visit_id bill_id amount paid_at ?payment_id",
        "claim": "patient_id visit_id claim_id payer organization amount covered",
    },
}
ENVELOPE = ("event_id event_type event_time ?patient_id ?visit_id ?department ?facility ?source ?actor_role "
            "?schema_version ?metadata")
OF_ALL_TYPES = ("event_id", "event_type", "event_time")

KINDS = {
    "acuity": "integer", "schema_version": "integer", "metadata": "object", "ventilated": "switch", "observation": "switch",
    "event_time": "time", "admitted_at": "time", "started_at": "time", "paid_at": "time",
    "birth_date": "date", "registered_on": "date",
    "cost": "money", "total_amount": "money", "insurance_amount": "money", "patient_amount": "money", "amount": "money",
    "covered": "money",
}  # all others are texts
IDS = {"event_id", "patient_id", "visit_id", "entity_id", "admission_id", "treatment_id", "bill_id", "payment_id", "claim_id"}

RULES = ("required", "gender", "visit_type", "visit_status", "room_type", "visit_end_after_start", "discharge_after_admit",
         "cost_not_negative", "total_not_negative", "insurance_within_total", "paid_has_time", "birth_before_registration", "range")
LISTS = {
    "gender": {"M", "F", "Other", "Unknown"},
    "visit_type": {"Outpatient", "Emergency", "Inpatient"},
    "room_type": {"General", "Private", "ICU", "Maternity", "Pediatric", "Emergency", "Surgery"},
}
STATUSES = {"visit.completed": {"Completed"}, "bill": {"Pending", "Paid"}}
# Which rules are asked of which event type besides `required`, which is asked of all but heartbeats.
RULES_OF = {
    "patient.registered": "gender birth_before_registration range",
    "checkin": "visit_type", "visit.cancelled": "visit_type", "visit.no_show": "visit_type",
    "triage": "range", "treatment": "cost_not_negative range", "admission": "room_type", "discharge": "discharge_after_admit",
    "visit.completed": "visit_status visit_end_after_start",
    "bill": "visit_status total_not_negative insurance_within_total paid_has_time range", "payment": "range", "claim": "range",
}
MOST_INTEGER = (1 << 63) - 1
AMOUNT_MOST = 10_000_000_00
AGE_MOST = 130

WHITE_SPACE = ("\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
               "\u2028\u2029\u202f\u205f\u3000")
WORKFLOW_TYPE = re.compile(r"[A-Za-z0-9 ._/-]{1,64}")
DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
                  r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))")
NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
DAY_MS = 86_400_000
EPOCH_DAY = datetime.date(1970, 1, 1).toordinal()


class Refused(Exception):
    """The record is rejected for this reason; `rules` when the reason is `rule`."""

    def __init__(self, reason, rules=()):
        super().__init__(reason)
        self.reason = reason
        self.rules = tuple(rules)


class Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


def is_blank(text):
    return not text or not text.strip(WHITE_SPACE)


# --- the JSON text ----------------------------------------------------------------------------------------------------

class Pairs(list):
    """A JSON object with its members as written, repeated names included."""


def no_constant(name):
    raise ValueError(name)


DECODER = json.JSONDecoder(object_pairs_hook=Pairs, parse_int=Number, parse_float=Number, parse_constant=no_constant)


def levels(text):
    depth = deepest = 0
    for mark in re.findall(r"[\[\]{}]", JSON_STRING.sub("", text)):
        depth += 1 if mark in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def has_half_surrogate(value):
    if isinstance(value, Pairs):
        return any(has_half_surrogate(name) or has_half_surrogate(member) for name, member in value)
    if isinstance(value, list):
        return any(map(has_half_surrogate, value))
    return isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value)


def parse_members(value):
    """The members of the record's object, nulls left out."""
    if value is not None and len(value) > MAX_RECORD_BYTES:
        raise Refused("too_large")
    try:
        text = (value or b"").decode("utf-8")
        if text.count("[") + text.count("{") > MAX_LEVELS and levels(text) > MAX_LEVELS:
            raise Refused("malformed_json")
        parsed = DECODER.decode(text)
    except (ValueError, RecursionError):
        raise Refused("malformed_json") from None
    if "\\u" in text and has_half_surrogate(parsed):
        raise Refused("malformed_json")
    if not isinstance(parsed, Pairs):
        raise Refused("bad_type")
    members = dict(parsed)
    if len(members) != len(parsed):
        raise Refused("malformed_json")
    return {name: member for name, member in members.items() if member is not None}


# --- values -----------------------------------------------------------------------------------------------------------

def read_text(value, longest):
    if not isinstance(value, str) or isinstance(value, Number) or len(value) > longest:
        raise Refused("bad_type")
    return value


def read_integer(value):
    if not isinstance(value, Number) or not re.fullmatch(r"-?[0-9]+", value):
        raise Refused("bad_type")
    digits = value.lstrip("-").lstrip("0")
    number = int(digits or "0") if len(digits) < 20 else MOST_INTEGER + 1
    if number > MOST_INTEGER:
        raise Refused("bad_type")
    return -number if value.startswith("-") else number


def read_money(value):
    if not isinstance(value, Number):
        raise Refused("bad_type")
    sign, whole, fraction, exponent = NUMBER.fullmatch(value).groups()
    digits = (whole + (fraction or "")).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return 0
    exponent = (exponent or "0")
    if len(exponent) > 12:
        raise Refused("bad_type")
    places = int(exponent) - len(fraction or "") + len(digits) - len(significant)  # value = significant * 10^places
    if places < -2 or len(significant) + places > 20:
        raise Refused("bad_type")
    cents = int(significant) * 10 ** (places + 2)
    if cents > MOST_INTEGER:
        raise Refused("bad_type")
    return -cents if sign else cents


def read_date(text):
    found = DATE.fullmatch(text)
    try:
        return datetime.date(*map(int, found.groups()))
    except (AttributeError, ValueError):
        raise Refused("bad_time") from None


def read_time(text):
    """Milliseconds since 1970."""
    found = TIME.fullmatch(text)
    if not found:
        raise Refused("bad_time")
    year, month, day, hour, minute, second, fraction, sign, offset_hour, offset_minute = found.groups()
    try:
        days = datetime.date(int(year), int(month), int(day)).toordinal() - EPOCH_DAY
    except ValueError:
        raise Refused("bad_time") from None
    hour, minute, second = int(hour), int(minute), int(second)
    if hour > 23 or minute > 59 or second > 59:
        raise Refused("bad_time")
    time = days * DAY_MS + (hour * 60 + minute) * 60_000 + second * 1000 + int(((fraction or "") + "000")[:3])
    if sign:
        offset_hour, offset_minute = int(offset_hour), int(offset_minute)
        if offset_hour > 23 or offset_minute > 59:
            raise Refused("bad_time")
        offset = (offset_hour * 60 + offset_minute) * 60_000
        time -= offset if sign == "+" else -offset
    if not 1 - EPOCH_DAY <= time // DAY_MS <= datetime.date.max.toordinal() - EPOCH_DAY:
        raise Refused("bad_time")
    return time


def date_of(time):
    return datetime.date.fromordinal(time // DAY_MS + EPOCH_DAY)


# --- the record -------------------------------------------------------------------------------------------------------

def field_table(own):
    """Names of the required fields, and of all fields with their kinds."""
    required, kinds = set(), {}
    for word in f"{ENVELOPE} {own}".split():
        name = word.lstrip("?")
        kinds[name] = KINDS.get(name, "text")
        if name == word:
            required.add(name)
    return required, kinds


FIELDS = {(topic, name): field_table(own) for topic, types in EVENT_TYPES.items() for name, own in types.items()}
WORKFLOW_FIELDS = field_table("entity_id")
HEARTBEAT_FIELDS = field_table("source")


def fields_of(topic, name):
    if name == HEARTBEAT:
        return HEARTBEAT_FIELDS
    if topic == "workflow":
        return WORKFLOW_FIELDS if WORKFLOW_TYPE.fullmatch(name) else None
    return FIELDS.get((topic, name))


class Event:
    """A record that reads. `fields` holds the values that are there; blank dates and times are left out of it."""

    __slots__ = ("topic", "type", "time", "fields")

    def __init__(self, topic, event_type, time, fields):
        self.topic = topic
        self.type = event_type
        self.time = time
        self.fields = fields

    def get(self, name):
        return self.fields.get(name)


def read_values(members, kinds):
    """All values but dates and times, which stay texts."""
    values = {}
    for name, kind in kinds.items():
        if name not in members:
            continue
        value = members[name]
        if kind == "text":
            values[name] = read_text(value, 64 if name in IDS else 256)
        elif kind in ("time", "date"):
            values[name] = read_text(value, sys.maxsize)
        elif kind == "integer":
            values[name] = read_integer(value)
        elif kind == "money":
            values[name] = read_money(value)
        elif isinstance(value, bool if kind == "switch" else Pairs):
            values[name] = value
        else:
            raise Refused("bad_type")
    return values


def read_event(topic, value):
    """An Event, or Refused by the first of steps 1 to 8 that matches."""
    members = parse_members(value)
    version = members.get("schema_version")
    if isinstance(version, Number) and re.fullmatch(r"[0-9]+", version) and version not in ("0", "1"):
        raise Refused("unsupported_schema")
    name = members.get("event_type")
    if not isinstance(name, str) or isinstance(name, Number):
        raise Refused("missing_field" if any(field not in members for field in OF_ALL_TYPES) else "bad_type")
    table = fields_of(topic, name)
    if table is None:
        raise Refused("unknown_event_type")
    required, kinds = table
    if any(field not in members for field in required):
        raise Refused("missing_field")
    values = read_values(members, kinds)
    for field, kind in kinds.items():
        if kind not in ("time", "date") or field not in values:
            continue
        if field != "event_time" and is_blank(values[field]):
            del values[field]
        else:
            values[field] = (read_time if kind == "time" else read_date)(values[field])
    return Event(topic, sys.intern(name), values["event_time"], values)


def age_in_years(birth, day):
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def asked_rules(topic, event_type):
    """The rules that apply to a type."""
    if event_type == HEARTBEAT:
        return []
    return ["required", *(RULES_OF.get(event_type, "").split() if topic != "workflow" else ())]


def broken_rules(event):
    """All rules that the record breaks, in the order in which the first is chosen."""
    if event.type == HEARTBEAT:
        return []
    get = event.get
    required, _ = fields_of(event.topic, event.type)
    broken = set()
    for field in required - {"event_type"}:
        value = get(field)
        if field in LISTS:
            if value not in LISTS[field]:
                broken.add(field)
        elif field == "status":
            if value not in STATUSES[event.type]:
                broken.add("visit_status")
        elif value is None or isinstance(value, str) and is_blank(value):
            broken.add("required")
    if event.topic == "workflow":
        return [rule for rule in RULES if rule in broken]
    if get("started_at") is not None and not event.time > get("started_at"):
        broken.add("visit_end_after_start")
    if get("admitted_at") is not None and not event.time > get("admitted_at"):
        broken.add("discharge_after_admit")
    if get("cost") is not None and get("cost") < 0:
        broken.add("cost_not_negative")
    if get("total_amount") is not None:
        if get("total_amount") < 0:
            broken.add("total_not_negative")
        if get("insurance_amount") > get("total_amount"):
            broken.add("insurance_within_total")
    if event.type == "bill" and get("status") == "Paid" and get("paid_at") is None:
        broken.add("paid_has_time")
    if get("birth_date") is not None:
        registered_on = get("registered_on") or date_of(event.time)
        if get("birth_date") > registered_on:
            broken.add("birth_before_registration")
        if not 0 <= age_in_years(get("birth_date"), registered_on) <= AGE_MOST:
            broken.add("range")
    if get("acuity") is not None and not 1 <= get("acuity") <= 5:
        broken.add("range")
    amounts = [(field, get(field)) for field, kind in KINDS.items() if kind == "money" and get(field) is not None]
    if any(cents > AMOUNT_MOST or cents < -AMOUNT_MOST and field not in ("cost", "total_amount") for field, cents in amounts):
        broken.add("range")
    return [rule for rule in RULES if rule in broken]
