"""Measures how the consumer scales out: 1, 2 and 4 instances of one group, each held to the same share of a core by a control group
of the system, work the same events off on Apache Kafka. So the cores are there for each, and what is lost is lost by us.

All take turns, in rounds, every other one backwards. Control groups are the administrator's: to be run as root.
"""

import contextlib
import os
import pathlib
import statistics
import sys

from report import Report, arguments, spread
from run import BIN, Run

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import RealBroker  # noqa: E402

SKIPPED = 77
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


def measure(number, given):
    """instances -> their run"""
    found = {}
    with RealBroker() as broker, contextlib.ExitStack() as ends:
        quotas = []
        for instance in range(max(given.instances)):
            quotas.append(Quota(instance, given.share))
            ends.callback(quotas[-1].end)
        for instances in given.instances if number % 2 else reversed(given.instances):
            target = ["--brokers", broker.bootstrap, "--topic-prefix", f"bench-{instances}", "--metrics-listen", "127.0.0.1:0"]
            Run([[BIN / "wardpulse-producer", "simulate", *target, "--seed", number, "--start", "2026-01-01T00:00:00Z", "--speed", "max",
                  "--rate", given.rate, "--events", given.events, "--partitions", given.partitions]])
            found[instances] = Run([quota.around([BIN / "wardpulse-consumer", *target, "--until-end"]) for quota in quotas[:instances]])
            print(f"round {number}: {instances} of {given.share} cores each: {given.events / found[instances].seconds:,.0f} events/s", flush=True)
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
        given.instances, given.events, given.rounds = [1, 2], 20_000, 1
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
    rates = {instances: [given.events / run.seconds for run in runs[instances]] for instances in given.instances}
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
