#!/usr/bin/env python3
"""What may differ between two logs of the same facts without changing a number, by the engine alone.

properties_test.py [--seeds FROM:TO] [--patients N] looks further than the usual test does.
"""

import argparse
import json
import random
import sys
import unittest

import compare
from engine_test import fold
from orderly_log import House, dump, interleaved
from random_funnels import FunnelsWriter
from windows import HOUR, MINUTE

SEEDS = range(6)
PATIENTS = 25
ZONES = ["UTC", "Europe/Stockholm", "Australia/Lord_Howe", "Asia/Kathmandu"]


class World:
    """One house and how it is read."""

    def __init__(self, seed, patients):
        self.seed = seed
        self.records = House(seed, patients).records
        draw = random.Random(seed)
        self.usual = ["--timezone", draw.choice(ZONES), "--max-future", "off"]
        self.flags = [*self.usual, "--grace", "10s=none,1m=none,1h=none,1d=none,month=none"]
        self.funnels = FunnelsWriter(draw).file() if draw.random() < 0.5 else None
        self.in_order = dump(self.records, 1)

    def cells(self, lines, flags=None):
        return [cell for cell in fold(lines, flags or self.flags, funnels=self.funnels) if json.loads(cell)["family"] != "task"]

    def complaints(self):
        expected = self.cells(self.in_order)
        for name, lines in (("3 partitions", dump(self.records, 3)),
                            ("8 partitions, disorder", dump(self.records, 8, 20 * HOUR, self.seed)),
                            ("disorder of minutes", dump(self.records, 1, 90 * MINUTE, self.seed)),
                            ("disorder of days", dump(self.records, 1, 100 * HOUR, self.seed)),
                            ("everything twice", dump(self.records, 2, 50 * HOUR, self.seed, twice=True)),
                            ("topics read in another order", interleaved(dump(self.records, 2, 50 * HOUR, self.seed), self.seed))):
            if found := compare.differences(expected, self.cells(lines)):
                yield f"seed {self.seed}, {name}: {compare.report(found, 4)}"
        # Nothing is late: 9 minutes are less than the least grace.
        expected = self.cells(self.in_order, self.usual)
        for name, partitions, twice in (("usual grace, disorder within it", 1, False), ("the same, twice and in 5 partitions", 5, True)):
            if found := compare.differences(expected, self.cells(dump(self.records, partitions, 9 * MINUTE, self.seed, twice), self.usual)):
                yield f"seed {self.seed}, {name}: {compare.report(found, 4)}"


class Properties(unittest.TestCase):
    def test_partitions_disorder_duplicates_and_interleaving_change_no_number(self):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                world = World(seed, PATIENTS)
                self.assertGreater(len(world.cells(world.in_order)), 100)
                self.assertEqual(list(world.complaints()), [])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", default="0:50")
    options.add_argument("--patients", type=int, default=PATIENTS)
    given = options.parse_args()
    complaints = [text for seed in range(*map(int, given.seeds.split(":"))) for text in World(seed, given.patients).complaints()]
    print("\n".join([*complaints, f"seeds {given.seeds}: {len(complaints)} differ"]))
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
