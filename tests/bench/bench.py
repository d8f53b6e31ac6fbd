"""Measures this machine on Apache Kafka: events produced, consumed by one and by two instances with everything on, and beside
them a bare loop that only reads, parses and counts.

All take turns, in rounds: machines are noisy, and only figures of one run can be compared. Each round writes topics of its
own, since state outlives the process that made it.
"""

import argparse
import datetime
import os
import pathlib
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import RealBroker  # noqa: E402

BIN = pathlib.Path(os.environ.get("WARDPULSE_BIN", pathlib.Path(__file__).resolve().parents[2] / "build/bin"))
QUICK_EVENTS = 300_000
LOG_TIME = re.compile(r"^(\S+Z) info wardpulse-consumer: partitions assigned", re.MULTILINE)
OWN_SECONDS = re.compile(r"\bseconds=([0-9.]+)")


class Run:
    """Programs run at the same time, as one measurement."""

    def __init__(self, commands):
        started = time.time()
        outputs = [tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") for _ in commands]
        processes = [subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output, stderr=output)
                     for command, output in zip(commands, outputs)]
        self.cpu = self.memory_mb = 0
        for process in processes:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.cpu += usage.ru_utime + usage.ru_stime
            self.memory_mb += usage.ru_maxrss / 1024
        self.wall = time.time() - started
        texts = []
        for process, output in zip(processes, outputs):
            output.seek(0)
            texts.append(output.read())
            output.close()
            if process.returncode != 0:
                sys.exit(f"{texts[-1][-2000:]}\n{shlex.join(map(str, process.args))} ended with {process.returncode}")
        self.seconds = self._working_seconds(started, "\n".join(texts))

    def _working_seconds(self, started, text):
        """Without start-up, where the program says when it began: consumers at their assignment, others by printing seconds=S."""
        if found := OWN_SECONDS.findall(text):
            return float(found[-1])
        assigned = [datetime.datetime.fromisoformat(moment).timestamp() for moment in LOG_TIME.findall(text)]
        return self.wall - (min(assigned) - started) if assigned else self.wall


def steps_of_round(number, events, rate, bootstrap, beside):
    """(name, commands) in the order of one round."""
    for instances in (1, 2):
        prefix = f"bench{number}x{instances}"
        ours = ["--brokers", bootstrap, "--topic-prefix", prefix, "--metrics-listen", "127.0.0.1:0"]
        yield "produce", [[BIN / "wardpulse-producer", "simulate", *ours, "--seed", number, "--start", "2026-01-01T00:00:00Z", "--speed", "max",
                           "--rate", rate, "--events", events]]
        bare = (f"bare loop, {instances} thread{'s' * (instances > 1)}", [[BIN / "bare_loop", bootstrap, prefix, instances]])
        full = (f"consume, {instances} instance{'s' * (instances > 1)}", [[BIN / "wardpulse-consumer", *ours, "--until-end"]] * instances)
        yield from (bare, full) if number % 2 else (full, bare)
    for command in beside:
        yield command, [shlex.split(command.replace("{bootstrap}", bootstrap))]


def spread(values, form):
    return " / ".join(format(value, form) for value in (min(values), statistics.median(values), max(values)))


def print_table(runs, events, rate):
    print(f"\n{events:,} events a run, {rate} a second of event time, {os.cpu_count()} cores shared with the broker; min / median / max")
    print(f"{'':22}{'events/s':>34}{'with start-up':>34}{'CPU s':>22}{'RSS MB':>20}")
    for name, of_name in runs.items():
        print(f"{name[:22]:22}{spread([events / run.seconds for run in of_name], ',.0f'):>34}"
              f"{spread([events / run.wall for run in of_name], ',.0f'):>34}{spread([run.cpu for run in of_name], '.1f'):>22}"
              f"{spread([run.memory_mb for run in of_name], '.0f'):>20}")


def main():
    options = argparse.ArgumentParser(prog="./wardpulse bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--events", type=int, default=3_000_000, help="events a run (default %(default)s)")
    options.add_argument("--rate", default="20", help="events a second of event time: the fewer, the more windows (default %(default)s)")
    options.add_argument("--rounds", type=int, default=3, help="how often all take their turn (default %(default)s)")
    options.add_argument("--quick", action="store_true", help=f"one round of {QUICK_EVENTS} events")
    options.add_argument("--beside", action="append", default=[], metavar="COMMAND",
                         help="run this too in each round, {bootstrap} filled in; it should work through as many events of its own making and "
                              "print seconds=S")
    options.add_argument("--before", action="append", default=[], metavar="COMMAND", help="run this once before the rounds, likewise")
    given = options.parse_args()
    if given.quick:
        given.events, given.rounds = QUICK_EVENTS, 1
    runs = {}
    with RealBroker() as broker:
        for command in given.before:
            Run([shlex.split(command.replace("{bootstrap}", broker.bootstrap))])
        for number in range(1, given.rounds + 1):
            for name, commands in steps_of_round(number, given.events, given.rate, broker.bootstrap, given.beside):
                run = Run(commands)
                runs.setdefault(name, []).append(run)
                print(f"round {number}: {name}: {given.events / run.seconds:,.0f} events/s", flush=True)
    print_table(runs, given.events, given.rate)


if __name__ == "__main__":
    main()
