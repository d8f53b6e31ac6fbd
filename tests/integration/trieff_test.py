"""13,234 emergency visits (TriEff, Malmö 2017 Q1) from a CSV file through the importer, real Kafka and two consumers: every
number equals what Python counts from the file."""

import collections
import csv
import datetime
import os
import pathlib
import unittest
import zoneinfo

from harness import PARTITIONS, SOURCE, RealKafka

ZONE = "Europe/Stockholm"
SWEDEN = zoneinfo.ZoneInfo(ZONE)
UTC = datetime.timezone.utc
COLUMNS = ("arrival_at_hospital", "exit_ed", "admitted_to_hospital")


def moment(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=SWEDEN).astimezone(UTC)


def by_minute(cells):
    """The histogram of one merged cell."""
    return {minute: count for minute, count in cells[0]["values"]["stay_minutes"]["minutes"]}


class Trieff(RealKafka):
    @classmethod
    def setUpClass(cls):
        if not (data := os.environ.get("WARDPULSE_TEST_DATA")):
            raise unittest.SkipTest("SKIPPED: data")
        cls.file = pathlib.Path(data, "trieff_malmo_ed_2017q1/ed_visits.csv")
        with open(cls.file, encoding="utf-8", newline="") as file:
            cls.rows = [{name: row[name] for name in COLUMNS} for row in csv.DictReader(file)]
        super().setUpClass()

    def import_file(self, hospital):
        hospital.run("wardpulse-producer", "import", "csv", self.file, "--mapping", SOURCE / "docs/examples/trieff.toml", "--partitions",
                     PARTITIONS, "--rejects", hospital.folder / "rejects.csv", "--metrics-listen", "127.0.0.1:0")
        hospital.consume("--timezone", ZONE, instances=2)

    def test_every_number(self):
        hospital = self.hospital()
        self.import_file(hospital)
        once = hospital.cells()
        self.assert_numbers(hospital)
        self.assert_agrees_with_reference(hospital, timezone=ZONE)
        self.import_file(hospital)
        self.assert_numbers(hospital)
        self.assert_same_cells([line for line in once if '"family":"task"' not in line],
                               [line for line in hospital.cells() if '"family":"task"' not in line])

    def assert_numbers(self, hospital):
        with hospital.web() as get:
            day = get("/api/v1/cells?family=hospital&window=1d&histogram=1&merge=time")["cells"]
            busiest = get("/api/v1/cells?family=hospital&window=1d&from=2017-02-21T00:00:00%2B01:00&to=2017-02-22T00:00:00%2B01:00")["cells"]
            hours = self.hours(get)
        self.assertEqual(len(self.rows), 13_234)
        self.assertEqual((day[0]["values"]["checkins"], day[0]["values"]["admissions"]), (13_234, 4_486))
        self.assertEqual([cell["values"]["checkins"] for cell in busiest], [200])
        self.assertEqual(hours, collections.Counter(
            moment(row["arrival_at_hospital"]).replace(minute=0, second=0).strftime("%Y-%m-%dT%H:%M:%SZ") for row in self.rows))
        stays = [int((moment(row["exit_ed"]) - moment(row["arrival_at_hospital"])).total_seconds() // 60) for row in self.rows]
        self.assertEqual(by_minute(day), collections.Counter(stays))
        stay = day[0]["values"]["stay_minutes"]
        self.assertEqual((stay["n"], stay["sum"], stay["max"]), (len(stays), sum(stays), max(stays)))
        self.assertEqual((stay["p50"], stay["p95"], f"{stay['sum'] / stay['n']:.3f}"), (244, 605, "283.633"))

    @staticmethod
    def hours(get):
        """Check-ins by the hour's start, over all pages."""
        found, cursor = {}, None
        while True:
            page = get("/api/v1/cells?family=hospital&window=1h" + (f"&cursor={cursor}" if cursor else ""))
            found |= {cell["window"]["start"]: cell["values"]["checkins"] for cell in page["cells"] if cell["values"]["checkins"]}
            cursor = page["next"]
            if cursor is None:
                return found


if __name__ == "__main__":
    unittest.main()
