"""Everything that is no event, or hardly one, sent to all four topics: nothing crashes, each record becomes what the reference
says, and the rejected topic holds the original bytes."""

import datetime
import json
import os
import pathlib
import unittest
import urllib.parse

from harness import RealKafka
from records import MAX_RECORD_BYTES, TOPICS

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) - datetime.timedelta(hours=1)
EVENTS = {
    "checkins": {"event_type": "checkin", "department": "Emergency", "visit_type": "Emergency"},
    "encounters": {"event_type": "triage", "acuity": 3},
    "billing": {"event_type": "bill", "bill_id": "b", "total_amount": 100.01, "insurance_amount": 0, "patient_amount": 1e2,
                "status": "Pending"},
    "workflow": {"event_type": "data.uploaded", "entity_id": "n"},
}
FIELDS = ("event_id", "patient_id", "visit_id", "department", "entity_id", "event_type", "event_time", "facility")
OWN = ["", " ", "null", "\0", "0" * 64, "x" * 65, "ü" * 256, "ü" * 257, "\u2028\u2029", "a|b=c,d%e", "007", "NA", "1e5"]


def event(topic, number, **members):
    whole = {"event_id": f"e{number}", "event_time": NOW.isoformat(), "patient_id": f"p{number % 50}", "visit_id": f"v{number % 50}"}
    return json.dumps(whole | EVENTS[topic] | members, ensure_ascii=number % 2 == 0).encode("utf-8", "surrogatepass")


def odd_records(topic):
    """Deep, huge, empty, without value, not quite text."""
    good = event(topic, 0, event_id="huge")
    fill = MAX_RECORD_BYTES - len(good)
    yield from (None, b"", b"{}", b" ", b"\0", b"\xff\xfe", b"\xef\xbb\xbf" + good, good + b"\0", good + good, good[:-1])
    yield from (b"[" * 100_000, b"[" * 512 + b"]" * 512, b"[" * 513 + b"]" * 513, b'{"a":' * 5000, b'"' + b"a" * 100_000)
    yield from (good + b" " * fill, good + b" " * (fill + 1), b"x" * (2 * MAX_RECORD_BYTES - 100))
    yield from (b'{"metadata":{"a":' + b"[" * depth + b"]" * depth + b"}," + event(topic, depth)[1:] for depth in (509, 510, 511))
    yield event(topic, 1, event_id="far", event_time="9999-12-31T23:59:59Z")
    yield event(topic, 2, event_id="early", event_time="0001-01-01T00:00:00Z")
    yield event(topic, 3, schema_version=2)
    yield event(topic, 4, metadata={"a": [None, True, 1e308, -0.0, "\ud800"]})


class BadInput(RealKafka):
    def check(self, strings, files):
        hospital = self.hospital()
        hospital.create_topics()
        for topic in TOPICS:
            records = [*odd_records(topic), *files, *(text.encode("utf-8", "surrogatepass") for text in strings)]
            for field in FIELDS:
                records += [event(topic, number, **{field: text}) for number, text in enumerate(strings)]
            records += odd_records(topic)  # once more, now that the log has a time
            hospital.send(topic, [(f"k{number}".encode(), record) for number, record in enumerate(records)])
        hospital.consume(instances=2)
        expected = self.assert_agrees_with_reference(hospital)
        self.assert_rejected_topic(hospital, expected)
        self.assert_accounted_for(hospital, expected)
        with hospital.web() as get:
            departments = {cell["dims"]["department"] for cell in get("/api/v1/cells?family=census")["cells"]}
            for name in departments:
                answer = get(f"/api/v1/cells?family=department&window=1d&department={urllib.parse.quote(name, safe='')}")
                self.assertEqual({cell["dims"]["department"] for cell in answer["cells"]}, {name})
        return expected

    def test_own_collection(self):
        expected = self.check(OWN, [])
        reasons = {one.get("reason") for one in expected.outcomes()}
        self.assertLessEqual({"too_large", "malformed_json", "bad_type", "unsupported_schema", "unknown_event_type", "missing_field",
                              "bad_time", "future", "too_late", "rule"}, reasons)

    def test_public_collections(self):
        if not (data := os.environ.get("WARDPULSE_TEST_DATA")):
            self.skipTest("SKIPPED: data")
        files = [path.read_bytes() for path in sorted(pathlib.Path(data, "json_testsuite/test_parsing").glob("*.json"))]
        strings = json.loads(pathlib.Path(data, "blns/blns.json").read_text(encoding="utf-8"))
        self.assertEqual((len(files), len(strings)), (318, 515))
        self.check(strings, files)


if __name__ == "__main__":
    unittest.main()
