"""What Synthea exported, through the importer, real Kafka and two consumers: sums equal those that Python makes from the files."""

import collections
import csv
import decimal
import os
import pathlib
import unittest

from harness import PARTITIONS, RealKafka


class Synthea(RealKafka):
    @classmethod
    def setUpClass(cls):
        if not (data := os.environ.get("WARDPULSE_TEST_DATA")):
            raise unittest.SkipTest("SKIPPED: data")
        cls.folder = pathlib.Path(data, "synthea_ma_2024h2")
        super().setUpClass()

    def rows(self, name):
        with open(self.folder / name, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def names(self, name):
        return {row["Id"]: row["NAME"] for row in self.rows(name)}

    def test_sums(self):
        hospital = self.hospital()
        hospital.run("wardpulse-producer", "import", "synthea", self.folder, "--partitions", PARTITIONS, "--rejects", hospital.folder / "rejects.csv",
                     "--metrics-listen", "127.0.0.1:0")
        hospital.consume(instances=2)
        self.assert_agrees_with_reference(hospital)
        with hospital.web() as get:
            self.assert_organizations(get("/api/v1/cells?family=organization&window=month&limit=10000")["cells"])
            self.assert_money(get("/api/v1/cells?family=finance&window=month&limit=10000")["cells"])
            departments = get("/api/v1/cells?family=department&window=month&merge=time")["cells"]
        self.assertEqual(sum(cell["values"]["checkins"] for cell in departments), len(self.rows("encounters.csv")))

    def assert_organizations(self, cells):
        organizations = self.names("organizations.csv")
        expected = collections.Counter((organizations[row["ORGANIZATION"]], row["START"][:7]) for row in self.rows("encounters.csv"))
        found = {(cell["dims"]["facility"], cell["window"]["start"][:7]): cell["values"]["encounters"] for cell in cells}
        self.assertEqual(+collections.Counter(found), expected)

    def assert_money(self, cells):
        payers, expected, found = self.names("payers.csv"), collections.Counter(), collections.Counter()
        for row in self.rows("encounters.csv"):
            for column, value in (("PAYER_COVERAGE", "covered_cents"), ("TOTAL_CLAIM_COST", "claimed_cents")):
                expected[payers[row["PAYER"]], value] += int(decimal.Decimal(row[column]) * 100)
        for cell in cells:
            for value in ("covered_cents", "claimed_cents") if "payer" in cell["dims"] else ():
                found[cell["dims"]["payer"], value] += cell["values"][value]
        self.assertEqual(+found, +expected)
        for value in ("billed_cents", "paid_cents"):
            self.assertEqual(sum(cell["values"][value] for cell in cells if "department" in cell["dims"]), 226_457_679, value)


if __name__ == "__main__":
    unittest.main()
