"""Rows of the three marts, made from cells as docs/semantics.md, 4.9, says: every column is a text, a number, a flag or null."""

import collections
import json
from fractions import Fraction

HOUR_MS, DAY_MS = 3_600_000, 86_400_000


def average(number, count, unit=1):
    """number / (count * unit), two decimals, half up, as it is written."""
    if count == 0:
        return None
    hundredths = (Fraction(100 * number, count * unit) + Fraction(1, 2)).__floor__()
    return Written(f"{hundredths // 100}.{hundredths % 100:02}")


def money(cents):
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


class Written(str):
    """A number as it is written in JSON."""


def day_of(cell):
    return cell["window"]["start"][:10]  # with the zone's offset: the local date


def daily_row(cell):
    v = cell["values"]
    return {"date": day_of(cell), "total_visits": v["total_visits"], "completed_visits": v["completed_visits"],
            "total_admissions": v["total_admissions"], "avg_length_of_stay_days": average(v["los_ms"], v["los_n"], DAY_MS),
            "total_revenue": money(v["total_revenue_cents"]), "insurance_revenue": money(v["insurance_cents"]),
            "patient_revenue": money(v["patient_cents"]), "paid_bills": v["paid_bills"], "pending_bills": v["pending_bills"],
            "payment_rate_pct": average(100 * v["paid_bills"], v["paid_bills"] + v["pending_bills"]), "new_patients": v["new_patients"]}


def department_row(cell):
    v = cell["values"]
    return {"date": day_of(cell), "department": cell["dims"]["department"], "total_visits": v["total_visits"],
            "outpatient_visits": v["outpatient_visits"], "emergency_visits": v["emergency_visits"], "inpatient_visits": v["inpatient_visits"],
            "avg_visit_duration_hrs": average(v["duration_ms"], v["duration_n"], HOUR_MS), "admissions": v["admissions"],
            "avg_los_days": average(v["los_ms"], v["los_n"], DAY_MS), "total_revenue": money(v["total_revenue_cents"])}


def patient_row(cell):
    v = cell["values"]
    return {"patient_id": cell["dims"]["patient_id"], "gender": v["gender"], "city": v["city"], "age_years": v["age_years"],
            "total_visits": v["total_visits"], "first_visit_date": v["first_visit"], "last_visit_date": v["last_visit"],
            "total_billed": money(v["billed_cents"]), "total_paid": money(v["paid_cents"]), "is_returning": bool(v["is_returning"])}


ROWS = {"daily_kpis": ("daily-kpis", daily_row), "department_stats": ("department-stats", department_row), "patient_stats": ("patient-stats", patient_row)}


def mart_rows(lines):
    """mart -> rows as JSON texts, in the order of the cells."""
    rows = collections.defaultdict(list)
    for cell in map(json.loads, lines):
        if cell["family"] in ROWS:
            mart, row = ROWS[cell["family"]]
            rows[mart].append(json_text(row(cell)))
    return rows


def json_text(row):
    members = (f"{json.dumps(name)}:{value if isinstance(value, Written) else json.dumps(value, ensure_ascii=False)}" for name, value in row.items())
    return "{" + ",".join(members) + "}"


def csv_rows(rows):
    """The same as cells of a CSV file, with the header; `rows`: JSON texts."""
    parsed = [json.loads(row, parse_float=Written) for row in rows]
    yield list(parsed[0])
    for row in parsed:
        yield ["" if value is None else str(value).lower() if isinstance(value, bool) else str(value) for value in row.values()]
