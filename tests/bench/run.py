"""Programs that are run to be measured."""

import datetime
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

BIN = pathlib.Path(os.environ.get("WARDPULSE_BIN", pathlib.Path(__file__).resolve().parents[2] / "build/bin"))
ASSIGNED = re.compile(r"^(\S+Z) info wardpulse-consumer: partitions assigned", re.MULTILINE)
FIGURE = re.compile(r"\b(events|seconds|cpu|sum|cells|rss_mb)=(-?[0-9.]+)")


class Run:
    """Programs run at the same time, as one measurement."""

    def __init__(self, commands):
        started = time.time()
        outputs = [tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") for _ in commands]
        processes = [subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output, stderr=output)
                     for command, output in zip(commands, outputs)]
        self.cpu = self.memory_mb = 0
        try:
            for process in processes:
                self._wait(process)
        except BaseException:
            for process in processes:
                process.kill()
            raise
        self.wall = time.time() - started
        texts = []
        for process, output in zip(processes, outputs):
            output.seek(0)
            texts.append(output.read())
            output.close()
            if process.returncode != 0:
                sys.exit(f"{texts[-1][-2000:]}\n{shlex.join(map(str, process.args))} ended with {process.returncode}")
        self.text = "\n".join(texts)
        self.figures = dict(FIGURE.findall(self.text))
        self.memory_mb = float(self.figures.get("rss_mb", self.memory_mb))
        self.seconds = self._working_seconds(started)

    def _wait(self, process):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu += usage.ru_utime + usage.ru_stime
        self.memory_mb += usage.ru_maxrss / 1024

    def checksum(self):
        """What a job that counts by department and minute came to; None for other programs."""
        return tuple(self.figures[name] for name in ("events", "sum", "cells")) if "sum" in self.figures else None

    def _working_seconds(self, started):
        """Without start-up, where the program says when it began: consumers at their assignment, others by printing seconds=S."""
        if "seconds" in self.figures:
            return float(self.figures["seconds"])
        assigned = [datetime.datetime.fromisoformat(moment).timestamp() for moment in ASSIGNED.findall(self.text)]
        return self.wall - (min(assigned) - started) if assigned else self.wall
