"""The jobs of peers/: what one would pick instead, each with two threads on the same topics, at the simple work of bare_loop.cc."""

import os
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent / "peers"
INSTALLED = pathlib.Path(os.environ.get("WARDPULSE_PEERS", HERE.parents[2] / ".cache/peers"))
THREADS = 2
NAMES = ("Kafka Streams, best case", "Kafka Streams, as written", "Flink", "Python")
JVM = ["java", "-Xmx2g", "-XX:+UseParallelGC", "-XX:-UsePerfData"]
# Flink reaches into the JDK where Java 17 asks to be told.
OPEN = [f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in ("lang", "util", "time", "util.concurrent")]


def python():
    """An interpreter that has Kafka's client; None: it is not installed."""
    program = INSTALLED / "python/bin/python"
    return program if program.exists() else None


def commands(brokers, prefix, events, temporary):
    """name -> command. `temporary` is for state and checkpoints."""
    if not (INSTALLED / "stamp").exists() or not shutil.which("java"):
        print(f"SKIPPED: peers (not in {INSTALLED}; ./wardpulse bench --peers --quick fetches them)")
        sys.exit(77)
    work = [brokers, prefix, events, THREADS]

    def java(job, main, *more):
        folder = pathlib.Path(temporary, f"{main}{''.join(more)}")
        folder.mkdir(exist_ok=True)
        path = f"{INSTALLED / job / 'classes'}:{INSTALLED / job / 'libs'}/*"
        return [*JVM, *(OPEN if job == "flink" else []), f"-Djava.io.tmpdir={folder}", "-cp", path, main, *work, *more]

    return dict(zip(NAMES, (java("streams", "StreamsJob", "local"), java("streams", "StreamsJob", "grouped"), java("flink", "FlinkJob"),
                            [python(), HERE / "python_job.py", *work])))
