"""Measures this machine: how fast events are produced, and consumed by one and by two instances, on Apache Kafka.

What is measured is the whole program as it runs in earnest: every check, every aggregate, checkpoints included. Machines are
noisy; compare only figures of one run.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import RealBroker  # noqa: E402

BIN = pathlib.Path(os.environ["WARDPULSE_BIN"])


def run(commands, logs):
    """Runs programs at the same time. Returns wall seconds, processor seconds and the largest memory of one, in MB."""
    started = time.monotonic()
    processes = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=logs, stderr=logs) for command in commands]
    cpu = memory = 0
    for process in processes:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        cpu += usage.ru_utime + usage.ru_stime
        memory = max(memory, usage.ru_maxrss / 1024)
    wall = time.monotonic() - started
    for process in processes:
        if process.returncode != 0:
            logs.seek(0)
            sys.stderr.write(logs.read()[-2000:])
            sys.exit(f"{' '.join(map(str, process.args))} ended with {process.returncode}")
    return wall, cpu, memory


def main():
    options = argparse.ArgumentParser(prog="./wardpulse bench", description="Measures this machine, on Apache Kafka.")
    options.add_argument("--events", type=int, default=1_000_000, help="how many events (default %(default)s)")
    events = options.parse_args().events
    print(f"{events:,} events, {os.cpu_count()} cores, everything on this machine, start-up included")
    print(f"{'':24}{'events/s':>12}{'µs CPU an event':>18}{'RSS MB':>10}")
    with RealBroker() as broker, tempfile.TemporaryFile("w+", encoding="utf-8") as logs:
        for instances in (1, 2):
            # Each measurement has topics of its own, since state outlives the process that made it.
            common = ["--brokers", broker.bootstrap, "--topic-prefix", f"bench{instances}", "--metrics-listen", "127.0.0.1:0"]
            steps = {
                "produce": [[BIN / "wardpulse-producer", "simulate", *common, "--seed", "1", "--speed", "max",
                             "--events", str(events)]],
                f"consume, {instances} instance{'s' * (instances > 1)}":
                    [[BIN / "wardpulse-consumer", *common, "--max-future", "off", "--until-end"]] * instances,
            }
            for name, commands in steps.items():
                wall, cpu, memory = run(commands, logs)
                print(f"{name:24}{events / wall:12,.0f}{cpu / events * 1e6:18.2f}{memory:10.0f}", flush=True)


if __name__ == "__main__":
    main()
