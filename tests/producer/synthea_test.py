"""`import synthea`: sums made with Python from the exporter's files against the events, and against the engine's cells."""

import collections
import csv
import decimal
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("WARDPULSE_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("WARDPULSE_BIN", ROOT / "build/bin")).resolve()
DATA = pathlib.Path(os.environ.get("WARDPULSE_TEST_DATA", "") or "/nowhere") / "synthea_ma_2024h2"
TOPICS = {"patient.registered": "checkins", "checkin": "checkins", "bill": "billing", "payment": "billing", "claim": "billing"}
HEADERS = {
    "encounters.csv": "Id,START,STOP,PATIENT,ORGANIZATION,PROVIDER,PAYER,ENCOUNTERCLASS,CODE,DESCRIPTION,BASE_ENCOUNTER_COST,TOTAL_CLAIM_COST,PAYER_COVERAGE",
    "patients.csv": "Id,BIRTHDATE,GENDER,CITY", "providers.csv": "Id,SPECIALITY", "organizations.csv": "Id,NAME", "payers.csv": "Id,NAME"}


def imported(folder, *more):
    with tempfile.TemporaryDirectory() as rejects:
        done = subprocess.run([BIN / "wardpulse-producer", "import", "synthea", folder, "--dry-run", "--print", "--rejects", f"{rejects}/r.csv", *more],
                              capture_output=True, text=True, timeout=60, check=True)
        bad = pathlib.Path(rejects, "r.csv")
        return [json.loads(line, parse_float=decimal.Decimal) for line in done.stdout.splitlines()], bad.read_text("utf-8") if bad.exists() else ""


def folded(events):
    """The engine's cells, of one partition."""
    offsets = collections.Counter()
    dump = []
    for event in events:
        topic = TOPICS.get(event["event_type"], "encounters")
        value = json.dumps(event, default=float)
        dump.append(json.dumps({"topic": topic, "partition": 0, "offset": offsets[topic], "timestamp": 0, "key": event["patient_id"], "value": value}))
        offsets[topic] += 1
    done = subprocess.run([BIN / "fold_tool", "--max-future", "off", "-"], input="\n".join(dump), capture_output=True, text=True, timeout=120, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def rows(name):
    with open(DATA / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sums(pairs):
    totals = collections.defaultdict(decimal.Decimal)
    for key, amount in pairs:
        totals[key] += decimal.Decimal(amount or 0)
    return {key: value for key, value in totals.items() if value}


@unittest.skipUnless(DATA.is_dir(), "SKIPPED: data")
class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.events, cls.rejects = imported(DATA)
        cls.cells = folded(cls.events)
        cls.encounters = rows("encounters.csv")
        cls.organizations = {row["Id"]: row["NAME"] for row in rows("organizations.csv")}
        cls.payers = {row["Id"]: row["NAME"] for row in rows("payers.csv")}

    def of(self, event_type):
        return [event for event in self.events if event["event_type"] == event_type]

    def cell_sums(self, family, dim, size, value):
        return sums((cell["dims"][dim], cell["values"][value]) for cell in self.cells if cell["family"] == family and dim in cell["dims"] and cell["window"]["size"] == size)

    def test_no_row_is_bad_and_times_are_in_order(self):
        self.assertEqual(self.rejects, "")
        times = [event["event_time"] for event in self.events]
        self.assertEqual([len(self.of(name)) for name in ("checkin", "treatment", "payment", "bill")], [738, 2522, 5337, 1549])
        self.assertEqual([time[:19] for time in times], sorted(time[:19] for time in times))
        self.assertEqual(len({event["event_id"] for event in self.events}), len(self.events))

    def test_encounters_by_department(self):
        names = {"emergency": "Emergency", "urgentcare": "Urgent Care", "snf": "Skilled Nursing", "hospice": "Hospice"}
        expected = collections.Counter(names.get(row["ENCOUNTERCLASS"], "General Medicine") for row in self.encounters)
        self.assertEqual(collections.Counter(event["department"] for event in self.of("checkin")), expected)
        self.assertEqual(self.cell_sums("department", "department", "1d", "checkins"), expected)

    def test_encounters_by_organization_and_month(self):
        expected = collections.Counter((self.organizations[row["ORGANIZATION"]], row["START"][:7]) for row in self.encounters)
        self.assertEqual(collections.Counter((event["facility"], event["event_time"][:7]) for event in self.of("checkin")), expected)
        cells = {(cell["dims"]["facility"], cell["window"]["start"][:7]): cell["values"]["encounters"] for cell in self.cells if cell["family"] == "organization"}
        self.assertEqual({key: count for key, count in cells.items() if count}, expected)

    def test_payer_coverage_and_claim_cost(self):
        for column, member, value in (("PAYER_COVERAGE", "covered", "covered_cents"), ("TOTAL_CLAIM_COST", "amount", "claimed_cents")):
            by_payer = sums((self.payers[row["PAYER"]], row[column]) for row in self.encounters)
            self.assertEqual(sums((event["payer"], event[member]) for event in self.of("claim")), by_payer)
            self.assertEqual(self.cell_sums("finance", "payer", "month", value), {name: total * 100 for name, total in by_payer.items()})
        self.assertEqual(sum(event["covered"] for event in self.of("claim")), decimal.Decimal("1712922.96"))

    def test_charges_are_paid(self):
        transactions = rows("claims_transactions.csv")
        charges = sums((row["CLAIMID"], row["AMOUNT"]) for row in transactions if row["TYPE"] == "CHARGE")
        payments = sums((row["CLAIMID"], row["PAYMENTS"]) for row in transactions if row["TYPE"] == "PAYMENT")
        self.assertEqual(sums((event["bill_id"], event["total_amount"]) for event in self.of("bill")), charges)
        self.assertEqual(sums((event["bill_id"], event["amount"]) for event in self.of("payment")), payments)
        self.assertEqual((sum(charges.values()), sum(payments.values())), (decimal.Decimal("2264576.79"),) * 2)
        self.assertTrue(all(event["insurance_amount"] + event["patient_amount"] == event["total_amount"] for event in self.of("bill")))
        for value in ("billed_cents", "paid_cents"):
            self.assertEqual(sum(self.cell_sums("finance", "department", "month", value).values()), 226457679, value)
        self.assertEqual(sum(self.cell_sums("finance", "department", "month", "paid_bills").values()), len(charges))

    def test_treatments(self):
        expected = sums((row["CODE"], row["BASE_COST"]) for row in rows("procedures.csv"))
        self.assertEqual(sums((event["treatment_code"], event["cost"]) for event in self.of("treatment")), expected)
        self.assertEqual(self.cell_sums("finance", "treatment_code", "month", "billed_cents"), {code: total * 100 for code, total in expected.items()})


class Layouts(unittest.TestCase):
    def folder(self, files, under="."):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        pathlib.Path(folder.name, under).mkdir(parents=True, exist_ok=True)
        for name, lines in files.items():
            pathlib.Path(folder.name, under, name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return folder.name

    def files(self, encounters, **more):
        return {"encounters.csv": [HEADERS["encounters.csv"], *encounters], "patients.csv": [HEADERS["patients.csv"], "p,1931-02-28,F,Bedford", "q,2000-01-01,M,"],
                "organizations.csv": [HEADERS["organizations.csv"], "o,City Hospital"]} | more

    def test_departments_are_those_of_the_manual(self):
        table = re.findall(r"^\| (\w+) \| ([A-Z]*|anything) ?\| ([A-Za-z ]+) \| (Emergency|Inpatient|Outpatient) \|$", (ROOT / "docs/import.md").read_text("utf-8"), re.MULTILINE)
        self.assertEqual(len(table), 16)
        encounters = [f"e{at},2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,p,o,d{at},,{kind},1,x,1,1,0" for at, (kind, *_) in enumerate(table)]
        providers = [HEADERS["providers.csv"], *(f"d{at},{('x ' + word.title()) if word != 'anything' else 'Cardiology'}" for at, (_, word, *_) in enumerate(table))]
        events, _ = imported(self.folder(self.files(encounters, **{"providers.csv": providers})))
        got = {event["visit_id"]: (event["department"], event["visit_type"]) for event in events if event["event_type"] == "checkin"}
        self.assertEqual(got, {f"e{at}": (department, visit_type) for at, (_, _, department, visit_type) in enumerate(table)})

    def test_older_export_in_a_folder_of_its_run(self):
        older = {"procedures.csv": ["DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,COST", "2026-01-01,p,e,5,Suture,12.5", "2026-01-01,p,e,5,Suture,12.5", "2026-01-01,p,nobody,5,x,1"]}
        files = self.files(["e,2026-01-01T00:00:00Z,,p,o,,,ambulatory,1,x,1,100.129,80"], **older)
        events, rejects = imported(self.folder(files, "output/csv/2026_01_02"))
        self.assertEqual([(event["event_type"], event["event_time"]) for event in events],
                         [("patient.registered", "2025-12-31T23:59:59.999Z"), ("checkin", "2026-01-01T00:00:00Z"), ("claim", "2026-01-01T00:00:00Z"),
                          ("treatment", "2026-01-01T00:00:00Z"), ("treatment", "2026-01-01T00:00:00Z")])
        self.assertEqual(len({event["event_id"] for event in events}), 5)
        self.assertEqual(events[2]["amount"], decimal.Decimal("100.13"))
        self.assertIn("its ENCOUNTER is not in encounters.csv", rejects)

    def test_what_is_no_export_is_told(self):
        done = subprocess.run([BIN / "wardpulse-producer", "import", "synthea", self.folder({})], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("holds no encounters.csv and patients.csv", done.stderr)


if __name__ == "__main__":
    unittest.main()
