"""What a benchmark found: tables on the terminal, and the same with pictures in a folder below build/bench."""

import argparse
import datetime
import os
import pathlib
import re
import statistics

import plot
from run import BIN


def spread(values, form):
    return " / ".join(format(value, form) for value in (min(values), statistics.median(values), max(values)))


def arguments(command, description, quick, reports=True):
    """With the options that all benchmarks have; `quick` says what --quick does."""
    options = argparse.ArgumentParser(prog=f"./wardpulse {command}", description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help=quick)
    if reports:
        options.add_argument("--out", metavar="FOLDER", help="where report.md and pictures go (default: a new folder below build/bench)")
    return options


def _table(header, rows):
    """As Markdown, aligned: the first column to the left, figures to the right."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    def line(cells):
        return "| " + " | ".join(f"{cell:<{width}}" if i == 0 else f"{cell:>{width}}" for i, (cell, width) in enumerate(zip(cells, widths))) + " |"
    rule = "|" + "|".join("-" * (width + 2) if i == 0 else "-" * (width + 1) + ":" for i, width in enumerate(widths)) + "|"
    return "\n".join([line(header), rule, *map(line, rows)])


def _machine():
    model = re.search(r"^model name\s*: (.+)$", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    memory_kb = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text(encoding="utf-8"))[1])
    return f"{os.cpu_count()} cores ({model[1] if model else 'unknown'}), {memory_kb / 2**20:.0f} GiB, Linux {os.uname().release}"


class Report:
    def __init__(self, name, given_folder):
        self._folder = pathlib.Path(given_folder or BIN.parent / "bench" / f"{datetime.datetime.now():%Y%m%d-%H%M%S}-{name}")
        self._folder.mkdir(parents=True, exist_ok=True)
        load = "/".join(f"{value:.1f}" for value in os.getloadavg())
        self._parts = [f"# wardpulse bench: {name}", f"{datetime.datetime.now():%Y-%m-%d %H:%M}, {_machine()}; load at the beginning {load}."]

    def say(self, words):
        print(f"\n{words}", flush=True)
        self._parts.append(words)

    def table(self, header, rows):
        self.say(_table(header, rows))

    def bars(self, name, title, rows):
        plot.bars(self._picture(name, title), title, rows)

    def lines(self, name, title, x_name, series):
        plot.lines(self._picture(name, title), title, x_name, series)

    def write(self):
        path = self._folder / "report.md"
        path.write_text("\n\n".join(self._parts) + "\n", encoding="utf-8")
        print(f"\nreport: {path}", flush=True)

    def _picture(self, name, title):
        self._parts.append(f"![{title}]({name}.svg)")
        return self._folder / f"{name}.svg"
