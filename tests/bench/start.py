"""How long a consumer takes to have its state back, on Apache Kafka; and what one takes that has nothing to do."""

import contextlib
import os
import pathlib
import re
import tempfile
import time

from latency_bench import PATIENCE_S, Load, counted
from report import spread

from broker import RealBroker  # on the path since latency_bench
from harness import Hospital, wait_for

TASKS = 2
IDLE_S = 60
RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB$", re.MULTILINE)


def processor_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(process):
    return int(RESIDENT.search(pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii"))[1]) / 1024


class Start:
    """A consumer from its process's start to the moment when all its threads have their state."""

    def __init__(self, hospital, tasks):
        began = time.monotonic()
        self.process = hospital.start_consumer("--tasks", tasks, "--instance-id", "measured")
        wait_for(lambda: self.process.log().count("state is back") == tasks, "the state to be back", PATIENCE_S)
        self.wall = time.monotonic() - began
        self.cpu = processor_seconds(self.process)
        self.resident_mb = resident_mb(self.process)


def idle(hospital):
    """Resident MB after a start on empty topics, and percent of a core while nothing comes."""
    Start(hospital, 1).process.stop()  # which makes the topics
    start = Start(hospital, 1)
    before = processor_seconds(start.process)
    time.sleep(IDLE_S)
    percent = (processor_seconds(start.process) - before) / IDLE_S * 100
    start.process.stop()
    return start.resident_mb, percent


def restarts(hospital, visits, rounds):
    """So many starts with open visits; the process before was killed each time."""
    process = Start(hospital, TASKS).process
    load = Load(hospital, 1, visits)
    wait_for(lambda: counted(process) >= visits, "open visits to be counted", PATIENCE_S)
    load.end()
    process.stop(60)  # so that all are in the checkpoints
    starts = []
    for _ in range(rounds):
        starts.append(Start(hospital, TASKS))
        starts[-1].process.kill()
    return starts


@contextlib.contextmanager
def new_hospital(broker):
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(Hospital(broker.bootstrap, folder)) as hospital:
        yield hospital


def show_start(report, visits, rounds):
    with RealBroker() as broker:
        with new_hospital(broker) as hospital:
            fresh_mb, percent = idle(hospital)
        with new_hospital(broker) as hospital:
            starts = restarts(hospital, visits, rounds)
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    report.say(f"A start on Apache Kafka, {TASKS} task threads, from the process's start to all state back; starts: {rounds}, load at the end {load}.")
    report.table(["open visits", "seconds", "of processor time", "RSS MB"],
                 [[f"{visits:,}", spread([start.wall for start in starts], ".1f"), spread([start.cpu for start in starts], ".1f"),
                   spread([start.resident_mb for start in starts], ".0f")]])
    report.say(f"Without any: {fresh_mb:.0f} MB resident, and {percent:.1f} % of a core over {IDLE_S} s in which no event comes (one task thread).")
