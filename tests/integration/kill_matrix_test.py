#!/usr/bin/env python3
"""Everything dies, again and again, while events flow: consumers, producers and the broker are killed, consumers are stopped until the
group has given their partitions away, and instances come and go. All of it happens while a fifth of the input or more is unread. The
end is what it is without any of it, and whoever reads meanwhile never sees a number go back, or more than there is.

kill_matrix_test.py [--events 1000000] [--kills 100] [--sleeps 10] [--producer-kills 20] [--broker-restarts 10] [--rebalances 12]
                    [--back-within 30] [--seed S]

--back-within: seconds in which the head of the log is reached again when the broker, or the last consumer, is back. More on a machine
that others use too.
"""

import argparse
import collections
import datetime
import json
import os
import random
import re
import signal
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request

import harness
import kill_test
from harness import RealKafka
from records import TOPICS

SHARES = 20         # of the input, each sent by a producer of its own
UNREAD_SHARES = 4   # those that are sent when nothing dies any more
START = datetime.datetime(2026, 3, 1, 8, tzinfo=datetime.timezone.utc)
BOUNDED = ("checkins", "treatments", "discharges")
SESSION_S = 3       # kill_test.Member's session time-out
POISON = (None, b"", b"{}", b" ", b"\0", b"\xff\xfe", b"7", b"[1,2]", b"[" * 100_000, b"[" * 513 + b"]" * 513, b'{"a":' * 5000,
          b'"' + b"a" * 100_000, b'{"event_id":"\xc3\x28"}', b'{"event_id":7}', b"x" * 1_900_000)
POISON_SHARE = 0.01
given = argparse.Namespace(events=1_000_000, kills=100, sleeps=10, producer_kills=20, broker_restarts=10, rebalances=12, back_within=30, seed=None)


