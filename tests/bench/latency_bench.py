"""Measures how old numbers are: from an event's acknowledgement by Kafka to its cell in topic `aggregates`, and to a WebSocket client, while
other events come at given rates, with the intervals of publisher and server as they are by default and as short as they can be.

Broker, feed, consumer, server and client share this machine; each rate has topics of its own. What the consumer counted meanwhile is
told: where it is less than the rate, the machine was too slow for it, and latency grows without bound.
"""

import pathlib
import re
import subprocess
import sys
import time

from report import Report, arguments

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("integration", "support")]
from broker import RealBroker  # noqa: E402
from harness import BIN, Web, new_hospital, wait_for  # noqa: E402

PATIENCE_S = 300
FIGURE = re.compile(r"(\w+)=([0-9.]+)")
SETTLE_S = 60


def probe(hospital, web, events):
    """What event_to_frame finds; None: an event did not come within half a minute."""
    done = subprocess.run([BIN / "event_to_frame", str(web.port), web.ingest_key, web.key, str(events), hospital.bootstrap, hospital.prefix],
                          capture_output=True, text=True, timeout=60 + 2 * events, check=False)
    if done.returncode != 0:
        print(done.stderr.strip(), file=sys.stderr, flush=True)
        return None
    return {name: float(value) for name, value in FIGURE.findall(done.stdout)}


def settle(consumer, rate):
    """Until what waited when the web server had started, with work of its own, has been caught up with; not for ever."""
    end = time.monotonic() + SETTLE_S
    wait_for(lambda: consumer.metric("consumer_lag_records") < rate / 10 or time.monotonic() > end, "the consumer to catch up", PATIENCE_S)


class Load:
    """Events at a steady rate, beside open visits."""

    def __init__(self, hospital, rate, visits):
        self._process = subprocess.Popen([BIN / "steady_load", hospital.bootstrap, hospital.prefix, str(rate), str(visits)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        if self._process.stdout.readline() != "open\n":
            sys.exit(f"steady_load ended with {self._process.wait(10)}")

    def end(self):
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)
        self._process.stdout.close()


def measure(broker, rate, interval, given):
    with new_hospital(broker) as hospital:
        consumer = hospital.start_consumer("--publish-interval", interval, "--tasks", given.tasks)
        consumer.waited_for("(partitions assigned)", PATIENCE_S)
        load = Load(hospital, rate, given.visits)
        warm = given.visits + rate * given.warm_up
        wait_for(lambda: consumer.counted() >= warm, "open visits, and events after them, to be counted", PATIENCE_S)
        web = Web(hospital, "--push-interval", interval, "--request-rate", "0")
        probe(hospital, web, 3)
        settle(consumer, rate)
        before, began = consumer.counted(), time.monotonic()
        found = probe(hospital, web, given.probes)
        counted_rate = (consumer.counted() - before) / (time.monotonic() - began)
        load.end()
        web.process.stop()
    return found, counted_rate


def cells_of(found, prefix):
    """p50 / p99 / p99.9 / most, in milliseconds."""
    return " / ".join(f"{found[prefix + name]:.0f}" for name in ("p50_ms", "p99_ms", "p999_ms", "max_ms")) if found else "over 30 s"


def show(results, given, report):
    report.say(f"{given.probes} events timed at each rate, {given.visits:,} open visits, {given.tasks} task threads; p50 / p99 / p99.9 / most in ms, "
               "from the acknowledgement.")
    report.table(["interval, events/s", "counted/s", "in topic aggregates", "at the client"],
                 [[f"{interval}, {rate:,}", f"{counted_rate:,.0f}", cells_of(found, "topic_"), cells_of(found, "")]
                  for (interval, rate), (found, counted_rate) in results.items()])
    series = {}
    for (interval, rate), (found, _) in results.items():
        for share, figure in (("p50", "p50_ms"), ("p99", "p99_ms")):
            if found:
                series.setdefault(f"{share}, intervals of {interval}", []).append((rate, found[figure]))
    if series:
        report.lines("latency", "Milliseconds from the acknowledgement to a client", "other events a second", series)


def main():
    options = arguments("bench latency", __doc__, "little of all: that the measurement works")
    options.add_argument("--rates", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="other events a second (default %(default)s)")
    options.add_argument("--intervals", nargs="+", default=["100ms", "10ms"], help="of publisher and server (default %(default)s)")
    options.add_argument("--visits", type=int, default=1_000_000, help="open visits (default %(default)s)")
    options.add_argument("--tasks", type=int, default=2, help="task threads of the consumer (default %(default)s)")
    options.add_argument("--warm-up", type=int, default=15, help="seconds' worth of events before the first that is timed: a young broker is slow "
                         "(default %(default)s)")
    options.add_argument("--probes", type=int, default=300, help="events that are timed at each rate; p99.9 needs 1,000 (default %(default)s)")
    given = options.parse_args()
    if given.quick:
        given.rates, given.visits, given.warm_up, given.probes = [100], 100, 0, 5
    report = Report("latency", given.out)
    results = {}
    for interval in given.intervals:
        for rate in given.rates:
            with RealBroker() as broker:
                results[interval, rate] = measure(broker, rate, interval, given)
            found, counted_rate = results[interval, rate]
            print(f"intervals of {interval}, {rate:,} events/s, {counted_rate:,.0f} counted: {cells_of(found, 'topic_')} ms to the topic, "
                  f"{cells_of(found, '')} ms to the client", flush=True)
    show(results, given, report)
    report.write()


if __name__ == "__main__":
    main()
