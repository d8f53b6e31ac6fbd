"""What one would write to import check-ins: Python's csv module and confluent-kafka.

csv_import.py json|orjson BROKERS TOPIC FILE: each row is an event, as the mapping of producer_bench.py says. BROKERS `-` prints the
events instead.
"""

import csv
import datetime
import json
import sys
import zoneinfo

import confluent_kafka
import orjson

ROWS_A_POLL = 1000
VISIT_TYPES = {"E": "Emergency", "O": "Outpatient", "I": "Inpatient"}


def with_json(event):
    event["event_time"] = event["event_time"].isoformat().replace("+00:00", "Z")
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()


def with_orjson(event):
    return orjson.dumps(event, option=orjson.OPT_UTC_Z)


def events(path, write):
    """(key, value) of each row."""
    here, utc = zoneinfo.ZoneInfo("Europe/Stockholm"), datetime.timezone.utc
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            arrived = datetime.datetime.fromisoformat(row["arrived"]).replace(tzinfo=here).astimezone(utc)
            yield row["patient"], write({
                "event_id": f"in-{row['visit']}", "event_type": "checkin", "event_time": arrived,
                "patient_id": row["patient"], "visit_id": row["visit"], "department": row["ward"], "source": "clinic",
                "visit_type": VISIT_TYPES[row["kind"]]})


def send(brokers, topic, all_events):
    producer = confluent_kafka.Producer({
        "bootstrap.servers": brokers, "enable.idempotence": True, "acks": "all", "compression.type": "zstd", "partitioner": "murmur2_random",
        "linger.ms": 5, "queue.buffering.max.kbytes": 131072})
    failed = []

    def delivered(error, _):
        if error:
            failed.append(error)

    for number, (key, value) in enumerate(all_events):
        while True:
            try:
                producer.produce(topic, value, key, on_delivery=delivered)
                break
            except BufferError:
                producer.poll(0.1)
        if number % ROWS_A_POLL == 0:
            producer.poll(0)
    if producer.flush(60) or failed:
        sys.exit(f"not every event was acknowledged: {failed[:1]}")


def main():
    library, brokers, topic, path = sys.argv[1:]
    all_events = events(path, {"json": with_json, "orjson": with_orjson}[library])
    if brokers != "-":
        send(brokers, topic, all_events)
        return
    for _, value in all_events:
        print(value.decode())


if __name__ == "__main__":
    main()
