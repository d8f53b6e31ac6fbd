"""./wardpulse demo: shows numbers soon, ends when told, and leaves nothing behind."""

import os
import pathlib
import re
import signal
import subprocess
import unittest

SOURCE = pathlib.Path(os.environ["WARDPULSE_SOURCE"])
FIRST_NUMBERS_WITHIN_S = 10


def processes_of(folder):
    """Every process whose command line names the folder of a demo's run."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it ended meanwhile
        if folder in line:
            found.append(line)
    return found


class Demo(unittest.TestCase):
    def start(self, *options):
        return subprocess.Popen([SOURCE / "wardpulse", "demo", *options], stdin=subprocess.DEVNULL, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)

    def assert_nothing_left(self, said):
        folder = re.search(r"until then the logs are in (\S+)", said).group(1)
        self.assertFalse(pathlib.Path(folder).exists())
        self.assertEqual(processes_of(folder), [])

    def test_shows_numbers_and_ends_by_itself(self):
        demo = self.start("--for", "3s", "--history", "2h")
        out, said = demo.communicate(timeout=180)
        self.assertEqual(demo.returncode, 0, said)
        self.assertRegex(out, r"http://127\.0\.0\.1:\d+/#key=wp_read_\w+")
        took = float(re.search(r"first numbers after ([\d.]+) s", said).group(1))
        self.assertLess(took, FIRST_NUMBERS_WITHIN_S)
        self.assert_nothing_left(said)

    def test_ctrl_c_ends_all_of_it(self):
        demo = self.start("--history", "1h")
        said = ""
        for line in demo.stderr:
            said += line
            if "Ctrl-C ends it" in line:
                break
        os.killpg(demo.pid, signal.SIGINT)
        _, rest = demo.communicate(timeout=60)
        self.assertEqual(demo.returncode, 130, said + rest)
        self.assert_nothing_left(said + rest)


if __name__ == "__main__":
    unittest.main()
