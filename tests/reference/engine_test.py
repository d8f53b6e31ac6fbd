#!/usr/bin/env python3
"""The engine against the reference on random logs: every cell, and every refused record with its reason and rules.

engine_test.py [--seeds FROM:TO] [--records N] looks further than the usual test does; a difference is made small first.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import compare
import reference
from random_log import Writer

FOLD_TOOL = pathlib.Path(os.environ.get("WARDPULSE_BIN", "build/bin"), "fold_tool")
SEEDS = range(40)
RECORDS = 300


def fold(lines, flags, **files):
    """`files`: texts of the files that flags of the same name take."""
    dump = "".join(json.dumps(line) + "\n" for line in lines)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            if text:
                path = pathlib.Path(folder, f"{name}.toml")
                path.write_text(text, encoding="utf-8")
                flags = [*flags, f"--{name}", path]
        return run([FOLD_TOOL, *flags, "-"], dump)


def run(command, dump):
    done = subprocess.run(command, input=dump, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"fold_tool ended with {done.returncode}: {done.stderr}")
    return done.stdout.split("\n")[:-1]  # splitlines() would also split inside texts


def engine(lines, flags, files):
    """Cells, and (topic, partition, offset) -> what is known of the outcome: "held" may have become anything."""
    outcomes = {}
    for words in map(str.split, fold(lines, [*flags, "--outcomes"], **files)):
        place = (words[0], int(words[1]), int(words[2]))
        if words[3] == "rejected" or place not in outcomes:
            outcomes[place] = words[3:]
    return fold(lines, flags, **files), outcomes


def expected(lines, flags, files):
    given = dict(zip(flags[::2], flags[1::2]))
    definition = reference.make_definition(given["--timezone"], given["--grace"], given["--max-future"], **files)
    made = reference.Reference(definition, reference.read_dump(map(json.dumps, lines)), drop_past_retention=False)
    outcomes = {(one["topic"], one["partition"], one["offset"]):
                [word for word in (one["outcome"], one.get("reason"), *one.get("rules", ())) if word] for one in made.outcomes()}
    return made.cells, outcomes


def differences(lines, flags, files):
    (cells, outcomes), (got_cells, got_outcomes) = expected(lines, flags, files), engine(lines, flags, files)
    found = [f"{place}: expected {outcomes.get(place)}, got {got_outcomes.get(place)}" for place in outcomes | got_outcomes
             if outcomes.get(place) != got_outcomes.get(place)
             and not (got_outcomes.get(place) == ["held"] and outcomes.get(place, [""])[0] in ("applied", "duplicate"))]
    return found + compare.differences(cells, got_cells)


def minimise(lines, flags, files):
    """Fewer lines that still differ, by leaving out ever smaller stretches."""
    stretch = len(lines) // 2
    while stretch:
        at = 0
        while at < len(lines):
            fewer = lines[:at] + lines[at + stretch:]
            if fewer and differences(fewer, flags, files):
                lines = fewer
            else:
                at += stretch
        stretch //= 2
    return lines


def complaint(seed, records):
    """None, or a small log with its differences."""
    writer = Writer(seed)
    lines, flags, files = writer.log(records), writer.flags(), writer.files()
    if not differences(lines, flags, files):
        return None
    small = minimise(lines, flags, files)
    return (f"seed {seed}, {records} records, {' '.join(flags)}\n{writer.funnels or ''}{writer.beds or ''}" + "\n".join(map(json.dumps, small)) + "\n"
            + compare.report(differences(small, flags, files), 6))


class Engine(unittest.TestCase):
    def test_agrees_with_the_reference_on_random_logs(self):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                if text := complaint(seed, RECORDS):
                    self.fail(text)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", default="0:200")
    options.add_argument("--records", type=int, default=RECORDS)
    given = options.parse_args()
    first, _, last = given.seeds.partition(":")
    complaints = 0
    for seed in range(int(first), int(last)):
        if text := complaint(seed, given.records):
            complaints += 1
            print(text, flush=True)
    print(f"seeds {given.seeds}: {complaints} differ")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
