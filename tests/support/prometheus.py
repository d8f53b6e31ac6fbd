"""Prometheus and promtool: those of the script's cache (tools/install.sh brings them there), else the machine's."""

import os
import pathlib
import shutil
import sys

SOURCE = pathlib.Path(os.environ.get("WARDPULSE_SOURCE", pathlib.Path(__file__).resolve().parents[2]))


def program(name):
    """The path of `prometheus` or `promtool`; without one the test ends as skipped, and says so."""
    cached = SOURCE / ".cache/prometheus/usr/bin" / name
    if found := cached if cached.exists() else shutil.which(name):
        return str(found)
    print("SKIPPED: prometheus (./wardpulse test brings it)")
    sys.exit(77)
