#!/usr/bin/env python3
"""A replay reads a long log of check-ins beside some weeks of billing in step of event time: what is held is bounded, and memory is
that of the cells, however far apart the topics are.

alignment_test.py [--events 150000] [--rate 0.01]
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import threading
import unittest

import harness
from harness import RealKafka
from replay_test import QUICK_GROUP

BILLING = ("bill", "payment", "claim")
BILLED_SHARE = 0.15  # of the log: its end
MOST_HELD = 3 * 1000 * harness.PARTITIONS  # topics are looked at every 1,000 records; two days of event time are fewer here
MOST_MEMORY_KB = 1024 * 1024
given = argparse.Namespace(events=150_000, rate=0.01)


class Watched:
    """A program's largest figures while it ran."""

    def __init__(self, process):
        self.held = self.memory_kb = 0
        process.waited_for("(metrics are served)")
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(process, done))
        watcher.start()
        process.finish(1800)
        done.set()
        watcher.join()

    def _watch(self, process, done):
        while not done.wait(0.05):
            try:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
                held = process.metric("events_held")
            except OSError:
                continue
            if memory := re.search(r"VmHWM:\s+(\d+)", status):
                self.memory_kb = max(self.memory_kb, int(memory[1]))
            self.held = max(self.held, int(held))


class Alignment(RealKafka):
    def send_years(self, town):
        """A log without the bills of its first years; how many billing records it has."""
        events = subprocess.run([harness.BIN / "wardpulse-producer", "simulate", "--dry-run", "--events", str(given.events), "--seed", "5",
                                 "--rate", str(given.rate), "--start", "2023-01-01T00:00:00Z", "--speed", "max"],
                                check=True, capture_output=True, timeout=600).stdout.splitlines(keepends=True)
        billed_from = given.events * (1 - BILLED_SHARE)
        billing, lines = 0, []
        for number, line in enumerate(events):
            is_billing = json.loads(line)["event_type"] in BILLING
            billing += is_billing and number >= billed_from
            if not is_billing or number >= billed_from:
                lines.append(line)
        years = town.folder / "years.jsonl"
        years.write_bytes(b"".join(lines))
        town.run("wardpulse-producer", "import", "jsonl", years, "--metrics-listen", "127.0.0.1:0", deadline_s=900)
        return billing

    def test_topics_are_read_in_step(self):
        town = self.hospital()
        town.create_topics()
        billing = self.send_years(town)
        figures = {"live": Watched(town.start_consumer("--until-end", *QUICK_GROUP)),
                   "replay": Watched(town.start("wardpulse-replay", "run", "--generation", "aligned", "--metrics-listen", "127.0.0.1:0", *QUICK_GROUP))}
        for name, watched in figures.items():
            print(f"{name}: at most {watched.held:,} of {given.events:,} records held ({billing:,} of billing), {watched.memory_kb // 1024} MB", flush=True)
        self.assertGreater(billing, given.events * BILLED_SHARE / 20)
        self.assertLess(figures["replay"].held, MOST_HELD)
        self.assertLess(figures["replay"].memory_kb, MOST_MEMORY_KB)
        town.run("wardpulse-replay", "diff", "--generation", "aligned", deadline_s=900)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--events", type=int, default=given.events)
    options.add_argument("--rate", type=float, default=given.rate)
    _, rest = options.parse_known_args(namespace=given)
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
