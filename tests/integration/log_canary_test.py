"""No log line at info or above holds anything of a record, a name or a key: a marked word goes in by every door, and the logs of
all programs are searched for it."""

import json
import re
import subprocess
import tempfile
import time
import unittest
import urllib.error

from stack import BIN, Stack, get, wait_for

CANARY = "Kanarienvogel"


def event(**fields):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
    return {"event_id": f"{CANARY}-e{len(fields)}", "event_type": "checkin", "event_time": now, "patient_id": f"{CANARY}-p",
            "visit_id": f"{CANARY}-v", "department": f"{CANARY} Ward", "visit_type": "Emergency", "source": "test",
            "metadata": {"name": CANARY}} | fields


# One for each way in which a record is refused, and some that are taken.
RECORDS = [
    event(), event(), event(department="Surgery"), event(event_id=f"{CANARY}-2", patient_id=f"{CANARY}-q"),
    event(event_type="bill", bill_id=f"{CANARY}-b"), event(event_type=CANARY), event(event_time=CANARY), event(visit_type=CANARY),
    event(patient_id=""), event(visit_id=None), event(schema_version=7), event(patient_id=[CANARY]), event(event_id=CANARY * 9),
    event(event_time="2999-01-01T00:00:00Z"), event(event_time="1999-01-01T00:00:00Z"), event(metadata=CANARY * 90_000), [CANARY],
]
REFUSED_AT_LEAST = 12
TEXTS = [json.dumps(record) for record in RECORDS] + [f'{{"patient_id":"{CANARY}', f'{CANARY}', f'{{"a":"{CANARY}","a":"{CANARY}"}}']


class LogCanary(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="wardpulse-canary-")
        self.addCleanup(folder.cleanup)
        self.stack = Stack(folder.name)
        self.addCleanup(self.stack.stop)
        self.stack.start()
        self.said_besides = ""

    def test_nothing_of_a_record_is_logged(self):
        self.through_kafka()
        self.through_the_importer()
        self.through_http()
        patients = self.patients()
        for process in self.stack.processes[1:3]:  # the consumers: what they say when they take over, and at their end
            process.terminate()
            process.wait(20)
        logs = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in self.stack.folder.glob("*.log")}
        logs["importer and others"] = self.said_besides
        self.assertEqual(len(logs), 6)
        for name, log in logs.items():
            self.assertNotRegex(log, f"(?i){CANARY}", name)
            self.assertNotIn(self.stack.key, log, f"{name} holds a key")
            self.assertEqual([patient for patient in patients if patient in log], [], f"{name} names patients of the simulator")
        self.assertIn("metrics are served", logs["consumer-1.log"], "there were logs at all")

    def patients(self):
        done = subprocess.run(["kcat", "-C", "-q", "-e", "-b", self.stack.broker, "-t", "wardpulse.checkins", "-f", "%k\n"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90, check=True)
        found = {key for key in done.stdout.split("\n") if len(key) > 3 and not key.startswith((CANARY, "wardpulse."))}
        self.assertGreater(len(found), 100)
        return found

    def through_kafka(self):
        for text in TEXTS:
            subprocess.run(["kcat", "-P", "-b", self.stack.broker, "-t", "wardpulse.checkins", "-k", f"{CANARY}-p", "-D", "<END>",
                            "-X", "message.max.bytes=4000000"], input=text.encode(), check=True, timeout=90, capture_output=True)
        def refused():
            pages = [get(f"http://127.0.0.1:{port}/metrics") for port in self.stack.consumers]
            return sum(int(n) for page in pages for n in re.findall(r"^wardpulse_events_rejected_total\S* (\d+)", page, re.M))
        # On a busy machine a member may answer the embedded broker too late; it then waits for the next round, some 20 s.
        wait_for(lambda: refused() >= REFUSED_AT_LEAST, "the bad records to be refused", 120)

    def through_the_importer(self):
        path = self.stack.folder / "events.jsonl"
        path.write_text("\n".join(TEXTS), encoding="utf-8")
        rejects = self.stack.folder / "rejects.csv"
        done = subprocess.run([BIN / "wardpulse-producer", "import", "jsonl", path, "--brokers", self.stack.broker, "--rejects", rejects,
                               "--metrics-listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertIn(CANARY, rejects.read_text(encoding="utf-8"), "it had something to refuse")
        self.said_besides += done.stdout + done.stderr

    def through_http(self):
        for path, headers in ((f"/{CANARY}", {}), (f"/api/v1/cells?family={CANARY}", {"X-API-Key": self.stack.key}),
                              (f"/api/v1/cells?family=department&window=1h&department={CANARY}", {"X-API-Key": self.stack.key}),
                              ("/api/v1/cells", {"X-API-Key": f"wp_read_{CANARY}_1_2"}), ("/ws", {"Cookie": f"wp_session={CANARY}"})):
            try:
                get(f"http://127.0.0.1:{self.stack.web}{path}", headers)
            except urllib.error.HTTPError:
                pass  # what it answers is another test's business


if __name__ == "__main__":
    unittest.main(verbosity=2)
