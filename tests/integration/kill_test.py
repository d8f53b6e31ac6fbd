#!/usr/bin/env python3
"""Consumers killed with SIGKILL at random moments while events flow: the end is what it is without a kill.

kill_test.py [--events 200000] [--kills 3] [--seed S]
"""

import argparse
import collections
import json
import random
import re
import sys
import threading
import unittest

import harness
from harness import RealKafka

SECONDS_OF_FLOW = 20
MOST_SERIES = 500
RATE = 2  # events a second of event time, on average over a day and its night
COUNTED = ("checkins", "by_visit_type", "completed", "cancelled", "no_show", "left", "admissions", "discharges", "treatments",
           "treatment_cents", "wait_minutes", "stay_minutes")
given = argparse.Namespace(events=200_000, kills=3, seed=None)


class Member:
    """A consumer that comes back after each kill. Even ones are static members, which take their partitions back at once."""

    def __init__(self, hospital, number):
        self.hospital = hospital
        self.number = number
        self.start()

    def start(self):
        static = ["--instance-id", f"consumer-{self.number}"] if self.number % 2 == 0 else []
        self.process = self.hospital.start_consumer("--checkpoint-interval", "500ms", "-X", "session.timeout.ms=3000",
                                                    "-X", "heartbeat.interval.ms=500", *static)
        self.process.waited_for("(metrics are served)")

    def kill_and_start(self):
        self.process.kill()
        self.start()


def totals(cells, family, dim=""):
    """Sums over days: department -> counted values."""
    sums = collections.defaultdict(lambda: collections.defaultdict(int))
    for cell in map(json.loads, cells):
        if cell["family"] != family or cell["window"]["size"] != "1d":
            continue
        into = sums[cell["dims"].get(dim)]
        for name in COUNTED:
            value = cell["values"][name]
            parts = {"": value} if isinstance(value, int) else value
            for part in parts if name == "by_visit_type" else ("n", "sum") if name.endswith("minutes") else ("",):
                into[name, part] += parts[part]
    return {key: dict(values) for key, values in sums.items()}


def true_totals(truth):
    return {(name, part): count for name in COUNTED
            for part, count in (truth[name].items() if isinstance(truth[name], dict) else [("", truth[name])])}


class Kill(RealKafka):
    def test_killed_consumers_lose_and_repeat_nothing(self):
        seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10 ** 9)
        print(f"seed {seed}, {given.events} events, {given.kills} kills", flush=True)
        draw, hospital = random.Random(seed), self.hospital()
        hospital.create_topics()
        members = [Member(hospital, number) for number in range(2)]
        outcome = {}
        flow = threading.Thread(target=lambda: outcome.update(truth=hospital.simulate(
            given.events, seed, "--rate", RATE, "--speed", given.events / RATE / SECONDS_OF_FLOW, "--duplicate-share", "0.01",
            "--out-of-order-share", "0.05", "--late-share", "0.001")))
        flow.start()
        self.addCleanup(flow.join)
        for _ in range(given.kills):
            member = draw.choice(members)
            moment = draw.randrange(given.events // (given.kills + 1) // 2)
            harness.wait_for(lambda: member.process.counted() >= moment or not flow.is_alive(), f"record {moment} of consumer {member.number}", 120)
            member.kill_and_start()
        flow.join()
        for member in members:
            self.assertLessEqual(len(re.findall(r"^wardpulse_", member.process.metrics(), re.MULTILINE)), MOST_SERIES)
            member.process.stop()
        hospital.consume()
        self.assert_agrees_with_truth(hospital.cells(), outcome["truth"])
        self.assert_agrees_with_reference(hospital)

    def assert_agrees_with_truth(self, cells, truth):
        self.assertEqual(totals(cells, "hospital")[None], true_totals(truth["hospital"]))
        departments = totals(cells, "department", "department")
        for name, expected in truth["departments"].items():
            self.assertEqual(departments[name], true_totals(expected), name)
        tasks = [cell["values"] for cell in map(json.loads, cells) if cell["family"] == "task"]
        self.assertEqual(sum(task["consumed"] for task in tasks), truth["sent"])
        self.assertEqual(sum(task["duplicate"] for task in tasks), truth["duplicates"])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--events", type=int, default=given.events)
    options.add_argument("--kills", type=int, default=given.kills)
    options.add_argument("--seed", type=int)
    _, rest = options.parse_known_args(namespace=given)
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
