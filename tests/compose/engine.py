"""A Docker engine of the test's own, in a folder of its own, and a base image made with debootstrap: nothing is pulled.

From the environment, as in tests/support/empty_machine.sh: EMPTY_MACHINE_MIRROR, EMPTY_MACHINE_OVERLAY, EMPTY_MACHINE_ENV."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(os.environ["WARDPULSE_SOURCE"])
CACHE = SOURCE / ".cache/engine"
BASE = "debian:bookworm-slim"


def cannot(why):
    print(f"SKIPPED: engine ({why})", flush=True)
    sys.exit(77)


def check_tools():
    if os.geteuid() != 0:
        cannot("needs root")
    for tool in ("dockerd", "docker", "docker-compose", "debootstrap", "iptables"):
        if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            cannot(f"needs {tool}: ./wardpulse test --long installs it")


def wait_for(condition, what, deadline_s):
    end, pause = time.monotonic() + deadline_s, threading.Event()
    while not (answer := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"after {deadline_s} s still waiting for {what}")
        pause.wait(0.5)
    return answer


def run(*command, deadline_s=120, check=True, **options):
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=deadline_s,
                          check=False, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-4000:]}")
    return done


class Engine:
    """`with Engine():` DOCKER_HOST names it. Its images stay in .cache/engine for the next run; containers do not."""

    def __init__(self):
        CACHE.mkdir(parents=True, exist_ok=True)
        self._run = tempfile.mkdtemp(prefix="wardpulse-engine-")

    def __enter__(self):
        socket = f"unix://{self._run}/socket"
        os.environ.update(DOCKER_HOST=socket, DOCKER_BUILDKIT="0", COMPOSE_DOCKER_CLI_BUILD="0")
        with open(CACHE / "dockerd.log", "wb") as log:
            self._daemon = subprocess.Popen(
                ["dockerd", "--data-root", CACHE / "data", "--exec-root", f"{self._run}/exec", "--pidfile", f"{self._run}/pid",
                 "--host", socket, "--log-level", "warn"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for(self._answers, f"dockerd (its log is {CACHE}/dockerd.log)", 60)
        except AssertionError:
            self.__exit__()
            cannot(f"dockerd does not start here: {(CACHE / 'dockerd.log').read_text(errors='replace').strip().splitlines()[-1:]}")
        return self

    def _answers(self):
        if self._daemon.poll() is not None:
            raise AssertionError("dockerd ended")
        return run("docker", "version", check=False).returncode == 0

    def __exit__(self, *_):
        self._daemon.terminate()
        try:
            self._daemon.wait(60)
        except subprocess.TimeoutExpired:
            self._daemon.kill()
        shutil.rmtree(self._run, ignore_errors=True)


def make_base_image():
    """The image that the Dockerfiles start from, as the registry's own is made: a minimal Debian 12."""
    if run("docker", "image", "inspect", BASE, check=False).returncode == 0:
        return
    with tempfile.TemporaryDirectory(prefix="wardpulse-base-", dir=CACHE) as folder:
        mirror = [os.environ["EMPTY_MACHINE_MIRROR"]] if os.environ.get("EMPTY_MACHINE_MIRROR") else []
        if run("debootstrap", "--variant=minbase", "bookworm", folder, *mirror, deadline_s=900, check=False).returncode != 0:
            cannot("debootstrap failed: is there a network?")
        run("chroot", folder, "apt-get", "clean")
        if overlay := os.environ.get("EMPTY_MACHINE_OVERLAY"):
            run("cp", "-a", f"{overlay}/.", folder)
        settings = [f"--change=ENV {name}={os.environ[name]}" for name in os.environ.get("EMPTY_MACHINE_ENV", "").split()
                    if name in os.environ]
        tar = subprocess.Popen(["tar", "-C", folder, "--one-file-system", "-c", "."], stdout=subprocess.PIPE)
        subprocess.run(["docker", "import", *settings, "-", BASE], stdin=tar.stdout, check=True, stdout=subprocess.DEVNULL, timeout=300)
        if tar.wait() != 0:
            raise AssertionError("tar could not pack the base image")
