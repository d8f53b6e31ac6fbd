"""How long a consumer takes to have its state back, on Apache Kafka; and what one takes that has nothing to do."""

import os
import time

from latency_bench import PATIENCE_S, Load
from report import spread

from broker import RealBroker  # on the path since latency_bench
from harness import new_hospital, wait_for

TASKS = 2
IDLE_S = 60


class Start:
    """A consumer from its process's start to the moment when all its threads have their state."""

    def __init__(self, hospital, tasks):
        began = time.monotonic()
        self.process = hospital.start_consumer("--tasks", tasks, "--instance-id", "measured")
        wait_for(lambda: self.process.log().count("state is back") == tasks, "the state to be back", PATIENCE_S)
        self.wall = time.monotonic() - began
        self.cpu = self.process.cpu_seconds()
        self.resident_mb = self.process.resident_kb() / 1024


def idle(hospital):
    """Resident MB after a start on empty topics, and percent of a core while nothing comes."""
    Start(hospital, 1).process.stop()  # which makes the topics
    start = Start(hospital, 1)
    before = start.process.cpu_seconds()
    time.sleep(IDLE_S)
    percent = (start.process.cpu_seconds() - before) / IDLE_S * 100
    start.process.stop()
    return start.resident_mb, percent


def restarts(hospital, visits, rounds):
    """So many starts with open visits; the process before was killed each time."""
    process = Start(hospital, TASKS).process
    load = Load(hospital, 1, visits)
    wait_for(lambda: process.counted() >= visits, "open visits to be counted", PATIENCE_S)
    load.end()
    process.stop(60)  # so that all are in the checkpoints
    starts = []
    for _ in range(rounds):
        starts.append(Start(hospital, TASKS))
        starts[-1].process.kill()
    return starts


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
