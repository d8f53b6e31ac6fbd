"""Measures this machine on Apache Kafka: events produced, and consumed with everything on by one instance, by two, and by two task
threads; beside them a bare loop that only reads, parses and counts. With --peers also jobs of Kafka Streams, Flink and Python that do
that same simple work.

All take turns, in rounds, each round on a broker of its own and every other one backwards: machines are noisy, and only figures of
one run can be compared. All that do the simple work must come to the same sum.
"""

import os
import pathlib
import re
import statistics
import sys
import tempfile

import peers
from report import Report, arguments, spread
from run import BIN, Run

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import RealBroker  # noqa: E402

QUICK_EVENTS = 300_000
PRODUCE = "produce"
BARE = ("bare loop, 1 thread", "bare loop, 2 threads")
OURS = {"wardpulse, 1 instance": (1, []), "wardpulse, 2 instances": (2, []), "wardpulse, 2 task threads": (1, ["--tasks", 2])}
COLOURS = {"produce": 0, "wardpulse,": 0, "bare": 2}  # by the first word; all others: 1


def feed_of(name):
    """Which topics it reads: ours leave state behind and may write heartbeats, so each has topics of its own."""
    return "bench-" + re.sub(r"\W+", "-", name) if name in OURS else "bench"


class Round:
    def __init__(self, number, given, bootstrap, temporary):
        self._number, self._given, self._bootstrap = number, given, bootstrap
        every = {name: [[BIN / "bare_loop", bootstrap, feed_of(name), threads]] for threads, name in enumerate(BARE, 1)}
        for name, (instances, options) in OURS.items():
            every[name] = [[BIN / "wardpulse-consumer", *self._target(feed_of(name)), *options, "--until-end"]] * instances
        if given.peers:
            jobs = peers.commands(bootstrap, feed_of("peers"), given.events, temporary)
            every |= {name: [command] for name, command in jobs.items()}
        chosen = [(name, command) for name, command in every.items() if re.search(given.only, name)]
        self.commands = dict(chosen if number % 2 else reversed(chosen))

    def produce(self):
        """The same events for each."""
        given = self._given
        simulate = ["--seed", self._number, "--start", "2026-01-01T00:00:00Z", "--speed", "max", "--rate", given.rate, "--events", given.events,
                    "--partitions", given.partitions, "--houses", given.houses]
        return [Run([[BIN / "wardpulse-producer", "simulate", *self._target(feed), *simulate]]) for feed in sorted(set(map(feed_of, self.commands)))]

    def _target(self, prefix):
        return ["--brokers", self._bootstrap, "--topic-prefix", prefix, "--metrics-listen", "127.0.0.1:0"]


INPUTS = ("checkins", "encounters", "billing", "workflow")
MARTS = ("marts.daily-kpis", "marts.department-stats", "marts.patient-stats")
BUSY = 0.6  # of a core: what is planned for, so that a backlog can be worked off


def bytes_an_event(broker, name, events):
    """What one of ours has read and written, on the broker's disk: input, then by topic."""
    def of_topics(topics):
        return sum(broker.bytes_of(f"{feed_of(name)}.{topic}") for topic in topics) / events
    return {"input": of_topics(INPUTS), "aggregates": of_topics(["aggregates"]), "checkpoints": of_topics(["checkpoints"]),
            "marts": of_topics(MARTS)}


def refuse_differences(runs_of_round, events):
    """All jobs that count must have counted the same."""
    sums = {name: run.checksum() for name, run in runs_of_round.items() if run.checksum()}
    for name, (counted, _, _) in sums.items():
        if int(counted) != events:
            sys.exit(f"{name} counted {counted} events of {events}: figures of this run mean nothing")
    if len(set(sums.values())) > 1:
        told = "\n".join(f"  {name}: events={counted} sum={total} cells={cells}" for name, (counted, total, cells) in sums.items())
        sys.exit(f"the jobs did not come to the same, so figures of this run mean nothing:\n{told}")


def measure(given, report):
    """name -> its runs, one a round. Those of ours have `bytes` besides."""
    runs = {}
    for number in range(1, given.rounds + 1):
        with RealBroker() as broker, tempfile.TemporaryDirectory() as temporary:
            this = Round(number, given, broker.bootstrap, temporary)
            produced = this.produce()
            runs.setdefault(PRODUCE, []).extend(produced)
            print(f"round {number}: {PRODUCE}: {given.events / statistics.median(run.seconds for run in produced):,.0f} events/s", flush=True)
            of_round = {}
            for name, commands in this.commands.items():
                of_round[name] = Run(commands)
                runs.setdefault(name, []).append(of_round[name])
                print(f"round {number}: {name}: {given.events / of_round[name].seconds:,.0f} events/s", flush=True)
            refuse_differences(of_round, given.events)
            for name in set(of_round) & set(OURS):
                of_round[name].bytes = bytes_an_event(broker, name, given.events)
    report.say(f"{given.events:,} events a run, {given.rate} a second of event time, {7 * given.houses} departments, {given.partitions} partitions, rounds: {given.rounds}; all "
               f"share {os.cpu_count()} cores with the broker. Minimum / median / maximum; CPU and memory of whole processes.")
    return runs


