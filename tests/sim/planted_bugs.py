"""Plants thirteen mistakes, one at a time, and expects the tests to notice each: otherwise they prove nothing.

    python3 tests/sim/planted_bugs.py [--bug NAME]
"""

import argparse
import os
import subprocess
import sys
import time

BINARY = os.path.join(os.environ.get("WARDPULSE_BIN", "build/bin"), "test_planted")
SEEDS = "200"  # most mistakes show within ten


def run(bug):
    """What the tests said: exit code, and the first line that names the trouble."""
    environment = dict(os.environ, WARDPULSE_SIM_SEEDS=SEEDS, GTEST_FAIL_FAST="1")
    if bug:
        environment["WARDPULSE_PLANTED_BUG"] = bug
    done = subprocess.run([BINARY], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    lines = done.stdout.splitlines()
    failed = [line.split("]")[1].strip() for line in lines if line.startswith("[  FAILED  ]")]
    again = [line.split("; again")[0] for line in lines if line.startswith("seed ")]
    where = (failed or ["ended with code %d" % done.returncode])[0].split(" (")[0]
    return done.returncode, where + (", " + again[0] if again else ""), done.stdout


def names():
    done = subprocess.run([BINARY], env=dict(os.environ, WARDPULSE_PLANTED_BUG="?"), stdout=subprocess.PIPE, text=True, check=False)
    return [line for line in done.stdout.splitlines() if line and " " not in line]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bug", help="only this one, with all that its tests print")
    arguments = parser.parse_args()
    if arguments.bug:
        code, _, text = run(arguments.bug)
        print(text)
        return 0 if code else 1
    code, _, text = run(None)
    if code:
        print(text)
        print("the tests fail without any mistake")
        return 1
    bugs = names()
    caught = 0
    for bug in bugs:
        began = time.monotonic()
        code, where, _ = run(bug)
        caught += code != 0
        print("%-30s %s  %4.1f s  %s" % (bug, "caught" if code else "MISSED", time.monotonic() - began, where if code else ""))
    print("planted bugs: %d of %d caught" % (caught, len(bugs)))
    return 0 if caught == len(bugs) == 13 else 1


if __name__ == "__main__":
    sys.exit(main())
