"""./wardpulse broker: both kinds start, answer, are found again and go away."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

from broker import RealBroker

SCRIPT = pathlib.Path(os.environ["WARDPULSE_SOURCE"], "wardpulse")


def broker(action, folder, *options):
    return subprocess.run([SCRIPT, "broker", action, "--dir", folder, *options], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=180, check=False)


def answers(bootstrap):
    host, _, port = bootstrap.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return False
    return True


class Broker(unittest.TestCase):
    def start(self, *options):
        folder = tempfile.mkdtemp(prefix="wardpulse-broker-")
        self.addCleanup(shutil.rmtree, folder)
        self.addCleanup(broker, "stop", folder)
        done = broker("start", folder, *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        last = done.stdout.splitlines()[-1]
        self.assertRegex(last, r"^bootstrap=127\.0\.0\.1:\d+$")
        return folder, last.removeprefix("bootstrap=")

    def test_lives_from_start_to_stop(self):
        for options in ((), ("--real",)):
            with self.subTest(options):
                folder, bootstrap = self.start(*options)
                self.assertTrue(answers(bootstrap))
                self.assertIn(f"bootstrap={bootstrap}", broker("status", folder).stdout)
                again = broker("start", folder, *options)
                self.assertIn(f"bootstrap={bootstrap}", again.stdout, "a second start finds the first")
                self.assertEqual(broker("stop", folder).returncode, 0)
                self.assertFalse(answers(bootstrap))
                self.assertEqual(broker("status", folder).returncode, 1)

    def test_two_folders_are_two_brokers(self):
        self.assertNotEqual(self.start()[1], self.start()[1])

    def test_a_folder_has_one_broker(self):
        folder, _ = self.start()
        done = broker("start", folder, "--real")
        self.assertEqual(done.returncode, 1)
        self.assertIn("stop it first", done.stderr)

    def test_real_one_comes_back_on_its_port_with_its_data(self):
        with RealBroker() as real:
            bootstrap = real.bootstrap
            real.stop()
            self.assertFalse(answers(bootstrap))
            real.start()
            self.assertEqual(real.bootstrap, bootstrap)
            self.assertTrue(answers(bootstrap))


if __name__ == "__main__":
    unittest.main()
