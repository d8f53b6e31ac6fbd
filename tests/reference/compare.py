#!/usr/bin/env python3
"""Compares two dumps of cells exactly and says in words where they first differ.

compare.py EXPECTED GOT [--family F,...] [--most 20]; exit code 0 when they are equal, 1 when not.
"""

import argparse
import json
import sys


def identity(cell):
    dims = ",".join(f"{name}={value}" for name, value in cell["dims"].items())
    window = f"{cell['window']['size']}:{cell['window']['start']}" if cell["window"] else "-"
    return f"{cell['family']}|{dims}|{window}"


def leaves(value, path=""):
    """Flat: path -> simple value."""
    if isinstance(value, dict) and value:
        return {leaf: found for name, member in value.items() for leaf, found in leaves(member, f"{path}.{name}").items()}
    return {path.lstrip("."): value}


def describe(expected, got):
    """The members in which two cells of one identity differ."""
    a, b = leaves(expected), leaves(got)
    for path in a | b:
        if a.get(path, "absent") != b.get(path, "absent"):
            yield f"{path}: expected {json.dumps(a.get(path, 'absent'))}, got {json.dumps(b.get(path, 'absent'))}"


def differences(expected_lines, got_lines):
    """One text a differing cell. Equal texts in equal order give none."""
    if expected_lines == got_lines:
        return []
    expected, got = ({identity(cell): (cell, line) for line in lines for cell in [json.loads(line)]}
                     for lines in (expected_lines, got_lines))
    found = []
    for name in sorted(expected | got):
        if name not in got:
            found.append(f"missing {name}: expected {expected[name][1]}")
        elif name not in expected:
            found.append(f"unexpected {name}: got {got[name][1]}")
        elif expected[name][1] != got[name][1]:
            what = "; ".join(describe(expected[name][0], got[name][0])) or "same members, other text"
            found.append(f"{name}: {what}")
    if not found:
        first = next(at for at, (a, b) in enumerate(zip(expected_lines, got_lines)) if a != b)
        found.append(f"same cells in another order: line {first + 1} is {got_lines[first]}, expected {expected_lines[first]}")
    return found


def report(found, most=20):
    more = [f"... and {len(found) - most} more"] if len(found) > most else []
    return "\n".join([f"{len(found)} cells differ:", *found[:most], *more])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("expected")
    options.add_argument("got")
    options.add_argument("--family", help="only these, with commas between")
    options.add_argument("--most", type=int, default=20, help="how many differences to show")
    given = options.parse_args()
    families = given.family.split(",") if given.family else None
    dumps = []
    for path in (given.expected, given.got):
        with open(path, encoding="utf-8") as file:
            dumps.append([line for line in file.read().split("\n") if line and (not families or json.loads(line)["family"] in families)])
    found = differences(*dumps)
    print(report(found, given.most) if found else f"{len(dumps[0])} cells, all equal")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
