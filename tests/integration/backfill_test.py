#!/usr/bin/env python3
"""Backfills on real Apache Kafka: several instances of run share a generation, also when one of them is killed; a feed that was mended is
shown by diff as planted; what cannot be replayed or put in force is refused, with what is missing."""

import datetime
import json
import re
import subprocess
import unittest

import harness
from delete_records import delete_records
from harness import PARTITIONS, RealKafka
from replay_test import QUICK_GROUP, Replays

EVENTS = 15_000
SEED = 67
PLANTED = "Sleep Laboratory"  # no simulated event is of it
PLANTED_AT = datetime.datetime(2025, 12, 5, 9, tzinfo=datetime.timezone.utc)  # 86 days before the simulated ones: past every grace


class Backfill(Replays, RealKafka):
    def setUp(self):
        self.town = self.hospital()
        self.town.create_topics()

    def start_run(self, *options):
        return self.town.start("wardpulse-replay", "run", "--metrics-listen", "127.0.0.1:0", *QUICK_GROUP, *options)

    def test_instances_share_a_generation(self):
        self.town.simulate(EVENTS, SEED)
        self.town.consume(*QUICK_GROUP)
        straight = self.run_generation("straight")
        several = [self.start_run("--generation", "shared", "--rate", "400") for _ in range(3)]
        for run in several:
            run.waited_for(r"partitions assigned .*partitions=([1-9])")
        several[1].waited_for(r"replaying percent=([1-9])")
        shares = [set(re.findall(r"records=\d+ of=(\d+)", run.log())) for run in several]
        self.assertLess(min(int(share) for share in shares[1]), EVENTS)  # each has partitions of its own
        several[1].kill()
        for run in several[::2]:
            run.finish()
        self.assertEqual(self.run_generation("shared"), straight)
        self.replay("diff", "--generation", "shared")

    def test_progress_goes_on_where_it_was(self):
        self.town.simulate(EVENTS, SEED)
        reached = 0.0
        for least in (30, 60):
            run = self.start_run("--generation", "often", "--rate", "1000")
            first = float(run.waited_for(r"replaying percent=([0-9.]+)"))
            self.assertGreaterEqual(first, reached - 0.01)
            harness.wait_for(lambda run=run, least=least: 100 * run.metric("replay_progress_ratio") >= least, f"{least} %")
            run.kill()
            status = {row["generation"]: row for row in json.loads(self.replay("status", "--format", "json").stdout)}["often"]
            self.assertEqual(status["state"], "incomplete")
            self.assertGreaterEqual(100 * status["progress"], reached - 0.01)
            reached = max(1.0, 100 * status["progress"])  # what checkpoints hold is not lost again
        self.assertGreater(reached, 10)
        self.run_generation("often")

    def test_a_mended_feed_shows_as_planted(self):
        self.town.simulate(EVENTS // 5, SEED)
        arrivals = [PLANTED_AT + datetime.timedelta(minutes=minutes) for minutes in (0, 7, 95)]
        self.town.send("checkins", [(b"P-%d" % number, json.dumps(
            {"event_id": f"planted-{number}", "event_type": "checkin", "event_time": at.isoformat(), "patient_id": f"P-{number}",
             "visit_id": f"V-{number}", "department": PLANTED, "visit_type": "Outpatient", "source": "mended"}).encode())
            for number, at in enumerate(arrivals)])
        self.town.consume(*QUICK_GROUP)
        self.assertFalse(PLANTED in self.cells_of().decode())  # sent again too late for every window
        self.run_generation("mended", "--grace", "1h=none,1d=none,month=none")
        found = json.loads(self.replay("diff", "--generation", "mended", "--format", "json", code=1).stdout)
        new = {difference["cell"]: difference["new"]["values"] for difference in found["differences"] if difference["why"] == "late record"}
        departments = {cell: values["checkins"] for cell, values in new.items() if cell.startswith("department|")}
        day = PLANTED_AT.strftime("%Y-%m-%d")
        self.assertEqual(departments, {f"department|department={PLANTED}|1h:{day}T09:00:00Z": 2, f"department|department={PLANTED}|1h:{day}T10:00:00Z": 1,
                                       f"department|department={PLANTED}|1d:{day}T00:00:00Z": 3,
                                       f"department|department={PLANTED}|month:2025-12-01T00:00:00Z": 3})
        hospital = {cell: values["checkins"] for cell, values in new.items() if cell.startswith("hospital|")}
        self.assertEqual(hospital, {cell.replace(f"department|department={PLANTED}", "hospital|"): count for cell, count in departments.items()})
        for cell in new:  # nothing but that day, and what has no window
            self.assertTrue(f":{day}T" in cell or ":2025-12-01T" in cell or cell.endswith("|-"), cell)
        for difference in found["differences"]:
            if difference["why"] != "late record":
                self.assertEqual((difference["why"], difference["fields"]), ("definition", ["status"]), difference["cell"])

    def test_what_is_missing_is_named(self):
        self.town.simulate(EVENTS // 5, SEED)
        self.town.consume(*QUICK_GROUP)
        self.time_look_ups()
        self.other_partitions_and_newer_versions()
        self.what_is_to_go_back_to_is_gone()
        self.below_the_logs_start()

    def time_look_ups(self):
        def ranges(*options):
            return re.findall(r"^(\S+) +(\d+) +(\d+) +(\d+) +\d+$", self.replay("plan", "--generation", "x", *options).stdout, re.MULTILINE)
        # Nothing was written then: the broker's answer is null, and means the end.
        self.assertEqual(ranges("--from-log-time", "--to", "2040-01-01T00:00:00Z"), ranges())
        nothing = self.replay("plan", "--generation", "x", "--from-log-time", "--from", "2040-01-01T00:00:00Z", code=1).stderr
        self.assertIn("that is the log's end", nothing)

    def generation_by_hand(self, name, partitions, plan):
        prefix, brokers = f"{self.town.prefix}.{name}", self.town.bootstrap
        subprocess.run([harness.BIN / "wardpulse-producer", "topics", "--brokers", brokers, "--topic-prefix", prefix, "--partitions", str(partitions)],
                       check=True, capture_output=True, timeout=60)
        subprocess.run(["kcat", "-P", "-b", brokers, "-t", f"{prefix}.checkpoints", "-p", "0", "-K", "\t"],
                       input=b"plan\t" + json.dumps({**plan, "name": name}).encode(), check=True, capture_output=True, timeout=60)

    def other_partitions_and_newer_versions(self):
        self.run_generation("good")
        plan = next(json.loads(record["value"]) for record in self.town.read("good.checkpoints") if record["key"] == b"plan")
        half = {name: plan[name][:PARTITIONS // 2] for name in ("begin", "end")}
        self.generation_by_hand("half", PARTITIONS // 2, {**plan, **half})
        self.assertIn(f"was made of {PARTITIONS // 2} partitions, the input topics have {PARTITIONS}", self.replay("run", "--generation", "half", code=1).stderr)
        self.assertIn(f"has {PARTITIONS // 2} partitions, the input topics have {PARTITIONS}", self.replay("promote", "--generation", "half", "--yes", code=1).stderr)
        self.generation_by_hand("newer", PARTITIONS, {**plan, "format": 99})
        for command in ("run", "diff", "promote"):
            self.assertIn("newer version", self.replay(command, "--generation", "newer", code=1).stderr)

    def what_is_to_go_back_to_is_gone(self):
        self.assertIn("nothing was promoted", self.replay("rollback", "--yes", code=1).stderr)
        self.run_generation("next")
        for name in ("good", "next"):
            self.replay("promote", "--generation", name, "--yes")
        self.replay("discard", "--generation", "good", "--yes")
        self.assertIn("there is no generation 'good'", self.replay("rollback", "--yes", code=1).stderr)
        self.replay("promote", "--generation", "good", "--yes", code=1)

    def below_the_logs_start(self):
        topic = f"{self.town.prefix}.checkins"
        delete_records(self.town.bootstrap, topic, 3, 5)
        offsets = self.town.folder / "offsets.csv"
        offsets.write_text("".join(f"{self.town.prefix}.{name},{partition},0\n" for name in ("checkins", "encounters", "billing", "workflow")
                                   for partition in range(PARTITIONS)), encoding="ascii")
        gone = self.replay("plan", "--generation", "x", "--from", offsets, code=1).stderr
        self.assertIn(f"{topic} partition 3: records 0..4 are gone from the log", gone)
        needed = self.replay("plan", "--generation", "x", "--from", "2026-03-01T00:00:00Z", code=1).stderr
        self.assertIn(f"the log no longer has {topic} partition 3: records 0..4", needed)
        self.run_generation("rest")  # from what there is
        self.assertIn("does not begin at the log's start", self.replay("promote", "--generation", "rest", "--yes", code=1).stderr)
        self.assertIn("--from TIME", self.replay("promote", "--generation", "rest", "--partial", "--yes", code=1).stderr)


if __name__ == "__main__":
    unittest.main()
