"""Takes the beginning of a partition away, as retention does: Kafka's DeleteRecords (version 1), which kcat cannot ask for."""

import socket
import struct

DELETE_RECORDS = 21


def _text(text):
    return struct.pack(">h", len(text)) + text.encode()


def delete_records(bootstrap, topic, partition, before):
    """Records below offset `before` are gone. The broker asked must lead the partition."""
    host, _, port = bootstrap.rpartition(":")
    body = struct.pack(">i", 1) + _text(topic) + struct.pack(">iiq", 1, partition, before) + struct.pack(">i", 10_000)
    request = struct.pack(">hhi", DELETE_RECORDS, 1, 7) + _text("tests") + body
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        answer = b""
        while len(answer) < 4 or len(answer) < 4 + struct.unpack(">i", answer[:4])[0]:
            piece = connection.recv(65536)
            if not piece:
                raise ConnectionError("the broker closed the connection")
            answer += piece
    low, error = struct.unpack(">qh", answer[-10:])
    if error != 0 or low != before:
        raise RuntimeError(f"DeleteRecords: error {error}, the log now starts at {low}")
