#!/usr/bin/env python3
"""wardpulse-replay on real Apache Kafka: a generation equals what was counted live, however often its making was interrupted; a
changed funnel shows as planted and nowhere else; promote and rollback while somebody reads."""

import json
import re
import subprocess
import unittest

import harness
from harness import RealKafka

EVENTS = 20_000
SEED = 61
QUICK_GROUP = ("-X", "session.timeout.ms=3000", "-X", "heartbeat.interval.ms=500")

WITHOUT_ROOM = harness.SOURCE / "tests/integration/without_room.toml"  # a funnel that was changed


class Replays:
    """wardpulse-replay in a test's town."""

    def replay(self, command, *options, code=0):
        done = subprocess.run(self.town._command("wardpulse-replay", command, *options), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, code, done.stderr[-3000:] + done.stdout[-1000:])
        return done

    def run_generation(self, name, *options):
        said = self.replay("run", "--generation", name, "--metrics-listen", "127.0.0.1:0", *QUICK_GROUP, *options).stdout
        return re.search(r"^hash +(\w+)$", said, re.MULTILINE)[1]

    def cells_of(self, *options):
        return self.town.run("wardpulse-web", "cells", *options)


class Replay(Replays, RealKafka):
    def setUp(self):
        self.town = self.hospital()
        self.town.create_topics()
        self.town.simulate(EVENTS, SEED, "--duplicate-share", "0.01", "--out-of-order-share", "0.05", "--late-share", "0.001")
        self.town.consume(*QUICK_GROUP)

    def test_replay(self):
        self.straight_run_equals_live()
        self.killed_run_equals_straight_run()
        self.changed_funnel_shows_as_planted()
        self.marts_follow_the_generation_in_force()
        self.promote_and_rollback_are_followed()
        self.what_cannot_be_is_refused()

    def straight_run_equals_live(self):
        planned = self.replay("plan", "--generation", "straight").stdout
        self.assertIn(f"{self.town.prefix}.straight.aggregates", planned)
        self.straight = self.run_generation("straight")
        found = json.loads(self.replay("diff", "--generation", "straight", "--format", "json").stdout)
        self.assertTrue(found["equal"])
        self.assertEqual(found["old"]["hash"], self.straight)
        self.assertGreater(found["families"]["department"]["equal"], 100)
        self.assertEqual(self.cells_of("--generation", "straight"), self.cells_of())

    def killed_run_equals_straight_run(self):
        for _ in range(2):
            run = self.town.start("wardpulse-replay", "run", "--generation", "killed", "--metrics-listen", "127.0.0.1:0", "--rate", "2000",
                                  *QUICK_GROUP)
            run.waited_for(r"replaying percent=(\d)")
            run.kill()
        self.replay("promote", "--generation", "killed", "--yes", code=1)
        self.assertEqual(self.run_generation("killed", "--tasks", "2"), self.straight)
        self.assertEqual(self.cells_of("--generation", "killed"), self.cells_of())

    def changed_funnel_shows_as_planted(self):
        self.run_generation("shorter", "--funnels", WITHOUT_ROOM)
        found = json.loads(self.replay("diff", "--generation", "shorter", "--format", "json", code=1).stdout)
        self.assertFalse(found["equal"])
        for name, family in found["families"].items():
            changed = family["changed"] + family["only_old"] + family["only_new"]
            self.assertEqual(changed > 0, name == "funnel", name)
        for difference in found["differences"]:
            self.assertEqual(difference["why"], "definition")
            emergency = "funnel=emergency" in difference["cell"]
            self.assertEqual(difference["kind"], "changed" if emergency else "only_old", difference["cell"])
            if emergency:
                self.assertEqual(difference["new"]["values"]["steps"], ["checkin", "triage", "provider.seen", "visit.completed"])
                self.assertEqual(difference["new"]["values"]["entered"], difference["old"]["values"]["entered"])
        self.replay("run", "--generation", "shorter", "--grace", "1h=1h", code=1)  # begun otherwise

    def marts_follow_the_generation_in_force(self):
        zones = {"elsewhere": "Asia/Kathmandu", "live": "UTC"}
        self.run_generation("elsewhere", "--timezone", zones["elsewhere"], "--grace", "1d=1h,month=1h")
        expected = {"elsewhere": self.town.reference(timezone=zones["elsewhere"], grace="1d=1h,month=1h"), "live": self.town.reference()}
        for name, switch in (("elsewhere", ("promote", "--generation", "elsewhere", "--yes")), ("live", ("rollback", "--yes"))):
            self.replay(*switch)
            self.town.consume(*QUICK_GROUP)
            self.assert_mart_topics(self.town, expected[name])

    def promote_and_rollback_are_followed(self):
        consumer = self.town.start_consumer(*QUICK_GROUP)
        consumer.waited_for(r"(partitions assigned)")
        live_lines = self.cells_of("--family", "funnel")
        with self.town.web() as get:
            def served():
                return get("/api/v1/cells?family=funnel&window=1d")["generation"]

            self.assertEqual(served(), "live")
            self.replay("promote", "--generation", "shorter", "--yes")
            harness.wait_for(lambda: self.answer_of(served) == "shorter", "the promoted generation", 30)
            steps = {len(cell["values"]["steps"]) for cell in get("/api/v1/cells?family=funnel&window=1d&funnel=emergency")["cells"]}
            self.assertEqual(steps, {4})
            consumer.waited_for(r"another generation is in force.*generation=(shorter)")
            self.assertEqual(self.cells_of("--family", "funnel"), self.cells_of("--family", "funnel", "--generation", "shorter"))
            self.replay("discard", "--generation", "shorter", "--yes", code=1)  # in force
            # New events are counted by the generation in force, under its own definition.
            self.town.simulate(2000, SEED + 1, "--start", "2026-03-02T00:00:00Z")
            self.caught_up("shorter")
            self.replay("rollback", "--yes")
            harness.wait_for(lambda: self.answer_of(served) == "live", "the generation before", 30)
            consumer.waited_for(r"another generation is in force.*generation=(live)")
            self.caught_up("live")
        consumer.stop()
        self.assertNotEqual(self.cells_of("--family", "funnel"), live_lines)
        self.run_generation("after")
        self.town.consume(*QUICK_GROUP)
        self.replay("diff", "--generation", "after")
        status = {row["generation"]: row for row in json.loads(self.replay("status", "--format", "json").stdout)}
        self.assertTrue(status["live"]["in_force"])
        self.assertEqual({status[name]["state"] for name in ("straight", "killed", "shorter", "after")}, {"complete"})
        self.replay("discard", "--generation", "straight", "--yes")
        self.assertNotIn("straight", self.replay("status").stdout)

    @staticmethod
    def answer_of(ask):
        try:
            return ask()
        except OSError:  # 503 while the new generation is read
            return None

    def caught_up(self, generation):
        """The generation's cells speak of all records of the log."""
        records = sum(1 for _ in self.town.dump())

        def all_counted():
            tasks = [json.loads(line) for line in self.cells_of("--family", "task", "--generation", generation).splitlines()]
            return sum(task["values"]["consumed"] for task in tasks) >= records
        harness.wait_for(all_counted, f"generation {generation} to catch up", 60)

    def what_cannot_be_is_refused(self):
        late = self.replay("plan", "--generation", "x", "--to", "2031-01-01T00:00:00Z", code=1).stderr
        self.assertIn("after the last record", late)
        late = self.replay("plan", "--generation", "x", "--from", "2031-01-01T00:00:00Z", code=1).stderr
        self.assertIn("no record in the log is of that time or later", late)
        offsets = self.town.folder / "offsets.csv"
        offsets.write_text(f"{self.town.prefix}.checkins,0,999999999\n", encoding="utf-8")
        wrong = self.replay("plan", "--generation", "x", "--to", offsets, code=1).stderr
        self.assertIn("offset 999999999 is after the log's end", wrong)
        self.assertIn(f"no offset for {self.town.prefix}.billing partition 7", wrong)
        self.replay("diff", "--generation", "x", code=1)
        self.replay("run", "--generation", "a.b", code=2)


if __name__ == "__main__":
    unittest.main()
