"""Every example of docs/import.md, through the program; and the page's tables against what the program knows."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import textwrap
import unittest

ROOT = pathlib.Path(os.environ.get("WARDPULSE_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
PRODUCER = pathlib.Path(os.environ.get("WARDPULSE_BIN", ROOT / "build/bin"), "wardpulse-producer").resolve()
PAGE = (ROOT / "docs/import.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples():
    """Blocks up to and with each mapping's results: {"files", "toml", "wrong", "events", ...}."""
    example = {"files": {}}
    for kind, name, text in BLOCK.findall(PAGE):
        if kind in ("csv", "jsonl"):
            if "toml" in example or "events" in example:
                yield example
                example = {"files": {}}
            example["files"][name] = text
        elif kind == "toml" and name == "wrong":
            yield example
            example = {"files": {}, "wrong": text}
        elif kind:
            example[kind] = text
    yield example


def run(folder, *words):
    return subprocess.run([PRODUCER, "import", *words, "--dry-run", "--print"], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def without_id(line):
    event = json.loads(line)
    event.pop("event_id", None)
    return event


class Manual(unittest.TestCase):
    def in_folder(self, example):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, text in (example["files"] | {"mapping.toml": example.get("toml") or example.get("wrong", "")}).items():
            pathlib.Path(folder.name, name).write_bytes(text.encode())
        return folder.name

    def test_examples(self):
        found = [example for example in examples() if "toml" in example]
        self.assertEqual(len(found), 8)
        for example in found:
            with self.subTest(files=list(example["files"])):
                folder = self.in_folder(example)
                done = run(folder, "csv", *example["files"], "--mapping", "mapping.toml")
                self.assertEqual(done.returncode, 0, done.stderr)
                lines = done.stdout.splitlines()
                self.assertEqual([without_id(line) for line in lines], [json.loads(line) for line in example["events"].splitlines()])
                if "rejects" in example:
                    self.assertEqual(pathlib.Path(folder, next(iter(example["files"])) + ".rejects.csv").read_text("utf-8"), example["rejects"])
                    self.assertIn(example["counts"], done.stderr)

    def test_mistakes(self):
        example = next(example for example in examples() if "wrong" in example)
        folder = self.in_folder(example | {"files": {"x.csv": "a\n"}})
        done = run(folder, "csv", "x.csv", "--mapping", "mapping.toml")
        self.assertEqual(done.returncode, 2)
        told = "".join(re.sub(r"^.*?(?=mapping\.toml)", "", line) + "\n" for line in done.stderr.splitlines())
        self.assertEqual(told, example["problems"])

    def test_json_lines(self):
        example = next(example for example in examples() if "short.jsonl" in example["files"])
        folder = self.in_folder(example)
        done = run(folder, "jsonl", "short.jsonl")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([without_id(line) for line in done.stdout.splitlines()], [without_id(line) for line in example["events"].splitlines()])

    def test_help(self):
        told = subprocess.run([PRODUCER, "import", "csv", "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
        csv, toml = [textwrap.dedent(text) for text in re.findall(r"\n\n((?:    .*\n|\n(?=    ))+)", told.split("Try it")[0])]
        folder = self.in_folder({"files": {"visits.csv": csv}, "toml": toml})
        done = run(folder, "csv", "visits.csv", "--mapping", "mapping.toml")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([(event["event_type"], event["event_time"], event.get("cost")) for event in map(json.loads, done.stdout.splitlines())],
                         [("checkin", "2026-03-02T08:00:00Z", None), ("treatment", "2026-03-02T08:05:00Z", 1234.5), ("visit.completed", "2026-03-02T09:05:00Z", None)])

    def test_event_types(self):
        """The page's table of fields says what proto/README.md, which is made from the declarations, says."""
        rows = re.findall(r"^\| ((?:`[a-z._]+`(?:, )?)+) \| (patient_id.*?) \|$", PAGE, re.MULTILINE)
        listed = {}
        for types, fields in rows:
            plain = re.sub(r"\([^)]*\)", "", fields)
            optional = re.search(r"\[(.*)\]", plain)
            names = {"optional": set(re.findall(r"\w+", optional.group(1))) if optional else set()}
            names["required"] = set(re.findall(r"\w+", re.sub(r"\[.*\]", "", plain)))
            for name in re.findall(r"`([^`]+)`", types):
                listed[name] = names
        self.assertEqual(len(listed), 16)
        for name, fields in listed.items():
            schema = json.loads((ROOT / "proto/schemas/events" / f"{name}.schema.json").read_text(encoding="utf-8"))
            envelope = {"event_id", "event_type", "event_time", "facility", "source", "actor_role", "schema_version", "metadata"}
            self.assertEqual(fields["required"], set(schema["required"]) - envelope, name)
            optional = set(schema["properties"]) - envelope - set(schema["required"]) - {"department", "visit_id"}
            self.assertEqual(fields["optional"] - {"visit_id"}, optional, name)


if __name__ == "__main__":
    unittest.main()
