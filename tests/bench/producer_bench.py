"""Measures the producer on Apache Kafka: `simulate` beside a bare sender, which sends the same events with librdkafka from memory, and
`import csv` beside a script of Python's csv module and confluent-kafka that makes the same events of the same file, with Python's json
and, as its best case, with orjson.

All take turns, in rounds, every other one backwards, and send to the same topics of one broker, which was warmed up: machines are
noisy, and only figures of one run can be compared. Broker and sender share the machine.
"""

import datetime
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import peers
from report import Report, arguments, spread
from run import BIN, Run

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import RealBroker  # noqa: E402

QUICK_EVENTS = 20_000
SIMULATE, SENDER, IMPORT = "wardpulse simulate", "bare sender", "wardpulse import csv"
SCRIPTS = {"Python, as written": "json", "Python, best case": "orjson"}
BESIDE = {SIMULATE: (SENDER,), IMPORT: tuple(SCRIPTS)}
TOPIC = "bench.checkins"
COMPARED_ROWS = 1000
WARDS = ("Emergency", "Cardiology", "Pediatrics", "Orthopedics", "Oncology", "General Medicine", "Neurology")
MAPPING = """
timezone = "Europe/Stockholm"
source = "clinic"
[[event]]
type = "checkin"
[event.fields]
event_id = { template = "in-{visit}" }
event_time = "arrived"
patient_id = "patient"
visit_id = "visit"
department = "ward"
visit_type = { column = "kind", map = { E = "Emergency", O = "Outpatient", I = "Inpatient" } }
"""


class Files:
    """Check-ins, one each two seconds of event time, and what the import has to know of them."""

    def __init__(self, folder, rows):
        self.csv, self.few, self.mapping = (pathlib.Path(folder, name) for name in ("visits.csv", "few.csv", "visits.toml"))
        self.mapping.write_text(MAPPING, encoding="utf-8")
        begin = datetime.datetime(2026, 4, 1)
        with open(self.csv, "w", encoding="utf-8") as file:
            file.write("visit,patient,ward,arrived,kind\n")
            for row in range(rows):
                arrived = begin + datetime.timedelta(seconds=2 * row)
                file.write(f"v{row},p{row * 7919 % 400_000},{WARDS[row % 7]},{arrived},{'EOOI'[row % 4]}\n")
        with open(self.csv, encoding="utf-8") as all_rows, open(self.few, "w", encoding="utf-8") as file:
            file.writelines(line for line, _ in zip(all_rows, range(COMPARED_ROWS + 1)))


def importer(files, path):
    return [BIN / "wardpulse-producer", "import", "csv", path, "--mapping", files.mapping]


def script(*given):
    return [peers.python(), peers.HERE / "csv_import.py", *given]


def refuse_differences(files):
    """Import and scripts must make the same events."""
    made = [subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True, timeout=60).stdout.splitlines()
            for command in (importer(files, files.few) + ["--dry-run", "--print"], *(script(library, "-", TOPIC, files.few) for library in SCRIPTS.values()))]
    if any(lines != made[0] for lines in made) or not made[0]:
        sys.exit("import and scripts do not make the same events, so figures would mean nothing:\n" + "\n".join(lines[0] for lines in made if lines))


def commands(bootstrap, given, files):
    """name -> command. All send to the same topics, which are there."""
    target = ["--brokers", bootstrap, "--topic-prefix", "bench", "--metrics-listen", "127.0.0.1:0"]
    every = {SIMULATE: [BIN / "wardpulse-producer", "simulate", *target, "--seed", 1, "--start", "2026-01-01T00:00:00Z", "--speed", "max",
                        "--rate", given.rate, "--houses", given.houses, "--events", given.events],
             SENDER: [BIN / "bare_sender", bootstrap, "bench", given.events, given.rate, given.houses],
             IMPORT: [*importer(files, files.csv), *target]}
    if peers.python():
        every |= {name: script(library, bootstrap, TOPIC, files.csv) for name, library in SCRIPTS.items()}
    return every


