"""The running programs for a test, around the embedded broker: two consumers, the web service and the simulator."""

import os
import pathlib
import re
import socket
import subprocess
import threading
import time
import urllib.request

BIN = pathlib.Path(os.environ["WARDPULSE_BIN"])


def wait_for(condition, what, deadline_s):
    end, pause = time.monotonic() + deadline_s, threading.Event()
    while not (answer := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"after {deadline_s} s still waiting for {what}")
        pause.wait(0.1)
    return answer


def get(url, headers=None):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=10) as answer:
        return answer.read().decode("utf-8")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stack:
    """Each program is on ports of its own choice, and says everything to a log in `folder`."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.processes = []

    def start(self):
        self.broker = self.said("broker", r"bootstrap=(\S+)", BIN / "wardpulse-broker", "--partitions", "8")
        common = ["--brokers", self.broker]
        quick = ["-X", "fetch.wait.max.ms=50"]
        metrics = ["--metrics-listen", "127.0.0.1:0"]
        served = r"metrics are served port=(\d+)"
        self.consumers = [self.said(f"consumer-{i}", served, BIN / "wardpulse-consumer", *common, *metrics, *quick) for i in (1, 2)]
        keys = self.folder / "keys"
        self.key = subprocess.run([BIN / "wardpulse-web", "keys", "create", "--keys", keys, "--scope", "read"], check=True,
                                  capture_output=True, text=True, timeout=20).stdout.strip()
        self.web_private = self.said("web", r"private_port=(\d+)", BIN / "wardpulse-web", *common, *quick, "--keys", keys, "--pipe-heartbeat", "1s",
                                     "--listen", "127.0.0.1:0", "--private-listen", "127.0.0.1:0")
        self.web_process = self.processes[-1]
        self.web = re.search(r" port=(\d+)", self.log("web"))[1]
        self.producer = self.said("producer", served, BIN / "wardpulse-producer", "simulate", *common, *metrics, "--seed", "5",
                                  "--rate", "20", "--history", "3h")

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    # Starts a program and waits until it has said `pattern`; its first group.
    def said(self, name, pattern, *command):
        with open(self.folder / f"{name}.log", "wb") as log:
            process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.processes.append(process)
        return wait_for(lambda: re.search(pattern, self.log(name)), f"/{pattern}/ of {name}", 30)[1]

    # The broker last: who cannot deliver what is under way waits for it, and says so.
    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
