"""Measures how the consumer scales out: 1, 2 and 4 instances of one group, each held to the same share of a core by a control group
of the system, work the same events off on Apache Kafka. So the cores are there for each, and what is lost is lost by us. Measured is from
the end of the feed, which begins when each has its partitions, until nothing is left: without start, and without the hand-over when one
leaves.

All take turns, in rounds, every other one backwards. Control groups are the administrator's: to be run as root.
"""

import contextlib
import dataclasses
import os
import pathlib
import statistics
import sys
import tempfile
import time

from report import Report, arguments, spread
from run import BIN, Run

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("integration", "support")]
from broker import RealBroker  # noqa: E402
from harness import Process, wait_for  # noqa: E402

SKIPPED = 77
PATIENCE_S = 1800
LOOK_S = 0.2  # seldom: it is the instances' processor time
PERIOD_US = 20_000
GROUPS = pathlib.Path("/sys/fs/cgroup")


class Quota:
    """A control group whose processes together get `share` of a core."""

    def __init__(self, name, share):
        first_kind = GROUPS / "cpu"
        self._folder = (first_kind if first_kind.is_dir() else GROUPS) / f"wardpulse-bench-{os.getpid()}-{name}"
        self._folder.mkdir()
        allowed = str(int(share * PERIOD_US))
        try:
            if first_kind.is_dir():
                (self._folder / "cpu.cfs_period_us").write_text(str(PERIOD_US), encoding="ascii")
                (self._folder / "cpu.cfs_quota_us").write_text(allowed, encoding="ascii")
            else:
                (self._folder / "cpu.max").write_text(f"{allowed} {PERIOD_US}", encoding="ascii")
        except OSError:
            self._folder.rmdir()
            raise

    def around(self, command):
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', self._folder / "cgroup.procs", *command]

    def end(self):
        self._folder.rmdir()


@dataclasses.dataclass
class Work:
    """Instances at work together."""
    rate: float  # events a second
    cpu: float  # seconds, of all
    memory_mb: float


def work_off(commands, feed, events):
    with tempfile.TemporaryDirectory(prefix="wardpulse-scaling-") as folder:
        consumers = [Process(command, pathlib.Path(folder, f"{i}.log")) for i, command in enumerate(commands)]
        try:
            for consumer in consumers:
                consumer.waited_for("(partitions assigned)", PATIENCE_S)
            Run([feed])
            before, began = sum(consumer.counted() for consumer in consumers), time.monotonic()
            cpu = sum(consumer.cpu_seconds() for consumer in consumers)
            last, ended = before, began

            def nothing_left():
                nonlocal last, ended
                if (now := sum(consumer.counted() for consumer in consumers)) != last:
                    last, ended = now, time.monotonic()
                return now >= events and sum(consumer.metric("consumer_lag_records") for consumer in consumers) == 0
            wait_for(nothing_left, "all events to be counted", PATIENCE_S, LOOK_S)
            cpu = sum(consumer.cpu_seconds() for consumer in consumers) - cpu
            memory_mb = sum(consumer.resident_kb() for consumer in consumers) / 1024
            for consumer in consumers:
                consumer.stop(60)
        finally:
            for consumer in consumers:
                if consumer.is_running():
                    consumer.kill()
    if last == before:
        raise SystemExit(f"{events:,} events were counted before their feed had ended: give more with --events")
    return Work((last - before) / (ended - began), cpu, memory_mb)


def measure(number, given):
    """instances -> their work"""
    found = {}
    with RealBroker() as broker, contextlib.ExitStack() as ends:
        quotas = []
        for instance in range(max(given.instances)):
            quotas.append(Quota(instance, given.share))
            ends.callback(quotas[-1].end)
        for instances in given.instances if number % 2 else reversed(given.instances):
            target = ["--brokers", broker.bootstrap, "--topic-prefix", f"bench-{instances}"]
            producer = [BIN / "wardpulse-producer", *target, "--partitions", given.partitions]
            Run([[*producer, "topics"]])
            feed = [*producer, "simulate", "--seed", number, "--start", "2026-01-01T00:00:00Z", "--speed", "max", "--rate", given.rate,
                    "--events", given.events]
            consumer = [BIN / "wardpulse-consumer", *target, "--metrics-listen", "127.0.0.1:0"]
            found[instances] = work_off([quota.around(consumer) for quota in quotas[:instances]], feed, given.events)
            print(f"round {number}: {instances} of {given.share} cores each: {found[instances].rate:,.0f} events/s", flush=True)
    return found


def main():
    options = arguments("bench scaling", __doc__, "few events: that the measurement works")
    options.add_argument("--instances", type=int, nargs="+", default=[1, 2, 4], help="default %(default)s")
    options.add_argument("--share", type=float, default=0.2, help="of a core, for each instance (default %(default)s)")
    options.add_argument("--events", type=int, default=600_000, help="default %(default)s")
    options.add_argument("--rate", type=int, default=139, help="events a second of event time (default %(default)s)")
    options.add_argument("--partitions", type=int, default=8, help="default %(default)s")
    options.add_argument("--rounds", type=int, default=3, help="default %(default)s")
    given = options.parse_args()
    if given.quick:
        given.instances, given.events, given.rounds = [1, 2], 100_000, 1
    try:
        Quota("trial", given.share).end()
    except OSError as why:
        print(f"SKIPPED: no control group for a quota of processor time: {why}; run it as root")
        sys.exit(SKIPPED)
    report = Report("scaling", given.out)
    runs = {}
    for number in range(1, given.rounds + 1):
        for instances, run in measure(number, given).items():
            runs.setdefault(instances, []).append(run)
    rates = {instances: [run.rate for run in runs[instances]] for instances in given.instances}
    first = given.instances[0]
    report.say(f"{given.events:,} events a run, {given.rate} a second of event time, {given.partitions} partitions, rounds: {given.rounds}; each instance gets {given.share} "
               "of a core. Minimum / median / maximum.")
    report.table(["instances", "events/s", f"times {first}", "CPU s", "RSS MB"],
                 [[instances, spread(rates[instances], ",.0f"), spread([many / one for many, one in zip(rates[instances], rates[first])], ".2f"),
                   spread([run.cpu for run in runs[instances]], ".1f"), f"{statistics.median(run.memory_mb for run in runs[instances]):.0f}"]
                  for instances in given.instances])
    report.lines("scaling", "Events a second by instances of equal share", "instances",
                 {"measured": [(instances, statistics.median(rates[instances])) for instances in given.instances],
                  "each like the first": [(instances, statistics.median(rates[first]) * instances / first) for instances in given.instances]})
    report.write()


if __name__ == "__main__":
    main()