class Reader(threading.Thread):
    """Reads cells from the web server all the time, and notes what must never be seen."""

    def __init__(self, web):
        super().__init__(daemon=True)
        self.web, self.done = web, threading.Event()
        self.rounds, self.wrong, self.heartbeat_age, self.heartbeat_sent = 0, [], 0.0, 0.0
        self.versions, self.most = {}, collections.defaultdict(collections.Counter)

    def run(self):
        while not self.done.wait(0.5):
            try:
                for family in ("hospital", "department"):
                    for cell in self.web.get(f"/api/v1/cells?family={family}&window=1h&limit=10000")["cells"]:
                        self.see(cell)
                asked = time.monotonic()
                if age := re.search(r"^wardpulse_heartbeat_age_seconds (\S+)$", self.private("/metrics")[1], re.MULTILINE):
                    self.heartbeat_age = float(age[1])
                    self.heartbeat_sent = asked - self.heartbeat_age
                self.rounds += 1
            except OSError as error:
                self.wrong.append(f"the web server did not answer: {error!r}")

    def see(self, cell):
        place = place_of(cell)
        if cell["version"] < self.versions.get(place, 0):
            self.wrong.append(f"{place}: version {cell['version']} after {self.versions[place]}")
        self.versions[place] = cell["version"]
        for name in BOUNDED:
            self.most[place][name] = max(self.most[place][name], cell["values"].get(name, 0))

    def private(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web.private_port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def kafka_check(self):
        """What /readyz says of Kafka when the server is not ready."""
        status, body = self.private("/readyz")
        return None if status == 200 else json.loads(body)["checks"]["kafka"]

    def is_ready(self):
        return self.private("/readyz")[0] == 200


def place_of(cell):
    return cell["family"], tuple(sorted(cell["dims"].items())), cell["window"]["size"], cell["window"]["start"]


class Share:
    """A producer of a share of the input. The same words send the same events: started again, it repeats what it sent before."""

    def __init__(self, hospital, number, seed, events, seconds):
        self.hospital = hospital
        self.truth = hospital.folder / f"truth-{number}.json"
        start = START + datetime.timedelta(days=number)
        length = events / kill_test.RATE + 600  # of event time, the late ones included
        self.words = ("simulate", "--events", events, "--seed", seed + number, "--start", start.isoformat(), "--rate", kill_test.RATE,
                      "--speed", length / seconds, "--truth", self.truth, "--metrics-listen", "127.0.0.1:0", "--duplicate-share", "0.01",
                      "--out-of-order-share", "0.05", "--late-share", "0.001", "--late-by", "10m")
        self.start()

    def start(self):
        self.process = self.hospital.start("wardpulse-producer", *self.words)

    def kill_and_start(self):
        self.process.kill()
        self.start()

    def finish(self):
        self.process.finish(600)
        return json.loads(self.truth.read_text(encoding="utf-8"))


class KillMatrix(RealKafka):
    def tearDown(self):
        for process in [*(member.process for member in self.members), self.web.process]:  # for whoever asks why
            print(f"{process.log_path}: {process.log()[-2000:]}", file=sys.stderr)

    def setUp(self):
        self.seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10 ** 9)
        print(f"seed {self.seed}: {given}", flush=True)
        self.draw, self.began, self.counts = random.Random(self.seed), time.monotonic(), collections.Counter()
        self.place = self.hospital()
        self.place.create_topics()
        self.members, self.born, self.back = [], 0, []
        self.add_member()
        self.web = harness.Web(self.place, "--pipe-heartbeat", "1s")
        self.reader = Reader(self.web)
        self.reader.start()
        self.addCleanup(self.reader.done.set)

    # --- what happens -------------------------------------------------------------------------------------------------

    def add_member(self):
        self.members.append(kill_test.Member(self.place, self.born))
        self.born += 1

    def kill(self):
        self.draw.choice(self.members).kill_and_start()

    def kill_all(self):
        """Until the web server's data are seen to be old; they are new again without anybody's help."""
        for member in self.members:
            member.process.kill()
            self.counts["kill"] += 1
        harness.wait_for(lambda: self.reader.heartbeat_age > 5, "data that are marked as old while no consumer lives", 120)
        for member in self.members:
            member.start()
        return self.back_after(time.monotonic())

    def sleep(self):
        member = self.draw.choice(self.members)
        os.kill(member.process.pid, signal.SIGSTOP)
        self.pass_time(self.draw.uniform(SESSION_S + 1, SESSION_S + 4))
        os.kill(member.process.pid, signal.SIGCONT)

    def scale(self):
        up = self.counts["scale"] % 6 < 3  # from one to four and back
        if up:
            self.add_member()
        else:
            self.members.pop(self.draw.randrange(len(self.members))).process.stop(60)

    def restart_broker(self):
        hard = self.counts["broker"] % 2 == 0
        self._broker.kill() if hard else self._broker.stop()
        why = harness.wait_for(self.reader.kafka_check, "a readiness that tells of the broker", 120)
        self._broker.start()
        return f"{'killed' if hard else 'stopped'}; /readyz said {why}; {self.back_after(time.monotonic())}"

    def back_after(self, since):
        """At the head of the log again: what was sent later has come through every partition."""
        harness.wait_for(lambda: self.reader.heartbeat_sent > since and self.reader.is_ready(), "numbers that go on",
                         given.back_within)
        self.back.append(time.monotonic() - since)
        return f"back after {self.back[-1]:.1f} s"

    def kill_producer(self):
        self.share.kill_and_start()

    def pass_time(self, seconds):
        threading.Event().wait(seconds)

    # --- in which order -----------------------------------------------------------------------------------------------

    def plan(self):
        """The faults of each share, in an order of chance."""
        kinds = ([("kill", self.kill)] * (given.kills - 2) + [("all", self.kill_all)] * 2 + [("sleep", self.sleep)] * given.sleeps +
                 [("producer", self.kill_producer)] * given.producer_kills + [("broker", self.restart_broker)] * given.broker_restarts +
                 [("scale", self.scale)] * given.rebalances)
        self.draw.shuffle(kinds)
        shares = SHARES - UNREAD_SHARES
        return [kinds[number::shares] for number in range(shares)]

    def poison(self, events):
        """Sent a share's part of it, evenly over the topics; the good records go on."""
        for topic in TOPICS:
            small = [self.draw.randbytes(self.draw.randrange(1, 60)) for _ in range(int(events * POISON_SHARE / len(TOPICS)) - len(POISON))]
            self.place.send(topic, [(f"k{number}".encode(), value) for number, value in enumerate([*POISON, *small])])

    def go_through(self, name, fault):
        self.pass_time(self.draw.uniform(0, 1))
        flows = self.share.process.is_running()
        said = fault()
        self.counts[name] += 1
        self.counts["while events flow"] += flows
        for member in self.members:
            self.assertTrue(member.process.is_running(), member.process.log()[-3000:])
        print(f"{time.monotonic() - self.began:6.0f} s  {name:8} {dict(self.counts)} {len(self.members)} consumers, "
              f"{self.reader.rounds} readings {said or ''}", flush=True)

    def test_whatever_dies_nothing_is_lost_and_nothing_counted_twice(self):
        events, truths, plan = given.events // SHARES, [], self.plan()
        for number in range(SHARES):
            faults = plan[number] if number < len(plan) else []
            seconds = 3 + 1.5 * len(faults) + sum({"broker": 8, "sleep": 5, "all": 15}.get(name, 0) for name, _ in faults)
            self.share = Share(self.place, number, self.seed, events, seconds)
            self.poison(events)
            for name, fault in faults:
                self.go_through(name, fault)
            truths.append(self.share.finish())
        for member in self.members:
            member.process.stop(60)
        self.reader.done.set()
        self.reader.join(60)
        self.web.process.stop()  # and the heartbeats that it sends through the pipe: the log is at its end
        self.place.consume(deadline_s=600)
        self.judge(truths)

    # --- what must be -------------------------------------------------------------------------------------------------

    def judge(self, truths):
        cells = self.place.cells()
        self.assertEqual(self.reader.wrong[:5], [])
        expected = collections.Counter()
        for truth in truths:
            expected.update(kill_test.true_totals(truth["hospital"]))
        self.assertEqual(collections.Counter(kill_test.totals(cells, "hospital")[None]), expected)
        reference = self.assert_agrees_with_reference(self.place)
        self.assert_accounted_for(self.place, reference)
        self.assert_rejected_topic(self.place, reference)
        true = {place_of(cell): cell["values"] for cell in map(json.loads, reference.cells)
                if cell["family"] in ("hospital", "department") and cell["window"]["size"] == "1h"}
        self.assertGreater(len(self.reader.most), 20)
        for place, most in self.reader.most.items():
            for name, count in most.items():
                self.assertLessEqual(count, true.get(place, {}).get(name, 0), f"{place} showed {name}")
        print(f"{time.monotonic() - self.began:.0f} s, {self.reader.rounds} readings of {len(self.reader.most)} cells, faults {dict(self.counts)}, "
              f"back after at most {max(self.back, default=0):.1f} s")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in vars(given).items():
        options.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    _, rest = options.parse_known_args(namespace=given)
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
