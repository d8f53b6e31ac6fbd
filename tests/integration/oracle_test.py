"""Simulated logs with duplicates, disorder and late records through the real broker and consumers, against the reference."""

import csv
import functools
import io
import json
import random
import unittest
import urllib.parse

from harness import RealKafka, wait_for  # first: it says where the reference is

import compare
import emergency
from cells import Minutes, kaplan_meier_median
from mart_rows import Written, csv_rows, json_text, mart_rows
from orderly_log import House
from records import TOPICS
from windows import MINUTE

DISTURBED = ("--duplicate-share", "0.03", "--out-of-order-share", "0.1", "--out-of-order-by", "20m", "--late-share", "0.02")
ZONE = "America/New_York"  # the clocks change on 8 March
BEDS = "[[beds]]\nfrom = 2026-03-01\nemergency = 9\nhospital = 60\n[[beds]]\nfrom = 2026-03-03\nemergency = 12\nhospital = 60\n"


class Oracle(RealKafka):
    def test_equal_to_the_last_cell(self):
        for seed, events, late_by, zone in ((1, 3000, "50h", "UTC"), (2, 12000, "7h", "Europe/Stockholm"), (3, 6000, "6d", "Asia/Kathmandu")):
            with self.subTest(seed=seed):
                hospital = self.hospital()
                hospital.simulate(events, seed, *DISTURBED, "--late-by", late_by, "--rate", "0.02")
                hospital.consume("--timezone", zone, instances=2)
                expected = self.assert_agrees_with_reference(hospital, timezone=zone)
                outcomes = {outcome: sum(counts[outcome] for counts in expected.summary().values()) for outcome in ("applied", "duplicate")}
                self.assertGreater(outcomes["duplicate"], 0)

    def test_the_number_of_workers_does_not_matter(self):
        hospital = self.hospital()
        hospital.simulate(8000, 4, *DISTURBED, "--rate", "0.05")
        hospital.consume("--tasks", "3", "--grace", "1h=1h,1d=2d")
        self.assert_agrees_with_reference(hospital, grace="1h=1h,1d=2d")

    def test_what_is_consumed_in_pieces_is_the_same(self):
        hospital = self.hospital()
        for seed in range(5, 9):
            hospital.simulate(1500, seed, *DISTURBED, "--rate", "0.05")
            hospital.consume("--checkpoint-interval", "100ms", instances=seed % 2 + 1)
        self.assert_agrees_with_reference(hospital)


    def test_disorder_is_no_mistake(self):
        """What arrives up to 9 minutes late, and twice, ends as what arrives in order and once: nothing is late by more than the least grace."""
        records, ends = House(seed=9, patients=80).records, []
        for disorder, times in ((0, 1), (9 * MINUTE, 2)):
            draw = random.Random(disorder)
            arrivals = sorted((record[2] + draw.randrange(disorder + 1), at) for at, record in enumerate(records * times))
            hospital = self.hospital()
            hospital.create_topics()
            for topic in TOPICS:
                chosen = [(records * times)[at] for _, at in arrivals]
                hospital.send(topic, [(key.encode(), value.encode()) for its_topic, key, _, value in chosen if its_topic == topic])
            hospital.consume("--max-future", "off", "--timezone", "Australia/Lord_Howe", instances=times)
            ends.append([line for line in hospital.cells() if '"family":"task"' not in line])
        self.assertGreater(len(ends[0]), 1000)
        self.assert_same_cells(*ends)


