"""The built programs around a real Apache Kafka, for tests: everything is started, waited for with deadlines, and cleaned up."""

import base64
import collections
import contextlib
import functools
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

SOURCE = pathlib.Path(os.environ.get("WARDPULSE_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("WARDPULSE_BIN", SOURCE / "build/bin"))
sys.path[:0] = [str(SOURCE / "tests/reference"), str(SOURCE / "tests/support")]

import compare  # noqa: E402
import reference  # noqa: E402
from broker import RealBroker  # noqa: E402
from mart_rows import mart_rows  # noqa: E402
from records import TOPICS  # noqa: E402

PARTITIONS = 8
ROWS_ONLY = ("patient_stats",)  # in a mart's topic, not among the cells
MAX_RECORD = "message.max.bytes=4000000"


def wait_for(condition, what, deadline_s=60, pause_s=0.01):
    """The first true answer of `condition`, which is asked again and again."""
    end, pause = time.monotonic() + deadline_s, threading.Event()
    while not (answer := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"after {deadline_s} s still waiting for {what}")
        pause.wait(pause_s)
    return answer


class Process:
    """A program that runs beside the test. What it says goes to a file."""

    def __init__(self, command, log_path):
        self.log_path = log_path
        with open(log_path, "ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    @property
    def pid(self):
        return self._process.pid

    def resident_kb(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.pid}/status").read_text(encoding="ascii"))[1])

    def cpu_seconds(self):
        ticks = pathlib.Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")

    def log(self):
        return pathlib.Path(self.log_path).read_text(encoding="utf-8", errors="replace")

    @functools.cached_property
    def metrics_port(self):
        return self.waited_for(r"metrics are served port=(\d+)")

    def metrics(self):
        """Its page for Prometheus, once it is served."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10) as answer:
            return answer.read().decode()

    def metric(self, name):
        """The sum over all labels."""
        return sum(float(value) for value in re.findall(rf"^wardpulse_{name}(?:{{\S*}})? (\S+)$", self.metrics(), re.MULTILINE))

    def counted(self):
        """Records that a consumer has read since its start."""
        return self.metric("events_consumed_total")

    def is_running(self):
        return self._process.poll() is None

    def finish(self, deadline_s=300):
        """Waits for its end, which has to be a good one."""
        self._process.wait(deadline_s)
        if self._process.returncode != 0:
            raise AssertionError(f"{self._process.args[0]} ended with {self._process.returncode}:\n{self.log()[-3000:]}")

    def stop(self, deadline_s=20):
        self._process.terminate()
        self.finish(deadline_s)

    def kill(self):
        self._process.kill()
        self._process.wait(10)

    def waited_for(self, pattern, deadline_s=30):
        """The first group of `pattern` in what it says."""
        def found():
            if match := re.search(pattern, self.log()):
                return match
            if not self.is_running():
                raise AssertionError(f"{self._process.args[0]} ended with {self._process.returncode}:\n{self.log()[-3000:]}")
            return None
        return wait_for(found, f"/{pattern}/ in {self.log_path}", deadline_s)[1]


class Web:
    """A server with ports and keys of its own, once it has read all cells. `key` reads, `ingest_key` sends."""

    def __init__(self, hospital, *options, ready_within_s=60):
        keys = hospital.folder / f"keys-{secrets.token_hex(4)}"
        self.key, self.ingest_key = (self._new_key(keys, scope) for scope in ("read", "ingest"))
        self.process = hospital.start("wardpulse-web", "--listen", "127.0.0.1:0", "--private-listen", "127.0.0.1:0", "--keys", keys,
                                      "--log-format", "json", *options)
        self.port = int(self.process.waited_for(r'"port":(\d+)'))
        self.private_port = int(self.process.waited_for(r'"private_port":(\d+)'))
        wait_for(self._is_ready, "readiness of wardpulse-web", ready_within_s)

    def get(self, path, read=json.loads):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"X-API-Key": self.key})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return read(answer.read().decode("utf-8"))

    @staticmethod
    def _new_key(keys, scope):
        return subprocess.run([BIN / "wardpulse-web", "keys", "create", "--keys", keys, "--scope", scope], check=True, capture_output=True,
                              text=True, timeout=20).stdout.strip()

    def _is_ready(self):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.private_port}/readyz", timeout=5) as answer:
            return answer.status == 200
        return False


class Hospital:
    """One set of topics on a broker, and the programs that work on it."""

    def __init__(self, bootstrap, folder):
        self.bootstrap = bootstrap
        self.folder = pathlib.Path(folder)
        self.prefix = f"t{secrets.token_hex(4)}"
        self._processes = []

    def _command(self, program, *options):
        return [BIN / program, *map(str, options), "--brokers", self.bootstrap, "--topic-prefix", self.prefix]

    def run(self, program, *options, deadline_s=300):
        """Runs a program to its end; its standard output, as bytes."""
        done = subprocess.run(self._command(program, *options), stdin=subprocess.DEVNULL, capture_output=True, timeout=deadline_s, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{program} ended with {done.returncode}:\n{done.stderr.decode(errors='replace')[-3000:]}")
        return done.stdout

    def start(self, program, *options):
        log = self.folder / f"{program}-{len(self._processes)}.log"
        process = Process(self._command(program, *options), log)
        self._processes.append(process)
        return process

    def close(self):
        for process in self._processes:
            if process.is_running():
                process.kill()

    # --- programs -----------------------------------------------------------------------------------------------------

    def simulate(self, events, seed, *options):
        """Sends events; what a correct consumer must end with, by the simulator's own account."""
        truth = self.folder / f"truth-{secrets.token_hex(4)}.json"
        self.run("wardpulse-producer", "simulate", "--events", events, "--seed", seed, "--start", "2026-03-01T00:00:00Z", "--speed", "max",
                 "--truth", truth, "--metrics-listen", "127.0.0.1:0", *options)
        return json.loads(truth.read_text(encoding="utf-8"))

    def start_consumer(self, *options):
        return self.start("wardpulse-consumer", "--metrics-listen", "127.0.0.1:0", *options)

    def consume(self, *options, instances=1, deadline_s=300):
        """Works the topics off with so many instances at once."""
        for process in [self.start_consumer("--until-end", *options) for _ in range(instances)]:
            process.finish(deadline_s)

    def cells(self):
        lines = self.run("wardpulse-web", "cells").decode("utf-8").split("\n")[:-1]
        return lines

    @contextlib.contextmanager
    def web(self):
        """`get(path)` on a server that has read all cells."""
        web = Web(self)
        yield web.get
        web.process.stop()

    # --- topics -------------------------------------------------------------------------------------------------------

    def create_topics(self):
        """The consumer makes those that are missing."""
        self.consume()

    def send(self, topic, records):
        """Sends (key, value) pairs as they are; value None is a tombstone. kcat reads them with delimiters that none contains."""
        end, between = (f"<{secrets.token_hex(12)}>".encode() for _ in range(2))
        for tombstones in (False, True):
            chosen = [(key, value or b"") for key, value in records if (value is None) == tombstones]
            if not chosen:
                continue
            options = ["-Z"] if tombstones else []
            done = subprocess.run(
                ["kcat", "-P", "-b", self.bootstrap, "-t", f"{self.prefix}.{topic}", "-K", between.decode(), "-D", end.decode(), *options,
                 "-X", "partitioner=murmur2_random", "-X", MAX_RECORD],
                input=b"".join(key + between + value + end for key, value in chosen), capture_output=True, timeout=120, check=False)
            if done.returncode != 0:
                raise AssertionError(f"kcat: {done.stderr.decode(errors='replace')}")

    def read(self, topic):
        """All records of a topic: dicts with partition, offset, timestamp, key, value (None: tombstone) and headers."""
        mark = f"<{secrets.token_hex(12)}>".encode()
        done = subprocess.run(
            ["kcat", "-C", "-q", "-e", "-b", self.bootstrap, "-t", f"{self.prefix}.{topic}", "-o", "beginning", "-X", "check.crcs=true",
             "-f", f"%p %o %T %K %S\n%k%s%h{mark.decode()}"], stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)
        if done.returncode != 0:
            raise AssertionError(f"kcat: {done.stderr.decode(errors='replace')}")
        at, data = 0, done.stdout
        while at < len(data):
            line_end = data.index(b"\n", at)
            partition, offset, timestamp, key_size, value_size = map(int, data[at:line_end].split())
            key_end = line_end + 1 + max(key_size, 0)
            value_end = key_end + max(value_size, 0)
            at = data.index(mark, value_end)
            yield {"topic": topic, "partition": partition, "offset": offset, "timestamp": timestamp, "key": data[line_end + 1:key_end],
                   "value": None if value_size < 0 else data[key_end:value_end], "headers": data[value_end:at].decode(errors="replace")}
            at += len(mark)

    def dump(self):
        """The input topics as the reference reads them."""
        for topic in TOPICS:
            for record in self.read(topic):
                line = {name: record[name] for name in ("topic", "partition", "offset", "timestamp")}
                line["key"] = record["key"].decode(errors="replace")
                if record["value"] is not None:
                    try:
                        line["value"] = record["value"].decode("utf-8")
                    except UnicodeDecodeError:
                        line["value_b64"] = base64.b64encode(record["value"]).decode()
                yield json.dumps(line)

    def reference(self, **options):
        return reference.Reference(reference.make_definition(**options), reference.read_dump(self.dump()), PARTITIONS)


@contextlib.contextmanager
def new_hospital(broker):
    """On a broker that runs, and cleaned up behind."""
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(Hospital(broker.bootstrap, folder)) as hospital:
        yield hospital


class RealKafka(unittest.TestCase):
    """Tests on one broker; each test has topics of its own."""

    @classmethod
    def setUpClass(cls):
        cls._broker = RealBroker()
        cls.addClassCleanup(cls._broker.__exit__, None, None, None)
        cls._broker.start()

    def hospital(self):
        folder = tempfile.TemporaryDirectory(prefix="wardpulse-test-")
        self.addCleanup(folder.cleanup)
        hospital = Hospital(self._broker.bootstrap, folder.name)
        self.addCleanup(hospital.close)
        return hospital

    def assert_same_cells(self, expected, got):
        if found := compare.differences(expected, got):
            self.fail(compare.report(found))

    def assert_mart_topics(self, hospital, expected):
        """Each partition's rows are in topics marts.*, and no others."""
        by_partition = {number: mart_rows(lines) for number, lines in expected.cells_by_partition().items()}
        for mart in ("daily-kpis", "department-stats", "patient-stats"):
            newest = {}
            for record in hospital.read(f"marts.{mart}"):
                newest[record["partition"], record["key"]] = record["value"]
            for number, rows in by_partition.items():
                got = [value.decode("utf-8") for (partition, _), value in newest.items() if partition == number and value is not None]
                self.assertEqual(sorted(got), sorted(rows[mart]), (mart, number))
            self.assertGreater(sum(len(rows[mart]) for rows in by_partition.values()), 5, mart)

    def assert_agrees_with_reference(self, hospital, **options):
        expected = hospital.reference(**options)
        self.assert_same_cells([line for line in expected.cells if json.loads(line)["family"] not in ROWS_ONLY], hospital.cells())
        return expected

    def assert_rejected_topic(self, hospital, expected):
        """Each refused record is there under its own coordinate, with its reason and its bytes; repeats are the same."""
        due = {(one["topic"], one["partition"], one["offset"]): one for one in expected.outcomes() if one["outcome"] == "rejected"}
        original = {}
        for topic in TOPICS:
            for record in hospital.read(topic):
                if (place := (topic, record["partition"], record["offset"])) in due:
                    original[place] = record["value"]
        self.assertLessEqual({None, b""}, set(original.values()))
        seen = set()
        for record in hospital.read("rejected"):
            topic, partition, offset = record["key"].decode().removeprefix(f"{hospital.prefix}.").rsplit("-", 2)
            seen.add(place := (topic, int(partition), int(offset)))
            self.assertIn(place, due)
            self.assertEqual(record["value"], original[place] or b"", place)
            self.assertEqual("tombstone=true" in record["headers"], original[place] is None, place)
            self.assertIn(f"reason={due[place]['reason']},", record["headers"], place)
            if due[place].get("rules"):
                self.assertIn(f",rule={due[place]['rules'][0]},", record["headers"], place)
        self.assertEqual(set(due), seen)

    def assert_accounted_for(self, hospital, expected):
        total = collections.Counter()
        for cell in map(json.loads, hospital.cells()):
            if cell["family"] == "task":
                total.update({name: cell["values"][name] for name in ("consumed", "applied", "duplicate", "rejected", "held")})
        self.assertEqual(total["consumed"], sum(1 for _ in expected.outcomes()))
        self.assertEqual(total["consumed"], total["applied"] + total["duplicate"] + total["rejected"] + total["held"])
