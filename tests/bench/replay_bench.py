"""Measures a replay on Apache Kafka beside live work: how fast it counts a long log again, beside a bare loop that only reads, parses and
counts; how much memory it takes; and how much older live cells get while it runs. Replay and live consumer are killed meanwhile, and the
generation must have the hash of a run that nobody disturbed.

All share the machine: compare figures of one run with each other.
"""

import datetime
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from report import arguments
from run import Run

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("integration", "support")]
from broker import RealBroker  # noqa: E402
from harness import BIN, Hospital, Web, wait_for  # noqa: E402
from latency_bench import probe  # noqa: E402
from web_bench import show  # noqa: E402

QUICK_EVENTS = 100_000
PATIENCE_S = 900
ROOM = 1.05  # the simulated hospital's clock ends before now: it is busier at some hours than at others
QUICK_GROUP = ("-X", "session.timeout.ms=6000", "-X", "heartbeat.interval.ms=1000")
HASH = re.compile(r"^hash +(\w+)$", re.MULTILINE)
PLANNED = re.compile(r"^(\S+\.(?:checkins|encounters|billing|workflow)) +(\d+) +\d+ +(\d+) +\d+$", re.MULTILINE)


class Town(Hospital):
    def ours(self, program, *options):
        return [BIN / program, *options, "--brokers", self.bootstrap, "--topic-prefix", self.prefix, "--metrics-listen", "127.0.0.1:0"]

    def replay(self, *options):
        return self.ours("wardpulse-replay", "run", "--tasks", "2", *QUICK_GROUP, *options)

    def start_replay(self, *options):
        return self.start("wardpulse-replay", "run", "--tasks", "2", "--metrics-listen", "127.0.0.1:0", *QUICK_GROUP, *options)

    def start_live(self):
        live = self.start_consumer("--tasks", "2", "--checkpoint-interval", "2s", *QUICK_GROUP)
        live.waited_for("(partitions assigned)", PATIENCE_S)
        return live


def measured(name, command, events):
    run = Run([command])
    show(name, f"{events / run.wall:,.0f} events/s ({run.wall:,.0f} s, {run.cpu:,.0f} s of CPU, {run.memory_mb:,.0f} MB at most)")
    return run


def live_latency(town, web, events):
    """Median and p99; None: an event did not come within half a minute."""
    of = probe(town, web, events)
    return of and (of["p50_ms"], of["p99_ms"])


def told(process, what):
    """The newest figure of that name in its log."""
    found = re.findall(rf"\b{what}=([0-9.]+)", process.log())
    return float(found[-1]) if found else None


def start_again(town, process, *options):
    process.kill()
    return town.start_replay(*options)


def beside_live(town, given):
    """Live latency without and with a replay; the generation's hash in the end."""
    live = town.start_live()
    traffic = town.start("wardpulse-producer", "simulate", "--metrics-listen", "127.0.0.1:0", "--rate", given.live_rate, "--seed", "2")
    web = Web(town, "--request-rate", "0", ready_within_s=PATIENCE_S)
    wait_for(lambda: live.counted() and live_latency(town, web, 5), "live work to be up to date", PATIENCE_S)
    alone = [live_latency(town, web, given.samples) for _ in range(given.rounds)]
    options = ("--generation", "beside", "--rate", given.replay_rate)
    begun = time.monotonic()
    replay = town.start_replay(*options)
    wait_for(lambda: told(replay, "records"), "the replay's first records", 300)
    together = [live_latency(town, web, given.samples) for _ in range(given.rounds)]
    still = "still running" if replay.is_running() else "over before the end of the measurement"
    for name, latencies in (("alone", alone), (f"beside a replay of at most {int(given.replay_rate):,} events/s ({still})", together)):
        show(f"live, acknowledged to frame, {name}: p50 / p99", ", ".join(f"{p50:.0f} / {p99:.0f} ms" for p50, p99 in latencies))
    before = told(replay, "percent")
    replay = start_again(town, replay, "--generation", "beside")  # without a limit from here on
    wait_for(lambda: told(replay, "percent") or not replay.is_running(), "the replay to go on", 300)
    show("replay killed and started again: percent before, after", f"{before:.1f}, {told(replay, 'percent') or 100:.1f}")
    live.kill()
    live = town.start_live()
    replay.finish(7200)
    show("replay beside live work, kills included", f"{time.monotonic() - begun:,.0f} s")
    for process in (traffic, live, web.process):
        process.stop(60)
    return HASH.search(replay.log())[1]


def compare(town, given, hash_beside):
    """A straight run over the records that the disturbed one has read."""
    offsets = town.folder / "offsets.csv"
    planned = subprocess.run(town.ours("wardpulse-replay", "plan", "--generation", "beside")[:-2], check=True, capture_output=True, text=True, timeout=300).stdout
    offsets.write_text("".join(f"{topic},{partition},{end}\n" for topic, partition, end in PLANNED.findall(planned)), encoding="ascii")
    output = town.folder / "straight.txt"
    command = town.replay("--generation", "straight", "--to", offsets)
    measured("replay, straight", ["sh", "-c", '"$@" > ' + str(output), "sh", *command], given.events)
    straight = HASH.search(output.read_text(encoding="utf-8"))[1]
    show("hashes of the disturbed and of the straight run", f"{hash_beside}, {straight}")
    if straight != hash_beside:
        sys.exit("the disturbed run came to something else")


def main():
    options = arguments("bench replay", __doc__, f"{QUICK_EVENTS} events", reports=False)
    options.add_argument("--events", type=int, default=10_000_000, help="length of the log (default %(default)s)")
    options.add_argument("--rate", type=float, default=20, help="events a second of event time (default %(default)s)")
    options.add_argument("--live-rate", default="20", help="live events a second beside (default %(default)s)")
    options.add_argument("--replay-rate", default="5000", help="the replay's limit while live latency is measured (default %(default)s)")
    options.add_argument("--samples", type=int, default=200, help="events whose latency is measured, a round (default %(default)s)")
    options.add_argument("--rounds", type=int, default=2, help="rounds of it (default %(default)s)")
    given = options.parse_args()
    if given.quick:
        given.events, given.samples, given.rounds, given.replay_rate = QUICK_EVENTS, 20, 1, "2000"
    start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=given.events / given.rate * ROOM)
    with RealBroker() as broker, tempfile.TemporaryDirectory(prefix="wardpulse-bench-") as folder:
        town = Town(broker.bootstrap, folder)
        try:
            measured("produce", town.ours("wardpulse-producer", "simulate", "--seed", "1", "--events", str(given.events), "--rate", str(given.rate),
                                          "--start", start.strftime("%Y-%m-%dT%H:%M:%SZ"), "--speed", "max"), given.events)
            measured("bare loop, 1 thread", [BIN / "bare_loop", broker.bootstrap, town.prefix, "1"], given.events)
            measured("live, from the log's start", town.ours("wardpulse-consumer", "--until-end", "--tasks", "2"), given.events)
            compare(town, given, beside_live(town, given))
        finally:
            town.close()


if __name__ == "__main__":
    main()
