"""compose.yaml for real: images from the shipped Dockerfile, the stack from the shipped file, seen through a browser and a real
Prometheus; a consumer is killed; a replay goes over and back; TLS and passwords; and taken down without a trace.

What cannot be pulled is replaced by stand-ins (tests/compose/images). Grafana has none: its container is not started here."""

import json
import os
import pathlib
import re
import shutil
import socket
import tempfile
import unittest
import urllib.parse
import urllib.request

import engine
from engine import SOURCE, run, wait_for

COMPOSE = SOURCE / "compose"
PROJECT = "wardpulse-engine-test"
SERVICES = ["kafka", "topics", "consumer-1", "consumer-2", "web", "producer", "prometheus", "disk"]
OURS = ["consumer-1", "consumer-2", "web", "producer"]
MOST_OF_OURS_MB = 60  # programs, libraries and pages, on top of the base image


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url, headers=None):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=10) as answer:
        return answer.read().decode("utf-8")


def build_images():
    print("building the images; the first time takes as long as a build from nothing", flush=True)
    engine.make_base_image()
    run("docker", "build", "-q", "-f", COMPOSE / "Dockerfile", "-t", "wardpulse:0.1.0", SOURCE, deadline_s=5400)
    with tempfile.TemporaryDirectory(prefix="wardpulse-images-") as context:
        for name in ("Dockerfile", "kafka.sh"):
            shutil.copy(SOURCE / "tests/compose/images" / name, context)
        shutil.copy(SOURCE / "tests/support/kafka/log4j2.properties", context)
        shutil.copytree(SOURCE / ".cache/kafka/libs", pathlib.Path(context, "libs"))
        for target in ("kafka", "prometheus", "node-exporter"):
            run("docker", "build", "-q", "--target", target, "-t", f"wardpulse-test/{target}", context, deadline_s=1800)


class Compose:
    def __init__(self, *files):
        self.ports = {name: free_port() for name in ("WEB", "KAFKA", "PROMETHEUS", "GRAFANA")}
        self._files = [option for file in ("compose.yaml", *files) for option in ("-f", str(COMPOSE / file))]
        self._environment = os.environ | {f"WARDPULSE_{name}_PORT": str(port) for name, port in self.ports.items()} | {
            f"WARDPULSE_{name}_IMAGE": f"wardpulse-test/{image}"
            for name, image in (("KAFKA", "kafka"), ("PROMETHEUS", "prometheus"), ("NODE_EXPORTER", "node-exporter"))
        } | {"WARDPULSE_HISTORY": "2h", "WARDPULSE_RATE": "20"}

    def __call__(self, *words, check=True, deadline_s=300):
        return run("docker-compose", "-p", PROJECT, *self._files, *words, env=self._environment, check=check, deadline_s=deadline_s)

    def container(self, service):
        return self("ps", "-q", service).stdout.strip()

    def health(self, service):
        state = json.loads(run("docker", "inspect", self.container(service)).stdout)[0]["State"]
        return state.get("Health", {}).get("Status", state["Status"])

    def key(self):
        return self("exec", "-T", "web", "wardpulse-web", "keys", "create", "--keys", "/var/lib/wardpulse/keys", "--scope", "read"
                    ).stdout.strip().splitlines()[-1]

    def answer(self, key, family):
        url = f"http://127.0.0.1:{self.ports['WEB']}/api/v1/cells?family={family}"
        try:
            return json.loads(get(url, {"X-API-Key": key}))
        except OSError:
            return {"cells": [], "generation": None}

    def cells(self, key, family):
        return self.answer(key, family)["cells"]

    def consumed(self, key):
        return sum(cell["values"]["consumed"] for cell in self.cells(key, "task"))

    def query(self, expression):
        url = f"http://127.0.0.1:{self.ports['PROMETHEUS']}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        try:
            return json.loads(get(url))["data"]["result"]
        except OSError:
            return []

    def down(self):
        self("down", "-v", "--remove-orphans", check=False)

    def traces(self):
        label = f"label=com.docker.compose.project={PROJECT}"
        return [line for kind in (["ps", "-a"], ["volume", "ls"], ["network", "ls"])
                for line in run("docker", *kind, "-q", "--filter", label).stdout.split()]


