"""What ./wardpulse says and refuses. It runs in a copy of its files with pretended system tools, so nothing is installed."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["WARDPULSE_SOURCE"])

# Pretends a system on which no package is installed and apt has every package; writes down how it was called.
DPKG_QUERY = "exit 1"
APT_CACHE = 'echo "$2:"; echo "  Candidate: 1.0"'
APT_GET = 'echo "$DEBIAN_FRONTEND $*" >>"$CALLS"'


class Script(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wardpulse-script-"))
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copy(SOURCE / "wardpulse", self.folder)
        shutil.copytree(SOURCE / "tools", self.folder / "tools")
        self.tools = self.folder / "pretended"
        self.tools.mkdir()
        self.calls = self.folder / "calls"

    def pretend(self, **programs):
        for name, body in programs.items():
            path = self.tools / name.replace("_", "-")
            path.write_text(f"#!/bin/bash\n{body}\n", encoding="utf-8")
            path.chmod(0o755)

    def run_script(self, *arguments, path=None, before=()):
        environment = dict(os.environ, PATH=path or f"{self.tools}:{os.environ['PATH']}", CALLS=str(self.calls))
        return subprocess.run([*before, str(self.folder / "wardpulse"), *arguments], env=environment, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def assert_refused(self, done, code, words):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(words, done.stderr.splitlines()[-1])
        self.assertEqual(done.stdout, "")

    def test_help_names_every_command(self):
        done = self.run_script("help")
        self.assertEqual(done.returncode, 0)
        for command in ("demo", "test", "build", "broker", "bench", "replay", "install", "clean", "help"):
            self.assertRegex(done.stdout, rf"(?m)^  {command} ")

    def test_each_command_tells_its_options_before_anything_is_installed(self):
        self.pretend(dpkg_query=DPKG_QUERY, apt_cache="exit 1", apt_get="exit 1")
        for command, option in (("demo", "--history D"), ("test", "--sanitize S"), ("build", "into build/bin"), ("broker", "--real"),
                                ("install", "what building needs"), ("package", "bill of materials"), ("clean", "--all")):
            for word in ("--help", "-h"):
                with self.subTest((command, word)):
                    done = self.run_script(command, word)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    self.assertTrue(done.stdout.startswith(f"Usage: ./wardpulse {command} [OPTIONS]\n\n  {command} "), done.stdout)
                    self.assertIn(option, done.stdout)
                    self.assertEqual(sum(line[2:3].isalpha() for line in done.stdout.splitlines()[1:]), 1, "only that command")
        self.assertRegex(self.run_script("help").stdout, r"(?m)^ +replay +instead: ")
        self.pretend(python3='echo "$@"')
        for given, script in ((["bench", "--help"], "bench.py --help"), (["bench", "-h"], "bench.py -h"), (["bench", "replay", "--help"], "replay_bench.py --help")):
            with self.subTest(given):
                done = self.run_script(*given)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, f"{self.folder}/tests/bench/{script}\n", ""))
        self.assert_refused(self.run_script("dance", "--help"), 2, "'dance'")

    def test_unknown_words_are_named(self):
        for arguments, word in ((["dance"], "'dance'"), (["demo", "--fast"], "'--fast'"), (["test", "--slow"], "'--slow'"),
                                (["demo", "--for", "soon"], "'soon'"), (["demo", "--rate", "0"], "'0'"),
                                (["demo", "--port", "70000"], "'70000'"), (["broker", "start", "--port", "x"], "'x'"),
                                (["clean", "--everything"], "--all"), (["broker"], "start, stop or status")):
            with self.subTest(arguments):
                self.assert_refused(self.run_script(*arguments), 2, word)

    def test_a_taken_port_is_refused_before_anything_is_built(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            for arguments in (["demo"], ["broker", "start"], ["broker", "start", "--real"]):
                with self.subTest(arguments):
                    self.assert_refused(self.run_script(*arguments, "--port", port), 1, f"port {port} is taken")

    def test_a_broker_and_its_controller_never_get_one_port(self):
        always_the_same = "unset SRANDOM; SRANDOM=7; port_taken() { return 1; }; die() { echo none; exit; }"
        for arguments, said in (("", "20007"), ("20008", "20007"), ("20007", "none")):
            with self.subTest(arguments):
                done = subprocess.run(["bash", "-c", f". tools/net.sh; {always_the_same}; free_port {arguments}"], cwd=self.folder,
                                      check=True, capture_output=True, text=True, timeout=60)
                self.assertEqual(done.stdout.strip(), said)

    def test_a_system_without_apt_is_refused(self):
        for folder in ("/usr/bin", "/bin", "/usr/sbin"):
            for program in pathlib.Path(folder).iterdir():
                if program.name not in {"apt-get", "dpkg-query"} and not (self.tools / program.name).exists():
                    (self.tools / program.name).symlink_to(program)
        self.assert_refused(self.run_script("install", path=str(self.tools)), 1, "has no apt-get")

    def test_installs_without_questions_and_removes_nothing(self):
        self.pretend(dpkg_query=DPKG_QUERY, apt_cache=APT_CACHE, apt_get=APT_GET, sudo='[[ $1 == -n ]] || "$@"',
                     node="exit 0", npm="exit 0")
        done = self.run_script("install")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("missing to compile and test Wardpulse: g++", done.stderr)
        installs = [line for line in self.calls.read_text(encoding="utf-8").splitlines() if " -y " in f" {line} "]
        self.assertEqual(len(installs), 1)
        self.assertTrue(installs[0].startswith("noninteractive "), installs[0])
        self.assertIn("install --no-remove --no-install-recommends g++ ", installs[0])

    def test_without_a_network_says_so(self):
        self.pretend(dpkg_query=DPKG_QUERY, apt_cache="true", sudo='[[ $1 == -n ]] || "$@"',
                     apt_get='echo "E: Failed to fetch the lists: Temporary failure resolving"; exit 100')
        self.assert_refused(self.run_script("install"), 1, "is there a network?")

    def test_a_system_without_the_packages_says_which(self):
        self.pretend(dpkg_query=DPKG_QUERY, apt_get=APT_GET, sudo='[[ $1 == -n ]] || "$@"',
                     apt_cache='[[ $2 == libexpected-dev ]] || echo "  Candidate: 1.0"')
        self.assert_refused(self.run_script("install"), 1, "do not have libexpected-dev")

    def test_an_ordinary_user_without_sudo_gets_the_command_to_run(self):
        if os.geteuid() != 0:
            self.skipTest("SKIPPED: being another user needs root")
        self.pretend(dpkg_query=DPKG_QUERY, apt_cache=APT_CACHE, apt_get=APT_GET, sudo="exit 1")
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, 65534, 65534)
        done = self.run_script("install", before=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
        self.assert_refused(done, 1, "as root, run: apt-get install --no-install-recommends g++")

    def test_a_checkout_of_somebody_else_is_refused(self):
        if os.geteuid() != 0:
            self.skipTest("SKIPPED: being another user needs root")
        self.folder.chmod(0o755)
        done = self.run_script("install", before=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
        self.assert_refused(done, 1, "run as the user who owns the checkout")


if __name__ == "__main__":
    unittest.main()
