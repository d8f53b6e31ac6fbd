"""Instructions that decoding, judging and applying one event costs, counted by callgrind: the same on a busy machine as on an idle
one. Fails when they rise by more than TOLERANCE over what instructions.txt holds; `--write` records what they are now.

The figure belongs to a compiler: with another one than that of the record, or without valgrind, there is nothing to compare.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

BIN = pathlib.Path(os.environ.get("WARDPULSE_BIN", pathlib.Path(__file__).resolve().parents[2] / "build/bin"))
RECORD = pathlib.Path(__file__).with_name("instructions.txt")
EVENTS = 10_000
TOLERANCE = 0.05
SKIPPED = 77


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)


def count():
    never = 10 * EVENTS  # no publication
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no",
               "--toggle-collect=wardpulse::aggregator::PartitionState::apply*", BIN / "fold_rate", EVENTS, 17, never]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        sys.exit(f"{done.stdout}{done.stderr}\nvalgrind ended with {done.returncode}")
    return int(found[1]) / EVENTS


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--build", required=True, help="compiler and kind of build, such as `GNU 12.2.0 Release`")
    options.add_argument("--write", action="store_true", help="record the figure instead of comparing it")
    given = options.parse_args()
    if not shutil.which("valgrind"):
        skip("valgrind is not installed")
    if given.write:
        RECORD.write_text(f"{given.build}\n{count():.0f}\n", encoding="utf-8")
        return
    build, recorded = RECORD.read_text(encoding="utf-8").splitlines()
    if build != given.build:
        skip(f"recorded with {build}, built with {given.build}")
    now = count()
    print(f"{now:.0f} instructions an event, {recorded} recorded")
    if now > float(recorded) * (1 + TOLERANCE):
        sys.exit(f"{now / float(recorded) - 1:+.1%}: more than {TOLERANCE:.0%} above the record. If it has to be so: "
                 f"python3 tests/bench/instructions.py --build '{given.build}' --write")


if __name__ == "__main__":
    main()