class Stack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        engine.check_tools()
        if not (SOURCE / ".cache/kafka/libs").is_dir():
            engine.cannot("needs Apache Kafka's jars: ./wardpulse test --long brings them")
        cls.enterClassContext(engine.Engine())
        build_images()

    def up(self, *files, services=SERVICES):
        compose = Compose(*files)
        self.addCleanup(compose.down)
        compose.down()
        try:
            compose("up", "-d", "--no-build", *services, deadline_s=400)
            for service in set(services) & {"consumer-1", "consumer-2", "web"}:
                wait_for(lambda: compose.health(service) == "healthy", f"{service} to be healthy", 120)
        except AssertionError as problem:
            logs = compose("logs", "--no-color", "--tail", "15", check=False).stdout
            raise AssertionError(f"{problem}\n{logs[-6000:]}") from None
        return compose

    def test_the_stack_runs_is_watched_and_leaves_nothing(self):
        compose = self.up()
        key = compose.key()
        wait_for(lambda: compose.consumed(key) > 1000, "numbers", 120)
        self.see_dashboard(compose, key)
        self.check_prometheus(compose)
        self.check_hardening(compose)
        self.kill_a_consumer(compose, key)
        self.replay(compose, key)
        compose("down", "-v")
        self.assertEqual(compose.traces(), [])
        print("not checked: Grafana's container, which has no stand-in; its queries are checked by compose.prometheus", flush=True)

    def see_dashboard(self, compose, key):
        if not (SOURCE / "tests/browser/node_modules").is_dir() or not shutil.which("chromium"):
            print("not checked: the dashboard in a browser (no Chromium, or no npm packages in tests/browser)", flush=True)
            return
        run("node", SOURCE / "tests/compose/see_dashboard.mjs", f"http://127.0.0.1:{compose.ports['WEB']}/#key={key}", deadline_s=180)

    def check_prometheus(self, compose):
        wait_for(lambda: len(compose.query("up == 1")) == 5, "five targets that are up", 90)
        self.assertTrue(compose.query('node_filesystem_avail_bytes{mountpoint="/var/lib/kafka/data"} > 0'))
        wait_for(lambda: compose.query("wardpulse:consumed:rate1m > 0"), "a recorded rate", 90)
        self.assertEqual(compose.query('ALERTS{alertstate="firing"}'), [])

    def check_hardening(self, compose):
        for service in OURS:
            found = json.loads(run("docker", "inspect", compose.container(service)).stdout)[0]
            self.assertTrue(found["HostConfig"]["ReadonlyRootfs"], service)
            self.assertEqual(found["HostConfig"]["CapDrop"], ["ALL"], service)
            self.assertIn("no-new-privileges:true", found["HostConfig"]["SecurityOpt"], service)
            self.assertGreater(found["HostConfig"]["Memory"], 0, service)
            status = compose("exec", "-T", service, "cat", "/proc/1/status").stdout
            self.assertRegex(status, r"Uid:\s+10001\s", service)
            self.assertRegex(status, r"CapEff:\s+0+\n", service)
            refused = compose("exec", "-T", service, "bash", "-c", "echo x >/opt/wardpulse/x", check=False)
            self.assertNotEqual(refused.returncode, 0, f"{service} can write to its root")
        for line in run("docker", "ps", "--format", "{{.Ports}}").stdout.splitlines():
            for published in re.findall(r"(\S+)->", line):
                self.assertTrue(published.startswith("127.0.0.1:"), published)
        size_mb = int(run("docker", "image", "inspect", "-f", "{{.Size}}", "wardpulse:0.1.0").stdout) / 1e6
        base_mb = int(run("docker", "image", "inspect", "-f", "{{.Size}}", engine.BASE).stdout) / 1e6
        print(f"the image has {size_mb:.0f} MB, {base_mb:.0f} of them the base", flush=True)
        self.assertLess(size_mb - base_mb, MOST_OF_OURS_MB)

    def kill_a_consumer(self, compose, key):
        run("docker", "kill", compose.container("consumer-1"))
        before = compose.consumed(key)
        wait_for(lambda: compose.consumed(key) > before + 100, "the other consumer to go on", 120)
        compose("up", "-d", "--no-build", "consumer-1")
        wait_for(lambda: compose.health("consumer-1") == "healthy", "the consumer to come back", 120)
        for cell in compose.cells(key, "task"):
            values = cell["values"]
            self.assertEqual(values["consumed"], values["applied"] + values["duplicate"] + values["rejected"] + values["held"])
            self.assertEqual(values["consumed"], sum(values["next_offsets"].values()), "each record once")

    def replay(self, compose, key):
        def replay(*words):
            return compose("exec", "-T", "consumer-2", "wardpulse-replay", *words, "--yes").stdout
        print(replay("run", "--generation", "check", "--metrics-listen", "127.0.0.1:0").strip().splitlines()[-1], flush=True)
        replay("promote", "--generation", "check")
        wait_for(lambda: compose.answer(key, "task")["generation"] == "check", "the replayed generation to be served", 120)
        replay("rollback")
        wait_for(lambda: compose.answer(key, "task")["generation"] == "live", "the live one to be served again", 120)

    def test_tls_and_passwords(self):
        run(COMPOSE / "make-secrets.sh")
        compose = self.up("compose.secure.yaml", services=["kafka", "topics", "consumer-1", "consumer-2", "web", "producer"])
        key = compose.key()
        wait_for(lambda: compose.consumed(key) > 1000, "numbers", 120)
        plain = compose("run", "--rm", "-T", "-e", "WARDPULSE_CONFIG=", "topics", check=False)
        self.assertNotEqual(plain.returncode, 0, "a client without password got in")
        for service in OURS:
            settings = json.loads(run("docker", "inspect", compose.container(service)).stdout)[0]["Config"]["Env"]
            self.assertFalse([value for value in settings if "assword" in value], service)
        compose("down", "-v")
        self.assertEqual(compose.traces(), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
