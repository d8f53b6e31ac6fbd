"""Schemathesis, a tool that others wrote, against the web service's own OpenAPI document: all its checks, with and without a key.

schemathesis_test.py [--examples N]: test cases of each operation and phase at most.
"""

import argparse
import contextlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(os.environ.get("WARDPULSE_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("WARDPULSE_BIN", SOURCE / "build/bin"))
TOOL = SOURCE / ".cache/schemathesis/bin/schemathesis"
DEADLINE_S = 60


@contextlib.contextmanager
def running(command, log_path, ready):
    """A program beside the test, and what the pattern `ready` finds in what it says."""
    with open(log_path, "wb") as log:
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        end = time.monotonic() + DEADLINE_S
        while True:
            said = pathlib.Path(log_path).read_text(encoding="utf-8", errors="replace")
            if found := re.search(ready, said):
                yield found
                return
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{command[0]} did not get ready:\n{said}")
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
    finally:
        process.terminate()
        process.wait(20)


def run(*command):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=DEADLINE_S * 2, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


def judge(url, examples, seed, headers):
    command = [TOOL, "run", f"{url}/openapi.json", "--checks", "all", "--max-examples", examples, "--seed", seed, "--no-color",
               "--generation-database", "none", "--no-shrink", "--continue-on-failure", "--request-timeout", "30", "--warnings", "off"]
    for header in headers:
        command += ["--header", header]
    print(f"seed {seed}, {'with' if headers else 'without'} key", flush=True)
    return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, check=False, cwd=tempfile.gettempdir()).returncode


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--examples", type=int, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    if not TOOL.exists():
        print("SKIPPED: schemathesis is not installed (./wardpulse test installs it)")
        return 77
    with tempfile.TemporaryDirectory(prefix="wardpulse-schemathesis-") as folder, contextlib.ExitStack() as stack:
        broker = stack.enter_context(running([BIN / "wardpulse-broker", "--port", "0"], f"{folder}/broker.log", r"bootstrap=(\S+)"))[1]
        run(BIN / "wardpulse-producer", "simulate", "--brokers", broker, "--events", "3000", "--seed", "1", "--speed", "max",
            "--metrics-listen", "127.0.0.1:0")
        run(BIN / "wardpulse-consumer", "--brokers", broker, "--until-end", "--max-future", "off", "--metrics-listen", "127.0.0.1:0")
        key = run(BIN / "wardpulse-web", "keys", "create", "--keys", f"{folder}/keys", "--scope", "admin").strip()
        web = stack.enter_context(running(
            [BIN / "wardpulse-web", "--brokers", broker, "--keys", f"{folder}/keys", "--listen", "127.0.0.1:0", "--private-listen", "127.0.0.1:0",
             "--request-rate", "0"], f"{folder}/web.log", r"listening .*?\bport=(\d+)(?:.|\n)* ready "))[1]
        url = f"http://127.0.0.1:{web}"
        results = [judge(url, options.examples, options.seed, headers) for headers in ([f"X-API-Key: {key}"], [])]
    return 1 if any(results) else 0


if __name__ == "__main__":
    sys.exit(main())
