#!/usr/bin/env python3
"""The naive reference: all numbers of a log, recomputed from scratch. Written from docs/semantics.md alone.

reference.py DUMP [options] reads a dump of the input topics as JSON lines, in any order between topics, one record a line:
  {"topic":"checkins","partition":3,"offset":17,"timestamp":1760000000000,"key":"p1","value":"{...}"}
with "value_b64" in place of "value" for bytes that are no text, and neither for a record without a value. It prints the
cells as `wardpulse-web cells` does after a consumer has run to the end of these topics.
"""

import argparse
import base64
import collections
import json
import pathlib
import sys
import tomllib

from cells import merge_partitions
from fold import Definition, Partition, RawRecord
from funnels import parse_funnels, shipped_funnels
from meaning import Meaning
from records import TOPICS
from windows import FOREVER, Calendar, parse_duration, parse_grace, parse_time_option


def read_dump(lines):
    """partition -> topic -> RawRecords in offset order."""
    log = collections.defaultdict(lambda: collections.defaultdict(list))
    for line in lines:
        record = json.loads(line)
        if record["topic"] not in TOPICS:
            raise ValueError(f"unknown topic in the dump: {record['topic']}")
        value = None
        if "value" in record:
            value = record["value"].encode("utf-8", "surrogatepass")
        elif "value_b64" in record:
            value = base64.b64decode(record["value_b64"])
        log[record["partition"]][record["topic"]].append(RawRecord(record["offset"], record["timestamp"], value))
    for topics in log.values():
        for raw_records in topics.values():
            raw_records.sort(key=lambda raw: raw.offset)
    return log


class Reference:
    """`cells`: canonical lines; `outcomes`: one line a record."""

    def __init__(self, definition, log, partitions=0, drop_past_retention=True):
        numbers = sorted(set(log) | set(range(partitions)))
        self.partitions = [Partition(definition, number, log.get(number, {})) for number in numbers]
        self._pairs = [(partition, Meaning(partition).cells) for partition in self.partitions]
        self.cells = merge_partitions(self._pairs, drop_past_retention) if self._pairs else []

    def cells_by_partition(self):
        """partition -> its own cells, as canonical lines."""
        return {pair[0].number: merge_partitions([pair], False) for pair in self._pairs}

    def outcomes(self):
        for partition in self.partitions:
            for (topic, offset), verdict in sorted(partition.verdicts.items(), key=lambda one: (TOPICS.index(one[0][0]), one[0][1])):
                line = {"topic": topic, "partition": partition.number, "offset": offset, "outcome": verdict.outcome}
                if verdict.reason:
                    line["reason"] = verdict.reason
                if verdict.rules:
                    line["rules"] = verdict.rules
                yield line

    def summary(self):
        """partition -> counts; rejected ones by reason."""
        by_partition = {}
        for partition in self.partitions:
            counts = collections.Counter(verdict.outcome for verdict in partition.verdicts.values())
            reasons = collections.Counter(verdict.reason for verdict in partition.verdicts.values() if verdict.reason)
            by_partition[partition.number] = {"consumed": sum(counts.values())} | {
                outcome: counts[outcome] for outcome in ("applied", "duplicate", "held", "rejected")} | {
                "reasons": dict(sorted(reasons.items()))}
        return by_partition


def parse_beds(toml, calendar):
    return tuple(sorted((calendar.start_of(one["from"]), one["emergency"], one["hospital"]) for one in tomllib.loads(toml)["beds"]))


def make_definition(timezone="UTC", grace="", max_future="5m", funnels=None, watermark=None, beds=None):
    """The values as the consumer's flags have them; funnels and beds are the files' texts."""
    calendar = Calendar(timezone)
    return Definition(calendar, parse_grace(grace), FOREVER if max_future == "off" else parse_duration(max_future),
                      parse_funnels(funnels) if funnels is not None else shipped_funnels(),
                      None if watermark is None else parse_time_option(watermark), beds=parse_beds(beds, calendar) if beds else ())


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("dump", help="JSON lines, or - for standard input")
    options.add_argument("--timezone", default="UTC")
    options.add_argument("--grace", default="", help="SIZE=DURATION|none,...")
    options.add_argument("--max-future", default="5m", help="DURATION|off")
    options.add_argument("--funnels", help="TOML file; without it the shipped ones")
    options.add_argument("--beds", help="TOML file; without it there is no score")
    options.add_argument("--partitions", type=int, default=0, help="also show partitions without records, up to this number")
    options.add_argument("--watermark", help="shown watermark, as a time or milliseconds; without it all topics count as idle")
    options.add_argument("--past-retention", action="store_true", help="keep cells that readers drop, as the engine does")
    options.add_argument("--outcomes", metavar="FILE", help="write what became of each record, as JSON lines")
    options.add_argument("--summary", metavar="FILE", help="write the counts by partition, as JSON")
    given = options.parse_args()
    funnels, beds = (pathlib.Path(path).read_text(encoding="utf-8") if path else None for path in (given.funnels, given.beds))
    definition = make_definition(given.timezone, given.grace, given.max_future, funnels, given.watermark, beds)
    with sys.stdin if given.dump == "-" else open(given.dump, encoding="utf-8") as lines:
        reference = Reference(definition, read_dump(lines), given.partitions, not given.past_retention)
    for path, lines in ((given.outcomes, map(json.dumps, reference.outcomes())),
                        (given.summary, [json.dumps(reference.summary(), indent=1)])):
        if path:
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(line + "\n" for line in lines)
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.writelines(line + "\n" for line in reference.cells)


if __name__ == "__main__":
    main()
