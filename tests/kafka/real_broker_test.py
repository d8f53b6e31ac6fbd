"""Runs test_kafka_real on an Apache Kafka of its own."""

import os
import pathlib
import subprocess
import sys

from broker import RealBroker

PROGRAM = pathlib.Path(os.environ["WARDPULSE_BIN"]) / "test_kafka_real"

if __name__ == "__main__":
    with RealBroker() as broker:
        environment = {**os.environ, "WARDPULSE_TEST_BROKERS": broker.bootstrap}
        sys.exit(subprocess.run([PROGRAM], env=environment, timeout=200, check=False).returncode)