def measure(given):
    """name -> its runs, one a round."""
    runs = {}
    with RealBroker() as broker, tempfile.TemporaryDirectory(prefix="wardpulse-bench-") as folder:
        files = Files(folder, given.rows)
        if peers.python():
            refuse_differences(files)
        Run([[BIN / "wardpulse-producer", "topics", "--brokers", broker.bootstrap, "--topic-prefix", "bench", "--partitions", given.partitions]])
        chosen = commands(broker.bootstrap, given, files)
        Run([chosen[SENDER]])  # what begins is slow: the JVM
        for number in range(1, given.rounds + 1):
            for name, command in chosen.items() if number % 2 else reversed(chosen.items()):
                runs.setdefault(name, []).append(measured(name, command, given))
                print(f"round {number}: {name}: {runs[name][-1].rate:,.0f} events/s, {runs[name][-1].cpu:.1f} s of CPU", flush=True)
    return runs


def measured(name, command, given):
    """From its start to its end; the bare sender's payloads are ready before its time begins."""
    run = Run([command])
    if name == SENDER:
        run.cpu = float(run.figures["cpu"])
    run.events = given.events if name in (SIMULATE, SENDER) else given.rows
    run.rate = run.events / (run.seconds if name == SENDER else run.wall)
    return run


def show(runs, given, report):
    report.say(f"{given.events:,} simulated events and {given.rows:,} rows a run, {given.partitions} partitions, rounds: {given.rounds}; all share {os.cpu_count()} cores with the "
               "broker. Minimum / median / maximum; CPU and memory of whole processes, but of the bare sender the CPU of sending alone. Its payloads "
               "are in memory, and so are the imported events.")
    order = [name for ours, others in BESIDE.items() for name in (ours, *others) if name in runs]
    rates = {name: [run.rate for run in runs[name]] for name in order}
    report.table(["", "events/s", "CPU s", "µs an event", "RSS MB"],
                 [[name, spread(rates[name], ",.0f"), spread([run.cpu for run in runs[name]], ".1f"),
                   f"{statistics.median(run.cpu / run.events for run in runs[name]) * 1e6:.2f}", spread([run.memory_mb for run in runs[name]], ".0f")]
                  for name in order])
    report.say("How many times as fast, round by round:")
    report.table(["", "beside", "times as fast"],
                 [[ours, other, spread([mine / theirs for mine, theirs in zip(rates[ours], rates[other])], ".2f")]
                  for ours, others in BESIDE.items() for other in others if other in runs])
    report.bars("producer", "Events a second: median, least and most",
                [(name, min(rate), statistics.median(rate), max(rate), 0 if name in BESIDE else 1) for name, rate in rates.items()])


def main():
    options = arguments("bench producer", __doc__, f"one round of {QUICK_EVENTS} events and rows")
    options.add_argument("--events", type=int, default=2_000_000, help="simulated events a run (default %(default)s)")
    options.add_argument("--rows", type=int, default=1_000_000, help="rows of the file that is imported, an event each (default %(default)s)")
    options.add_argument("--rate", default="20", help="simulated events a second of event time (default %(default)s)")
    options.add_argument("--houses", type=int, default=3, help="each has seven departments (default %(default)s)")
    options.add_argument("--partitions", type=int, default=8, help="of each topic (default %(default)s)")
    options.add_argument("--rounds", type=int, default=3, help="how often all take their turn (default %(default)s)")
    given = options.parse_args()
    if given.quick:
        given.events, given.rows, given.rounds = QUICK_EVENTS, QUICK_EVENTS, 1
    if not peers.python():
        print(f"SKIPPED: scripts (Python's Kafka client is not in {peers.INSTALLED}; ./wardpulse bench producer fetches it)")
    report = Report("producer", given.out)
    show(measure(given), given, report)
    report.write()


if __name__ == "__main__":
    main()
