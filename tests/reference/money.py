"""Families finance and organization: docs/semantics.md, sections 4.6 and 4.7."""

import collections


class Bill:
    """All records of one bill_id, and the payments for it."""

    def __init__(self, bill_records, payments):
        self.record = bill_records[0]
        self.total, self.insurance, self.patient = (
            self.record.get(name) for name in ("total_amount", "insurance_amount", "patient_amount"))
        self.is_paid = any(record.get("status") == "Paid" for record in bill_records) or (
            sum(payment.get("amount") for payment in payments) >= self.total)

    def values(self):
        return {"billed_cents": self.total, "insurance_cents": self.insurance, "patient_cents": self.patient,
                "paid_bills" if self.is_paid else "pending_bills": 1}


def bills_of(view):
    """bill_id -> Bill."""
    by_id, payments = collections.defaultdict(list), collections.defaultdict(list)
    for record in view.by_type["bill"]:
        by_id[record.identity].append(record)
    for payment in view.by_type["payment"]:
        payments[payment.get("bill_id")].append(payment)
    return {bill_id: Bill(bill_records, payments[bill_id]) for bill_id, bill_records in by_id.items()}


def add_to(cell, values):
    for name, value in values.items():
        cell[name] += value


def add_finance(view, cell):
    def add(record, dims, values):
        for size in ("1d", "month"):
            add_to(cell("finance", dims, size, record.time), values)

    def add_both(record, payer, values):
        add(record, {"department": view.department_of(record)}, values)
        add(record, {"payer": payer or "unknown"}, values)

    bills = bills_of(view)
    for bill in bills.values():
        add_both(bill.record, bill.record.text("payer"), bill.values())
    for payment in view.by_type["payment"]:
        bill = bills.get(payment.get("bill_id"))
        add_both(payment, bill and bill.record.text("payer"), {"paid_cents": payment.get("amount")})
    for claim in view.by_type["claim"]:
        add_both(claim, claim.text("payer"), {"claims": 1, "claimed_cents": claim.get("amount"), "covered_cents": claim.get("covered")})
    for treatment in view.by_type["treatment"]:
        add(treatment, {"treatment_code": treatment.get("treatment_code")}, {"billed_cents": treatment.get("cost")})


def add_organization(view, cell):
    if checkin := view.first("checkin"):
        add_to(cell("organization", {"facility": checkin.text("facility") or "unknown"}, "month", checkin.time), {"encounters": 1})
    for claim in view.by_type["claim"]:
        add_to(cell("organization", {"facility": claim.get("organization")}, "month", claim.time),
               {"claims": 1, "claimed_cents": claim.get("amount"), "covered_cents": claim.get("covered")})
