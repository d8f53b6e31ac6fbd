"""Measures wardpulse-web on this machine, with live cells that a consumer publishes: what an idle client costs, how fast clients
come in, how old numbers are when a crowd gets them, and whether readers that stall hold up the others.

Server, consumer, broker and all clients share the machine: figures are of this run, and clients that parse each message take most of it.
"""

import datetime
import pathlib
import re
import secrets
import statistics
import subprocess
import sys
import threading
import time

from report import arguments

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("integration", "support")]
from broker import RealBroker  # noqa: E402
from harness import BIN, Web, new_hospital  # noqa: E402

LIVE_TOPICS = "census,crowding,department:1d,hospital:1d"
IDLE_TOPICS = "public"
EVENTS_A_DAY = 5000
SETTLING_S = 3  # a crowd that has just come is still reading snapshots


class MeasuredWeb(Web):
    """For crowds, and with an eye on what it takes."""

    def __init__(self, hospital, *options, **more):
        super().__init__(hospital, "--max-connections-per-address", "20000", "--request-rate", "0", *options, **more)


class Crowd:
    """Clients of a server, in a process of their own."""

    def __init__(self, web, clients, stalled=0, topics=LIVE_TOPICS):
        self._process = subprocess.Popen([BIN / "ws_crowd", str(web.port), web.key, str(clients), str(stalled), topics],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.connected = self._figures()

    def _figures(self):
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"ws_crowd ended with {self._process.wait(10)}")
        return {name: float(value) for name, value in re.findall(r"(\w+)=([0-9.]+)", line)}

    def report(self):
        print(file=self._process.stdin, flush=True)
        return self._figures()

    def compare(self):
        """The end of the crowd: what it holds beside what the server holds."""
        self._process.stdin.close()
        figures = self._figures()
        self._process.wait(60)
        return figures

    def end(self):
        self._process.kill()
        self._process.wait(10)


def show(what, figure):
    print(f"{what}: {figure}", flush=True)


def measure_idle(hospital, clients):
    web = MeasuredWeb(hospital)
    before = web.process.resident_kb()
    crowd = Crowd(web, clients, topics=IDLE_TOPICS)
    show(f"{clients:,} idle clients: connections a second, with snapshot", f"{clients / crowd.connected['seconds']:,.0f}")
    show(f"{clients:,} idle clients: memory of the server each", f"{(web.process.resident_kb() - before) / clients:.1f} KiB")
    begun, seconds = web.process.cpu_seconds(), 5
    pause(seconds)
    show(f"{clients:,} idle clients: a core's share for their heartbeats", f"{100 * (web.process.cpu_seconds() - begun) / seconds:.0f} %")
    crowd.end()
    web.process.stop()


def pause(seconds):
    """The time over which a rate is measured."""
    threading.Event().wait(seconds)


def compare_crowds(hospital, given):
    """Without and with clients that stall, in turns, as the machine does not stay the same."""
    ratios = []
    for number in range(given.rounds):
        crowds = (0, given.stalled) if number % 2 == 0 else (given.stalled, 0)
        age = {stalled: measure_crowd(hospital, given.clients, stalled, given.seconds) for stalled in crowds}
        ratios.append(age[given.stalled] / age[0])
    show(f"age at p99 beside {given.stalled} stalled clients, of that without them",
         f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}), rounds: {given.rounds}")


def measure_crowd(hospital, clients, stalled, seconds):
    """Four updates a second of live cells; the age of cells at p99, in ms."""
    producer = hospital.start("wardpulse-producer", "simulate", "--metrics-listen", "127.0.0.1:0", "--rate", "40", "--history", "30m",
                              "--seed", secrets.randbits(31))
    web = MeasuredWeb(hospital, "--push-interval", "250ms")
    crowd = Crowd(web, clients, stalled)
    pause(SETTLING_S)
    crowd.report()
    begun = web.process.cpu_seconds()
    pause(seconds)
    report = crowd.report()
    name = f"{clients:,} clients at 4 updates a second" + (f", {stalled} stalled" if stalled else "")
    show(f"{name}: messages a second", f"{report['messages'] / seconds:,.0f}")
    show(f"{name}: age of cells p50 / p99", f"{report['cells_age_p50_ms']:.0f} / {report['cells_age_p99_ms']:.0f} ms")
    show(f"{name}: a core's share for the server", f"{100 * (web.process.cpu_seconds() - begun) / seconds:.0f} %")
    producer.stop()
    end = crowd.compare()
    show(f"{name}: hold at the end what the server holds", f"{end['equal']:,.0f} of {clients:,}")
    web.process.stop()
    return report["cells_age_p99_ms"]


def measure_start(hospital, days):
    """A server that has all cells to read which so many days leave behind, at 5,000 events a day; nothing is compacted yet."""
    begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
    hospital.run("wardpulse-producer", "simulate", "--metrics-listen", "127.0.0.1:0", "--start", begin.strftime("%Y-%m-%dT00:00:00Z"),
                 "--speed", "max", "--rate", f"{EVENTS_A_DAY / 86400:.4f}", "--events", EVENTS_A_DAY * days, deadline_s=1800)
    hospital.run("wardpulse-consumer", "--metrics-listen", "127.0.0.1:0", "--until-end", deadline_s=3600)
    for number in range(1, 4):
        begun = time.monotonic()
        web = MeasuredWeb(hospital, ready_within_s=600)
        seconds = time.monotonic() - begun
        cells = int(web.process.waited_for(r'"cells":(\d+)'))
        show(f"start {number} with {cells:,} cells of {days} days: ready after", f"{seconds:.1f} s, {web.process.cpu_seconds():.1f} s of processor time")
        show(f"start {number}: memory", f"{web.process.resident_kb() / 1024:,.0f} MiB")
        web.process.stop()


def main():
    options = arguments("bench web", __doc__, "few clients, for a moment: that the measurement works", reports=False)
    options.add_argument("--idle", type=int, default=10_000, help="idle clients (default %(default)s)")
    options.add_argument("--clients", type=int, default=2000, help="clients that follow live cells (default %(default)s)")
    options.add_argument("--stalled", type=int, default=5, help="clients that stall beside them, each second time (default %(default)s)")
    options.add_argument("--rounds", type=int, default=3, help="without and with clients that stall (default %(default)s)")
    options.add_argument("--seconds", type=int, default=20, help="how long each crowd is watched (default %(default)s)")
    options.add_argument("--days", type=int, default=400, help="days whose cells a starting server has to read (default %(default)s)")
    given = options.parse_args()
    if given.quick:
        given.idle, given.clients, given.stalled, given.rounds, given.seconds, given.days = 200, 50, 2, 1, 2, 3
    with RealBroker() as broker:
        with new_hospital(broker) as hospital:
            hospital.run("wardpulse-producer", "simulate", "--metrics-listen", "127.0.0.1:0", "--history", "24h", "--events", "20000")
            hospital.start_consumer().waited_for("(partitions assigned)", deadline_s=60)
            measure_idle(hospital, given.idle)
            compare_crowds(hospital, given)
        with new_hospital(broker) as hospital:
            measure_start(hospital, given.days)


if __name__ == "__main__":
    main()
