"""Apache Kafka for a test: its own node in its own folder, on a free port, gone when the test is over."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

SOURCE = pathlib.Path(os.environ.get("WARDPULSE_SOURCE", pathlib.Path(__file__).resolve().parents[2]))


class RealBroker:
    """`with RealBroker() as broker: broker.bootstrap`. It can be stopped and started again on the same port and data."""

    def __init__(self):
        self._folder = tempfile.mkdtemp(prefix="wardpulse-kafka-")
        self.bootstrap = ""

    def start(self):
        port = ["--port", self.bootstrap.rpartition(":")[2]] if self.bootstrap else []
        done = self._script("start", "--real", *port)
        if done.returncode != 0:
            raise RuntimeError(f"Apache Kafka did not start:\n{done.stderr}")
        self.bootstrap = done.stdout.strip().splitlines()[-1].removeprefix("bootstrap=")

    def stop(self):
        self._script("stop")

    def kill(self):
        """As when its machine loses power: nothing is said to anybody. start() brings it back."""
        os.kill(int(pathlib.Path(self._folder, "pid").read_text(encoding="utf-8").split()[0]), signal.SIGKILL)

    def log(self):
        return pathlib.Path(self._folder, "log.txt").read_text(encoding="utf-8")

    def bytes_of(self, topic):
        """What a topic takes on the broker's disk, without indexes."""
        return sum(file.stat().st_size for file in pathlib.Path(self._folder, "data").glob(f"{topic}-[0-9]*/*.log"))

    def __enter__(self):
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends this program as Ctrl-C does, and the broker with it
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _script(self, action, *options):
        return subprocess.run(
            [SOURCE / "wardpulse", "broker", action, "--dir", self._folder, *options],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180, check=False)