def times_as_fast(runs, others):
    """Round by round."""
    return spread([other.seconds / run.seconds for run, other in zip(runs, others)], ".2f")


def share_of_bare_loop(name, runs):
    """Against as many threads."""
    bare = runs.get(BARE[0 if name.endswith(("1 instance", "1 thread")) else 1])
    return times_as_fast(runs[name], bare) if bare and name != PRODUCE else ""


def show(runs, events, report):
    names = [PRODUCE, *(name for name in (*BARE, *OURS) if name in runs), *(name for name in runs if name not in (PRODUCE, *BARE, *OURS))]
    rates = {name: [events / run.seconds for run in runs[name]] for name in names}
    report.table(["", "events/s", "with start-up", "of the bare loop", "CPU s", "µs an event", "RSS MB"],
                 [[name, spread(rates[name], ",.0f"), spread([events / run.wall for run in runs[name]], ",.0f"), share_of_bare_loop(name, runs),
                   spread([run.cpu for run in runs[name]], ".1f"), f"{statistics.median(run.cpu for run in runs[name]) / events * 1e6:.2f}",
                   spread([run.memory_mb for run in runs[name]], ".0f")] for name in names])
    report.bars("throughput", "Events a second: median, least and most",
                [(name, min(rate), statistics.median(rate), max(rate), COLOURS.get(name.split()[0], 1)) for name, rate in rates.items()])


def show_against_peers(runs, report):
    ours, theirs = ([name for name in names if name in runs] for names in (OURS, peers.NAMES))
    if ours and theirs:
        report.say("How many times as fast as the peers, which do less:")
        report.table(["", *theirs], [[name, *(times_as_fast(runs[name], runs[peer]) for peer in theirs)] for name in ours])


def show_paper(runs, events, report):
    """What much more would need, if each event cost what it cost here."""
    ours = [name for name in OURS if name in runs]
    if not ours:
        return
    median = {name: {topic: statistics.median(run.bytes[topic] for run in runs[name]) for topic in runs[name][0].bytes} for name in ours}
    report.say("Bytes an event on the broker's disk, compressed, one replica; before topics are compacted:")
    report.table(["", *median[ours[0]]], [[name, *(f"{size:.1f}" for size in median[name].values())] for name in ours])
    cpu_us, name = min((statistics.median(run.cpu for run in runs[name]) / events * 1e6, name) for name in ours)
    report.say(f"On paper, by the costs of {name}, with cores {BUSY:.0%} busy and a partition a core; MB/s are what the brokers take in, before "
               "replication:")
    report.table(["events/s", "cores and partitions", *(f"{topic}, MB/s" for topic in median[name])],
                 [[f"{rate:,}", f"{rate * cpu_us / 1e6 / BUSY:,.0f}", *(f"{rate * size / 1e6:,.0f}" for size in median[name].values())]
                  for rate in (1_000_000, 100_000_000)])


def main():
    options = arguments("bench", __doc__, f"one round of {QUICK_EVENTS} events")
    options.add_argument("--events", type=int, default=3_000_000, help="events a run (default %(default)s)")
    options.add_argument("--rate", default="20", help="events a second of event time: the fewer, the more windows; 12,000,000 at 139 are a "
                         "day (default %(default)s)")
    options.add_argument("--partitions", type=int, default=8, help="of each topic (default %(default)s)")
    options.add_argument("--houses", type=int, default=3, help="each has seven departments (default %(default)s)")
    options.add_argument("--rounds", type=int, default=3, help="how often all take their turn (default %(default)s)")
    options.add_argument("--peers", action="store_true", help="also jobs of Kafka Streams, Flink and Python")
    options.add_argument("--only", default="", metavar="REGEX", help="only those whose names match, such as 'bare|2 task|Flink'")
    given = options.parse_args()
    if not any(re.search(given.only, name) for name in (*BARE, *OURS, *(peers.NAMES if given.peers else ()))):
        options.error(f"--only {given.only} matches nothing")
    if given.quick:
        given.events, given.rounds = QUICK_EVENTS, 1
    report = Report("throughput", given.out)
    runs = measure(given, report)
    show(runs, given.events, report)
    show_against_peers(runs, report)
    show_paper(runs, given.events, report)
    report.write()


if __name__ == "__main__":
    main()
