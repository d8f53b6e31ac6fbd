"""Python with confluent-kafka and orjson: python_job.py BROKERS TOPIC-PREFIX EVENTS PROCESSES. One process for equal partition numbers,
since threads would wait for each other; their cells are merged at the end. Prints what bare_loop prints, and the memory of all."""

import collections
import concurrent.futures
import datetime
import multiprocessing
import resource
import sys
import time

import confluent_kafka
import orjson

NAMES = ("checkins", "encounters", "billing", "workflow")


def positions(consumer, prefix, process, processes):
    """(where to begin, how many events) of one process."""
    found, events = [], 0
    for name in NAMES:
        topic = f"{prefix}.{name}"
        for number in consumer.list_topics(topic, timeout=10).topics[topic].partitions:
            if number % processes != process:
                continue
            low, high = consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, number), timeout=10)
            events += high - low
            found.append(confluent_kafka.TopicPartition(topic, number, low))
    return found, events


def work(brokers, prefix, process, processes):
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": brokers, "group.id": "peer", "enable.auto.commit": False, "queued.min.messages": 1000000,
        "fetch.message.max.bytes": 8 << 20, "check.crcs": True})
    begin_at, wanted = positions(consumer, prefix, process, processes)
    consumer.assign(begin_at)
    cells, events, begun, loads = collections.defaultdict(lambda: [0, 0]), 0, 0.0, orjson.loads
    while events < wanted:
        messages = consumer.consume(5000, 0.2)
        if messages and not begun:
            begun, cpu = time.time(), time.process_time()
        for message in messages:
            if message.error():
                continue
            event = loads(message.value())
            cell = cells[event.get("department", "none"), event["event_time"][:16]]
            cell[0] += 1
            cell[1] += (len(event["event_id"]) + len(event["event_type"]) + len(event.get("patient_id", "")) + len(event.get("visit_id", "")))
            events += 1
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return dict(cells), begun, time.time(), time.process_time() - cpu if begun else 0.0, memory_mb


def weight(department, minute):
    moment = datetime.datetime.fromisoformat(minute + "+00:00")
    return int(moment.timestamp()) // 60 + sum(department.encode())


def main():
    brokers, prefix, processes = sys.argv[1], sys.argv[2], int(sys.argv[4])
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(processes, context) as pool:
        results = [future.result() for future in [pool.submit(work, brokers, prefix, number, processes) for number in range(processes)]]
    merged = collections.defaultdict(lambda: [0, 0])
    for cells, *_ in results:
        for key, (count, size) in cells.items():
            merged[key][0] += count
            merged[key][1] += size
    begun, ended = min(result[1] for result in results if result[1]), max(result[2] for result in results)
    print(f"events={sum(count for count, _ in merged.values())} seconds={ended - begun:.3f} cpu={sum(result[3] for result in results):.2f} "
          f"sum={sum((count + size) * weight(*key) for key, (count, size) in merged.items())} cells={len(merged)} "
          f"rss_mb={sum(result[4] for result in results):.0f}")


if __name__ == "__main__":
    main()
