"""Takes from a log what its administrator, or retention, takes: Kafka's DeleteRecords and DeleteTopics (version 1), which kcat cannot
ask for."""

import socket
import struct

DELETE_TOPICS = 20
DELETE_RECORDS = 21
TIMEOUT_MS = 10_000


def _text(text):
    return struct.pack(">h", len(text)) + text.encode()


def _ask(bootstrap, kind, body):
    host, _, port = bootstrap.rpartition(":")
    request = struct.pack(">hhi", kind, 1, 7) + _text("tests") + body
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        answer = b""
        while len(answer) < 4 or len(answer) < 4 + struct.unpack(">i", answer[:4])[0]:
            piece = connection.recv(65536)
            if not piece:
                raise ConnectionError("the broker closed the connection")
            answer += piece
    return answer


def delete_records(bootstrap, topic, partition, before):
    """Records below offset `before` are gone. The broker asked must lead the partition."""
    answer = _ask(bootstrap, DELETE_RECORDS, struct.pack(">i", 1) + _text(topic) + struct.pack(">iiq", 1, partition, before) +
                  struct.pack(">i", TIMEOUT_MS))
    low, error = struct.unpack(">qh", answer[-10:])
    if error != 0 or low != before:
        raise RuntimeError(f"DeleteRecords: error {error}, the log now starts at {low}")


def delete_topic(bootstrap, topic):
    """The broker asked must be the controller."""
    answer = _ask(bootstrap, DELETE_TOPICS, struct.pack(">i", 1) + _text(topic) + struct.pack(">i", TIMEOUT_MS))
    if (error := struct.unpack(">h", answer[-2:])[0]) != 0:
        raise RuntimeError(f"DeleteTopics: error {error}")
