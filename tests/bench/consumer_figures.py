"""What a running consumer says of itself on its metrics page."""

import re
import urllib.request

COUNTED = re.compile(r"^wardpulse_events_consumed_total\S* (\S+)$", re.MULTILINE)
LAG = re.compile(r"^wardpulse_consumer_lag_records\S* (\S+)$", re.MULTILINE)


def figure(consumer, of):
    """The sum of a metric of the consumer's."""
    with urllib.request.urlopen(f"http://127.0.0.1:{consumer.waited_for('metrics are served port=([0-9]+)')}/metrics", timeout=30) as answer:
        return sum(float(value) for value in of.findall(answer.read().decode()))


def counted(consumer):
    """How many events a consumer has counted."""
    return figure(consumer, COUNTED)
