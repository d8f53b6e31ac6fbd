"""The program wardpulse-broker: what it prints, the port it takes, how it ends."""

import os
import pathlib
import signal
import socket
import subprocess
import unittest

PROGRAM = str(pathlib.Path(os.environ["WARDPULSE_BIN"]) / "wardpulse-broker")


def start(*flags):
    return subprocess.Popen([PROGRAM, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class EmbeddedBroker(unittest.TestCase):
    def stop(self, broker, how=signal.SIGTERM):
        broker.send_signal(how)
        _, errors = broker.communicate(timeout=20)
        self.assertEqual(broker.returncode, 0, errors)

    def test_prints_an_address_that_answers_and_stops_when_asked(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            broker = start("--partitions", "2")
            line = broker.stdout.readline()
            self.assertRegex(line, r"^bootstrap=127\.0\.0\.1:\d+\n$")
            host, port = line.strip().removeprefix("bootstrap=").split(":")
            socket.create_connection((host, int(port)), timeout=5).close()
            self.stop(broker, how)

    def test_takes_a_port_and_says_when_it_is_taken(self):
        port = free_port()
        broker = start("--port", str(port))
        self.assertEqual(broker.stdout.readline(), f"bootstrap=127.0.0.1:{port}\n")
        second = subprocess.run([PROGRAM, "--port", str(port)], capture_output=True, text=True, timeout=20)
        self.assertEqual(second.returncode, 1)
        self.assertIn(f"127.0.0.1:{port}", second.stderr)
        self.stop(broker)

    def test_bad_configuration_ends_with_2(self):
        for flags in (["--partitions", "0"], ["--unknown"], ["word"], ["-X", "no.such.setting=1"]):
            done = subprocess.run([PROGRAM, *flags], capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(flags[-1].split("=")[0] if flags[0] in ("-X", "word", "--unknown") else flags[0], done.stderr)


if __name__ == "__main__":
    unittest.main()
