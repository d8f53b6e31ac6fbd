"""Every example of docs/semantics.md that has records, by the reference and by the engine."""

import json
import os
import pathlib
import re
import unittest

import compare
from engine_test import fold
from mart_rows import mart_rows
from records import TOPICS
from reference import Reference, make_definition, read_dump
from reference_test import DAY, Ward

ROOT = pathlib.Path(os.environ.get("WARDPULSE_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
EXAMPLE = re.compile(r"^```records\n(.*?)^```\n+```values\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def ward_of(text):
    """A line is a time (of 2026-11-21 unless it has a date), an event type and members. A heartbeat goes to every topic."""
    ward = Ward()
    for line in text.splitlines():
        time, event_type, *members = line.partition("#")[0].split()
        if time.count(":") == 2:
            time = f"{DAY}{time}Z"
        elif "T" in time:
            time += ":00Z"
        members = {name: value == "true" if value in ("true", "false") else value for name, value in (member.split("=") for member in members)}
        for topic in TOPICS if event_type == "feed.heartbeat" else [None]:
            ward.write(event_type, time, topic, **members)
    return ward


def member(values, path):
    for name in path.split("."):
        values = values[name]
    return values


def places_of(cells):
    """ "family dims size" or "mart key" -> values."""
    for cell in map(json.loads, cells):
        dims = ",".join(f"{name}={value}" for name, value in cell["dims"].items())
        yield " ".join(filter(None, (cell["family"], dims, cell["window"] and cell["window"]["size"]))), cell["values"]
    for mart, rows in mart_rows(cells).items():
        yield from ((f"{mart} {next(iter(row.values()))}", row) for row in map(json.loads, rows))


class Examples(unittest.TestCase):
    def test_each(self):
        found = EXAMPLE.findall((ROOT / "docs/semantics.md").read_text(encoding="utf-8"))
        self.assertEqual(len(found), 4)
        for records, told in found:
            ward = ward_of(records)
            cells = fold(ward.lines, ["--max-future", "off"])
            expected = Reference(make_definition(), read_dump(map(json.dumps, ward.lines)), drop_past_retention=False)
            self.assertEqual(compare.differences(expected.cells, cells), [])
            places = dict(places_of(cells))
            for line in told.splitlines():
                place, _, values = line.partition(": ")
                with self.subTest(place=place):
                    for value in values.split(", "):
                        path, number = value.split(" = ")
                        self.assertEqual(member(places[place], path), json.loads(number), path)


if __name__ == "__main__":
    unittest.main()
