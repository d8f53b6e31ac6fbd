"""Every example of docs/funnels.md, by the reference and by the engine."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import compare
from funnels import parse_funnels, shipped_funnels
from reference_test import LISTED, Ward, shown

ROOT = pathlib.Path(os.environ.get("WARDPULSE_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
FOLD_TOOL = pathlib.Path(os.environ.get("WARDPULSE_BIN", ROOT / "build/bin"), "fold_tool")
BLOCK = re.compile(r"^```(\w+(?: \w+)?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMES = ("entered", "reached", "converted", "exited", "timed_out", "open")


def blocks():
    return BLOCK.findall((ROOT / "docs/funnels.md").read_text(encoding="utf-8"))


def ward_of(funnels, text):
    """The records of an example; a time without a date is one of 2026-11-21."""
    ward = Ward(funnels=funnels)
    for time, event_type, *members in map(str.split, text.splitlines()):
        topic = None if event_type in LISTED or event_type == "provider.seen" or "visit_id" in text else "workflow"
        ward.write(event_type, f"{time}:00Z" if "T" in time else time, topic, **dict(member.split("=") for member in members))
    return ward


def values_of(text):
    """ "entered = 2, reached = 2 1, exited = visit.left:ama 1": as the cell has them."""
    values = []
    for part in text.replace("\n", " ").split(","):
        words = part.split("=")[1].split()
        name = part.split("=")[0].strip()
        values.append(dict(zip(words[::2], map(int, words[1::2]))) if name == "exited" else list(map(int, words)) if name == "reached"
                      else int(words[0]))
    return values


def engine(toml, dump=""):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "funnels.toml").write_text(toml, encoding="utf-8")
        return subprocess.run([FOLD_TOOL.resolve(), "--max-future", "off", "--funnels", "funnels.toml", "-"], cwd=folder, input=dump, capture_output=True,
                              text=True, timeout=60, check=False)


class Manual(unittest.TestCase):
    def test_examples(self):
        found = blocks()
        examples = [[text for _, text in found[at:at + 3]] for at, (kind, _) in enumerate(found) if kind == "toml"]
        self.assertEqual(len(examples), 3)
        for toml, records, values in examples:
            ward = ward_of(toml, records)
            cells = [json.loads(line) for line in ward.result().cells]
            day = next(cell for cell in cells if cell["dims"].get("department") == "all" and cell["family"] == "funnel" and cell["window"]["size"] == "1d")
            self.assertEqual(shown(day["values"], *NAMES), values_of(values), day["dims"])
            done = engine(toml, "".join(json.dumps(line) + "\n" for line in ward.lines))
            self.assertEqual(compare.differences(ward.result().cells, done.stdout.split("\n")[:-1]), [], done.stderr)

    def test_mistakes(self):
        found = blocks()
        at = next(at for at, (kind, _) in enumerate(found) if kind == "toml wrong")
        done = engine(found[at][1])
        self.assertEqual(done.returncode, 2)
        self.assertIn(found[at + 1][1], done.stderr.replace("fold_tool: ", "") + "\n")

    def test_shipped_ones(self):
        toml = next(text for kind, text in blocks() if kind == "toml shipped")
        self.assertEqual(parse_funnels(toml), shipped_funnels())
        self.assertEqual(engine(toml).returncode, 0)


if __name__ == "__main__":
    unittest.main()
