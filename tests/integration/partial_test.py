#!/usr/bin/env python3
"""promote --partial on real Apache Kafka: windows before the replay's first one keep the numbers of the generation before, later
ones have the new definition's; consumers go on, are killed, come back, and nothing older changes; web shows the one or the other."""

import datetime
import json
import threading
import unittest

import harness
from harness import RealKafka
from replay_test import QUICK_GROUP, WITHOUT_ROOM, Replays

EVENTS = 5_000
SEED = 83
RATE = 0.02  # 5,000 events in under three days
FIRST = "2026-03-02T12:00:00Z"  # within a day and a month: windows that begin before it are older


def moment(text):
    return datetime.datetime.fromisoformat(text)


def values_of(cells):
    return {key: cell["values"] for key, cell in cells.items()}


class Partial(Replays, RealKafka):
    def setUp(self):
        self.town = self.hospital()
        self.town.create_topics()
        self.town.simulate(EVENTS, SEED, "--rate", RATE)
        self.town.consume(*QUICK_GROUP)
        self.run_generation("wider", "--from", FIRST, "--warm-up", "24h", "--funnels", WITHOUT_ROOM)

    def split(self, *options):
        """Cells with a window: of older windows, and of the generation's own. Watermarks and versions aside."""
        older, own = {}, {}
        for cell in map(json.loads, self.cells_of(*options).splitlines()):
            if cell["window"] is None:
                continue
            key = json.dumps([cell["family"], cell["dims"], cell["window"]])
            kept = {name: cell[name] for name in ("values", "status")}
            (older if moment(cell["window"]["start"]) < moment(FIRST) else own)[key] = kept
        return older, own

    def rows(self):
        newest = {}
        for mart in ("daily-kpis", "department-stats"):
            for record in self.town.read(f"marts.{mart}"):
                newest[mart, record["partition"], record["key"].decode()] = record["value"]
        return {key: value for key, value in newest.items() if value is not None}

    def test_partial(self):
        refused = self.replay("promote", "--generation", "wider", "--yes", code=1).stderr
        self.assertIn("--partial", refused)
        older, own = self.split()
        planned_older, planned_own = self.split("--generation", "wider")
        self.assertEqual(planned_older, {})  # what was read to warm up is not shown
        self.assertTrue(planned_own != own)
        rows = self.rows()
        dry = self.replay("promote", "--generation", "wider", "--partial", "--dry-run").stdout
        self.assertIn("taken over from live", dry)
        self.assertTrue(self.split("--generation", "wider") == ({}, planned_own))
        consumer = self.town.start_consumer(*QUICK_GROUP)
        consumer.waited_for("(partitions assigned)")
        self.switch_while_somebody_looks({"live": (older, own), "wider": (older, planned_own)})
        consumer.waited_for(r"another generation is in force.*generation=(wider)")
        # A consumer that comes back does not know yet which topics are idle: until the switch it may have shown windows as open.
        copied = self.split()[0]
        self.assert_same(values_of(copied), values_of(older))
        self.older_stay_while_newer_go_on(consumer, copied, planned_own)
        self.assert_rows_of(older_from=rows)
        self.replay("rollback", "--yes")
        self.town.consume(*QUICK_GROUP)
        later = self.split()[0]
        self.assertTrue(later != older)  # windows have become final meanwhile
        self.replay("promote", "--generation", "wider", "--partial", "--yes")  # once more: in the place of what was taken over before
        self.assert_same(self.split()[0], later)

    def assert_same(self, got, expected):
        wrong = [key for key in got.keys() | expected.keys() if got.get(key) != expected.get(key)]
        self.assertEqual(wrong[:3], [], len(wrong))

    def switch_while_somebody_looks(self, expected):
        """Whatever answer comes has all funnel cells of the one generation or all of the other."""
        def funnels(cells):
            return {key: value["values"]["entered"] for key, value in cells.items() if json.loads(key)[0] == "funnel" and '"1d"' in key}
        whole = {name: {**funnels(older), **funnels(own)} for name, (older, own) in expected.items()}
        self.assertNotEqual(whole["live"].keys(), whole["wider"].keys())
        seen, wrong, done = set(), [], threading.Event()
        with self.town.web() as get:
            def look():
                while not done.wait(0.02):
                    try:
                        answer = get("/api/v1/cells?family=funnel&window=1d&limit=10000")
                    except OSError:
                        continue
                    got = {json.dumps([cell["family"], cell["dims"], cell["window"]]): cell["values"]["entered"] for cell in answer["cells"]}
                    seen.add(answer["generation"])
                    if got != whole[answer["generation"]]:
                        wrong.append((answer["generation"], len(got)))
            watcher = threading.Thread(target=look)
            watcher.start()
            try:
                harness.wait_for(lambda: "live" in seen, "the first answer")
                self.replay("promote", "--generation", "wider", "--partial", "--yes")
                harness.wait_for(lambda: "wider" in seen, "the promoted generation")
            finally:
                done.set()
                watcher.join()
        self.assertEqual(wrong, [])

    def older_stay_while_newer_go_on(self, consumer, older, planned_own):
        self.town.simulate(1000, SEED + 1, "--rate", RATE, "--start", "2026-03-05T00:00:00Z")
        self.caught_up_with("wider")
        consumer.kill()
        self.town.simulate(500, SEED + 2, "--rate", RATE, "--start", "2026-03-06T00:00:00Z")
        self.town.consume(*QUICK_GROUP)
        got_older, got_own = self.split()
        self.assert_same(got_older, older)
        self.assertGreater(len(got_own), len(planned_own))
        # The same range in a new generation counts what the promoted one has now.
        self.run_generation("again", "--from", FIRST, "--warm-up", "24h")
        self.replay("diff", "--generation", "again")

    def caught_up_with(self, generation):
        ends = sum(1 for _ in self.town.dump())
        def done():
            tasks = [json.loads(line)["values"]["next_offsets"] for line in self.cells_of("--family", "task", "--generation", generation).splitlines()]
            return sum(sum(offset or 0 for offset in offsets.values()) for offsets in tasks) >= ends
        harness.wait_for(done, f"generation {generation} to catch up")

    def assert_rows_of(self, older_from):
        """Days before the first window keep their rows; the day in which it begins is such a day."""
        now = self.rows()
        days = {key: value for key, value in older_from.items() if key[2][:10] <= FIRST[:10]}
        self.assertGreater(len(days), 3)
        self.assert_same({key: value for key, value in now.items() if key[2][:10] <= FIRST[:10]}, days)
        self.assertTrue(any(key[2][:10] > FIRST[:10] for key in now))


if __name__ == "__main__":
    unittest.main()
