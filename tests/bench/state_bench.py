"""Measures what an event costs as the work grows, in one thread and without Kafka: with more open visits, more departments, more
partitions; what a visit takes in memory; and what checkpoints cost by the rate of changes. All figures are processor time.
Then, on Apache Kafka, how long a consumer with many open visits takes to start, and what one takes that has nothing to do.

Runs take turns, in rounds, every other round backwards.
"""

import re
import statistics

from report import Report, arguments, spread
from run import BIN, Run
from start import show_start

DEPARTMENTS, PARTITIONS = 20, 8
CHECKPOINT_S = 5  # the consumer's
CHECKPOINT_RECORDS = 62_500  # at 100,000 events a second
FIGURE = re.compile(r"(\w+)=([0-9.]+)")


class Series:
    """Runs of state_growth that differ in one argument."""

    def __init__(self, what, points):
        self.what = what
        self.points = points  # (x, arguments)
        self.found = {x: [] for x, _ in points}

    def median(self, x, figure):
        return statistics.median(found[figure] for found in self.found[x])


def checkpoint_records(rate):
    return max(1, rate * CHECKPOINT_S // PARTITIONS)


def all_series(given):
    middle = statistics.median_low(given.visits)
    few = min(100_000, middle)
    return (Series("open visits", [(visits, (visits, DEPARTMENTS, PARTITIONS, CHECKPOINT_RECORDS)) for visits in given.visits]),
            Series("departments", [(departments, (few, departments, PARTITIONS, CHECKPOINT_RECORDS)) for departments in given.departments]),
            Series("partitions", [(partitions, (few, DEPARTMENTS, partitions, CHECKPOINT_RECORDS)) for partitions in given.partitions]),
            Series("events/s", [(rate, (middle, DEPARTMENTS, PARTITIONS, checkpoint_records(rate))) for rate in given.rates]))


def measure(series, given):
    runs = [(one, x, arguments) for one in series for x, arguments in one.points]
    for number in range(given.rounds):
        for one, x, arguments in runs if number % 2 == 0 else reversed(runs):
            visits, departments, partitions, records = arguments
            run = Run([[BIN / "state_growth", visits, departments, partitions, given.events, records]])
            figures = {name: float(value) for name, value in FIGURE.findall(run.text)}
            one.found[x].append(figures)
            print(f"round {number + 1}: {x:,} {one.what}: {1e9 / figures['fold_ns']:,.0f} events/s", flush=True)


def show_growth(report, one):
    rates = {x: [1e9 / found["fold_ns"] for found in one.found[x]] for x in one.found}
    first = statistics.median(next(iter(rates.values())))
    report.table([one.what, "folded events/s", "of the first", "µs an event", "publishing, µs", "checkpoints, µs", "RSS MB"],
                 [[f"{x:,}", spread(rates[x], ",.0f"), f"{statistics.median(rates[x]) / first:.2f}", f"{one.median(x, 'fold_ns') / 1e3:.2f}",
                   f"{one.median(x, 'publish_ns') / 1e3:.2f}", f"{one.median(x, 'checkpoint_ns') / 1e3:.2f}", f"{one.median(x, 'resident_mb'):.0f}"]
                  for x in one.found])
    name = one.what.replace(" ", "-")
    report.lines(name, f"Events a second of one core, by {one.what}", one.what,
                 {"fold alone": [(x, statistics.median(rates[x])) for x in rates],
                  "with publishing": [(x, 1e9 / (one.median(x, "fold_ns") + one.median(x, "publish_ns"))) for x in rates],
                  "and checkpoints": [(x, 1e9 / sum(one.median(x, part) for part in ("fold_ns", "publish_ns", "checkpoint_ns"))) for x in rates]})


def show_memory(report, visits):
    *_, fewer, more = [None, *visits.found]
    if fewer is None or fewer == more:
        return
    each = (visits.median(more, "resident_mb") - visits.median(fewer, "resident_mb")) * 1e6 / (more - fewer)
    report.say(f"An open visit takes {each:.0f} bytes: resident memory at {more:,} less that at {fewer:,}, by {more - fewer:,}.")


def show_checkpoints(report, one, visits):
    cost = {rate: one.median(rate, "checkpoint_ns") * rate / 1e9 for rate in one.found}
    report.table(["events/s", "records between two checkpoints of a partition, at most", "a core's share", "MB/s before compression", "bytes an event"],
                 [[f"{rate:,}", f"{checkpoint_records(rate):,}", f"{cost[rate]:.2%}", f"{one.median(rate, 'checkpoint_bytes') * rate / 1e6:.2f}",
                   f"{one.median(rate, 'checkpoint_bytes'):,.0f}"] for rate in one.found])
    report.lines("checkpoints", f"Checkpoints of {visits:,} open visits: percent of a core", "events/s",
                 {"checkpoints": [(rate, cost[rate] * 100) for rate in cost]})


def show_growing_work(report, given):
    series = all_series(given)
    measure(series, given)
    report.say(f"{given.events:,} events a run in one thread, rounds: {given.rounds}; minimum / median / maximum. {DEPARTMENTS} departments and {PARTITIONS} "
               "partitions where nothing else is said; a publication every 20,000 events.")
    for one in series[:3]:
        show_growth(report, one)
    show_memory(report, series[0])
    show_checkpoints(report, series[3], statistics.median_low(given.visits))


def main():
    options = arguments("bench state", __doc__, "little of all: that the measurement works")
    options.add_argument("--visits", type=int, nargs="+", default=[10_000, 1_000_000, 5_000_000], help="open visits; five million take 2 GB "
                         "(default %(default)s)")
    options.add_argument("--departments", type=int, nargs="+", default=[5, 50, 500], help="default %(default)s")
    options.add_argument("--partitions", type=int, nargs="+", default=[1, 4, 16, 64], help="default %(default)s")
    options.add_argument("--rates", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="events a second, for checkpoints (default %(default)s)")
    options.add_argument("--events", type=int, default=240_000, help="measured in each run (default %(default)s)")
    options.add_argument("--rounds", type=int, default=3, help="how often all take their turn (default %(default)s)")
    options.add_argument("--start-visits", type=int, default=1_000_000, help="open visits of the start; 0: no start (default %(default)s)")
    options.add_argument("--starts", type=int, default=5, help="how many of them (default %(default)s)")
    options.add_argument("--only-start", action="store_true", help="nothing but the start")
    given = options.parse_args()
    if given.quick:
        given.start_visits = 0  # no broker
        given.visits, given.departments, given.partitions, given.rates, given.events, given.rounds = [1_000, 5_000], [5], [2], [1_000], 20_000, 1
    report = Report("state", given.out)
    if not given.only_start:
        show_growing_work(report, given)
    if given.start_visits:
        show_start(report, given.start_visits, given.starts)
    report.write()


if __name__ == "__main__":
    main()
