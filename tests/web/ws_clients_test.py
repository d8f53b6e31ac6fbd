"""WebSocket clients that others wrote, for Python and for Node, follow live cells and are told when the server stops."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from stack import Stack, wait_for

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = HERE.parents[1] / ".cache/schemathesis/bin/python"  # the one that has packages
TOPICS = ["census", "department:1m", "hospital:1d"]


def clients():
    found = []
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", "import websockets"], capture_output=True, check=False).returncode == 0:
        found.append([PYTHON, HERE / "ws_client.py"])
    if (HERE.parent / "browser/node_modules/ws").exists() and shutil.which("node"):
        found.append([shutil.which("node"), HERE / "ws_client.mjs"])
    return found


def main():
    if len(found := clients()) < 2:
        print("SKIPPED: the packages websockets and ws are not installed (./wardpulse test installs them)")
        return 77
    with tempfile.TemporaryDirectory(prefix="wardpulse-ws-") as folder:
        stack = Stack(folder)
        try:
            stack.start()
            wait_for(lambda: "ready" in stack.log("web"), "cells", 60)
            for number, client in enumerate(found):
                stack.said(f"client-{number}", "(following)", *client, stack.web, stack.key, *TOPICS)
            followers = stack.processes[-len(found):]
            stack.web_process.terminate()
            for process in followers:
                process.wait(20)
        finally:
            stack.stop()
        for number, process in enumerate(followers):
            told = stack.log(f"client-{number}")
            print(told.splitlines()[-1])
            seen = json.loads(told.splitlines()[-1])
            assert seen["closed"] == 1001, told
            assert seen["protocol"] == "wardpulse.v1" and "gap" not in seen and "error" not in seen, told
            assert process.returncode == 0, told
    return 0


if __name__ == "__main__":
    sys.exit(main())
