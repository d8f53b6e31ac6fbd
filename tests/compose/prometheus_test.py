"""A real Prometheus, with the shipped settings, scrapes the running programs: every metric is there and well formed, the
rules can be evaluated, and every query of the Grafana dashboards gives data."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

import prometheus
from stack import Stack, free_port, get, wait_for

SOURCE = pathlib.Path(os.environ["WARDPULSE_SOURCE"])
COMPOSE = SOURCE / "compose"
PROMTOOL = prometheus.program("promtool")
MOST_SERIES = 500  # of one process

# What the documents promise, by the program that has it. Histograms by their base name.
PROMISED = {
    "wardpulse-producer": ["produced_total", "produce_failures_total", "build_info"],
    "wardpulse-consumer": [
        "events_consumed_total", "feed_records_total", "events_applied_total", "events_duplicate_total", "events_rejected_total", "events_held",
        "late_events_total", "watermark_timestamp_seconds", "event_time_lag_seconds", "consumer_lag_records", "state_entries",
        "checkpoint_seconds_bucket", "checkpoint_timestamp_seconds", "checkpoint_failures_total", "rebalances_total",
        "processing_seconds_bucket", "build_info"],
    "wardpulse-web": [
        "ws_clients", "ws_conflated_total", "ws_resyncs_total", "ws_send_seconds_bucket", "ws_dropped_total",
        "connections_refused_total", "http_requests_total", "http_request_seconds_bucket", "watermark_age_seconds", "heartbeat_age_seconds",
        "census_patients", "hour_events", "build_info"],
}


def start_prometheus(stack, extra):
    """The shipped settings with this stack's addresses, and rules and scrapes once a second."""
    settings = (COMPOSE / "prometheus/prometheus.yml").read_text(encoding="utf-8")
    here = {"producer:9101": stack.producer, "consumer-1:9102": stack.consumers[0], "consumer-2:9102": stack.consumers[1],
            "web:9103": stack.web_private, "disk:9100": extra}
    for target, port in here.items():
        assert f'"{target}"' in settings, f"compose/prometheus/prometheus.yml does not scrape {target}"
        settings = settings.replace(f'"{target}"', f'"127.0.0.1:{port}"')
    settings = re.sub(r"(scrape|evaluation)_interval: \w+", r"\1_interval: 1s", settings)
    (stack.folder / "prometheus.yml").write_text(settings, encoding="utf-8")
    rules = re.sub(r"interval: 1m", "interval: 1s", (COMPOSE / "prometheus/rules.yml").read_text(encoding="utf-8"))
    (stack.folder / "rules.yml").write_text(rules, encoding="utf-8")
    port = free_port()
    stack.said("prometheus", r"(Server is ready to receive web requests)", prometheus.program("prometheus"),
               f"--config.file={stack.folder}/prometheus.yml", f"--storage.tsdb.path={stack.folder}/tsdb",
               f"--web.listen-address=127.0.0.1:{port}")
    return f"http://127.0.0.1:{port}"


class Watched(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="wardpulse-prometheus-")
        cls.addClassCleanup(folder.cleanup)
        cls.stack = Stack(folder.name)
        cls.addClassCleanup(cls.stack.stop)
        cls.stack.start()
        get(f"http://127.0.0.1:{cls.stack.web}/openapi.json")
        cls.url = start_prometheus(cls.stack, extra=cls.stack.web_private)
        # Rates need some scrapes; the simulator must have caught up, and a checkpoint been written.
        wait_for(lambda: cls.samples("sum(wardpulse_consumer_lag_records) < 100 and count(count_over_time("
                                     "wardpulse_checkpoint_timestamp_seconds[1m]) > 5) == 2 and sum(wardpulse_hour_events) > 0 "
                                     "and max(wardpulse_heartbeat_age_seconds) < 5"),
                 "a stack that keeps up", 60)

    @classmethod
    def samples(cls, query):
        answer = json.loads(get(f"{cls.url}/api/v1/query?" + urllib.parse.urlencode({"query": query})))
        if answer["status"] != "success":
            raise AssertionError(f"{query}: {answer}")
        return answer["data"]["result"]

    def pages(self):
        for name, port in (("producer", self.stack.producer), ("consumer-1", self.stack.consumers[0]),
                           ("consumer-2", self.stack.consumers[1]), ("web", self.stack.web_private)):
            yield name, get(f"http://127.0.0.1:{port}/metrics")

    def test_every_promised_metric_is_scraped(self):
        self.assertEqual([s["metric"]["instance"] for s in self.samples('up{job=~"wardpulse-.*"} == 0')], [])
        for job, names in PROMISED.items():
            for name in names:
                self.assertTrue(self.samples(f'wardpulse_{name}{{job="{job}"}}'), f"{job} has no wardpulse_{name}")

    def test_pages_are_well_formed(self):
        for name, page in self.pages():
            ours = "".join(line + "\n" for line in page.splitlines() if "wardpulse_" in line)
            done = subprocess.run([PROMTOOL, "check", "metrics"], input=ours, capture_output=True, text=True, timeout=30, check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), name)

    def test_series_are_few_and_name_no_patient(self):
        for name, page in self.pages():
            series = [line for line in page.splitlines() if line.startswith("wardpulse_")]
            self.assertGreater(len(series), 3, name)
            self.assertLessEqual(len(series), MOST_SERIES, name)
            for line in series:
                self.assertNotRegex(line, r"(patient|visit|event|entity)_id=", name)

    def test_rules_can_be_evaluated_and_none_fires(self):
        def groups():
            found = json.loads(get(f"{self.url}/api/v1/rules"))["data"]["groups"]
            return found if all(r["health"] != "unknown" for g in found for r in g["rules"]) else None
        rules = [rule for group in wait_for(groups, "every rule to be evaluated", 30) for rule in group["rules"]]
        self.assertGreater(len(rules), 15)
        self.assertEqual([(r["name"], r.get("lastError")) for r in rules if r["health"] != "ok"], [])
        self.assertEqual([r["name"] for r in rules if r.get("state") == "firing"], [])

    def test_every_query_of_the_dashboards_gives_data(self):
        boards = sorted((COMPOSE / "grafana/dashboards").glob("*.json"))
        self.assertEqual([b.stem for b in boards], ["hospital", "pipeline"])
        data_source = re.search(r"uid: (\S+)", (COMPOSE / "grafana/provisioning/datasources/prometheus.yml").read_text())[1]
        empty = []
        for board in boards:
            for panel in json.loads(board.read_text(encoding="utf-8"))["panels"]:
                self.assertEqual(panel["datasource"]["uid"], data_source)
                for target in panel["targets"]:
                    query = target["expr"].replace("$__rate_interval", "1m")
                    if not self.samples(query):
                        empty.append(f"{board.stem}: {panel['title']}: {query}")
        self.assertEqual(empty, [])


class Rules(unittest.TestCase):
    def test_each_alert_fires_when_it_should_and_has_a_page(self):
        done = subprocess.run([PROMTOOL, "test", "rules", SOURCE / "tests/compose/rules_test.yml"], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        tested = (SOURCE / "tests/compose/rules_test.yml").read_text(encoding="utf-8")
        headings = re.findall(r"^#+ (.*)$", (SOURCE / "docs/operations.md").read_text(encoding="utf-8"), re.MULTILINE)
        for alert in re.findall(r"alert: (\w+)", (COMPOSE / "prometheus/rules.yml").read_text(encoding="utf-8")):
            self.assertIn(alert, headings, "docs/operations.md says what to do for each alert")
            self.assertIn(alert, tested)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