class RowsAndReasons(RealKafka):
    """What is made from cells: the marts' rows in their topics and over HTTP, and the explanation of each number."""

    def test_marts_and_explanations(self):
        hospital = self.hospital()
        beds = hospital.folder / "beds.toml"
        beds.write_text(BEDS, encoding="utf-8")
        for seed, piece in enumerate((4000, 6000)):  # rows change in their topics
            hospital.simulate(piece, 10 + seed, *DISTURBED, "--rate", "0.01", "--faults", "all=0.01,too_large=0")
            hospital.consume("--timezone", ZONE, "--beds", beds)
        expected = self.assert_agrees_with_reference(hospital, timezone=ZONE, beds=BEDS)
        self.assert_mart_topics(hospital, expected)
        with hospital.web() as get:
            self.assert_http(get, expected)
            self.assert_explained(get, expected)
            self.assert_shown_while_it_runs(hospital, get)

    def assert_shown_while_it_runs(self, hospital, get):
        """A consumer says how it is; one that was stopped takes that back, one that was killed stays and gets old."""
        def instances():
            return {each["instance"]: each for each in get("/api/v1/system")["instances"]}

        consumers = {name: hospital.start_consumer("--instance-id", name, "--timezone", ZONE) for name in ("stopped", "killed")}
        wait_for(lambda: all(len(instances().get(name, {}).get("partitions", ())) > 0 for name in consumers), "both to have partitions", 120)
        shown = instances()
        self.assertEqual(sorted(shown), sorted(consumers))
        self.assertFalse(set(shown["stopped"]["partitions"]) & set(shown["killed"]["partitions"]))
        consumers["killed"].kill()
        consumers["stopped"].stop()
        wait_for(lambda: list(instances()) == ["killed"], "the one that was stopped to be gone")
        age = instances()["killed"]["age_seconds"]
        wait_for(lambda: instances()["killed"]["age_seconds"] > age, "the other one's record to get older")

    def assert_http(self, get, expected):
        for mart, rows in mart_rows(expected.cells).items():
            path = f"/api/v1/marts/{mart}?limit=10000"
            answer = get(path, read=lambda text: json.loads(text, parse_float=Written))
            self.assertIsNone(answer["next"])
            self.assertEqual(sorted(map(json_text, answer["rows"])), sorted(rows), mart)
            table = get(path + "&format=csv", read=lambda text: list(csv.reader(io.StringIO(text, newline=""))))
            header, *lines = csv_rows(rows)
            self.assertEqual(table[0], header)
            self.assertEqual(sorted(table[1:]), sorted(lines), mart)

    def assert_explained(self, get, expected):
        """For each family the cell that says most."""
        cells = {}
        for line in expected.cells:
            cell = json.loads(line)
            if cell["family"] != "patient_stats" and len(line) >= len(json.dumps(cells.get(cell["family"], ""))):
                cells[cell["family"]] = cell
        self.assertEqual(len(cells), 13)
        for family, cell in cells.items():
            with self.subTest(family=family):
                self.assert_explanation(get("/api/v1/explain?cell=" + urllib.parse.quote(compare.identity(cell))), cell)

    def assert_explanation(self, answer, cell):
        self.assertEqual({name: answer["cell"][name] for name in cell}, cell)
        definition = answer["definition"]
        self.assertEqual(definition["family"], cell["family"])
        self.assertTrue(definition["meaning"] and definition["topics"])
        self.assertEqual([value["name"] for value in definition["values"]], list(cell["values"]))
        self.assertTrue(all(value["meaning"] and value["merge"] for value in definition["values"]))
        self.assertGreater(len(answer["inputs"]), 0)
        for part in answer["inputs"]:
            self.assertEqual([part[name] for name in ("family", "dims", "window")], [cell[name] for name in ("family", "dims", "window")])
        self.assertEqual(answer["counts"]["consumed"], sum(answer["counts"][name] for name in ("applied", "duplicate", "rejected", "held")))
        parts = [part["values"] for part in answer["inputs"]]
        for name, value in cell["values"].items():
            self.assertEqual(remade(name, parts), value, name)


def remade(name, parts):
    """The hospital's value from the partitions'."""
    if name == "estimated_provider_minutes":
        seen, unseen = (histogram_of([part[histogram] for part in parts]) for histogram in ("provider_minutes", "unseen_minutes"))
        return kaplan_meier_median(seen, unseen)
    if name in ("score", "band"):
        points = emergency.score(remade("inputs", parts))
        return points if name == "score" or points is None else emergency.band(points)
    values = [part[name] for part in parts]
    if name == "inputs":
        return functools.reduce(emergency.merge_inputs, values)
    return merged_of(values, max if name.startswith("longest") else sum)


def histogram_of(values):
    merged = Minutes()
    for value in values:
        merged.counts.update(dict(value["minutes"]))
    return merged


def merged_of(values, numbers):
    known = [value for value in values if value is not None]
    if not known:
        return None
    if isinstance(known[0], dict) and "minutes" in known[0]:
        return histogram_of(known).json()
    if isinstance(known[0], dict):
        return {key: numbers(value.get(key, 0) for value in known) for key in sorted({key for value in known for key in value})}
    if isinstance(known[0], list):
        return [merged_of(members, numbers) for members in zip(*known, strict=True)]
    return known[0] if isinstance(known[0], str) else numbers(known)


if __name__ == "__main__":
    unittest.main()
