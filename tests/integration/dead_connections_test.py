"""Connections that are open and dead, as when a router on the way, or the broker's machine, loses its power: nobody says anything on
them any more, and nobody closes them. The programs give them up by themselves and lose nothing."""

import collections
import json
import socket
import struct
import tempfile
import threading
import time
import unittest
import urllib.request

import kill_test
from harness import BIN, Hospital, Process, Web, wait_for

BACK_WITHIN_S = 30
EVENTS = 2000


class Proxy:
    """Between clients and a broker, whose answers are made to name the proxy instead. Once cut, a connection takes everything and
    passes nothing on; new ones work."""

    def __init__(self, bootstrap):
        host, _, port = bootstrap.rpartition(":")
        self._broker = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lines = []
        own = self._listener.getsockname()[1]
        self.bootstrap = f"127.0.0.1:{own}"
        self._names = [host.encode() + struct.pack(">i", number) for number in (int(port), own)]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """How many connections there were."""
        for line in (cut := list(self._lines)):
            line.clear()
        self._lines.clear()
        return len(cut)

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            broker, alive = socket.create_connection(self._broker), threading.Event()
            alive.set()
            self._lines.append(alive)
            for way in ((client, broker, False), (broker, client, True)):
                threading.Thread(target=self._pass_on, args=(*way, alive), daemon=True).start()

    def _pass_on(self, source, target, answers, alive):
        with source, target:
            try:
                while data := source.recv(1 << 20):
                    if alive.is_set():
                        target.sendall(data.replace(*self._names) if answers else data)
                if not alive.is_set():
                    return
                target.shutdown(socket.SHUT_WR)
            except OSError:
                return


class DeadConnections(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="wardpulse-test-")
        self.addCleanup(folder.cleanup)
        self.place = Hospital("", folder.name)
        self.addCleanup(self.place.close)
        broker = self.place.folder / "broker.log"
        process = Process([BIN / "wardpulse-broker", "--topic-prefix", self.place.prefix], broker)
        self.addCleanup(process.kill)
        self.place.bootstrap = process.waited_for(r"bootstrap=(\S+)")

    def test_they_are_given_up_and_nothing_is_lost(self):
        proxy = Proxy(self.place.bootstrap)
        self.addCleanup(proxy.close)
        behind = self.place_behind(proxy)
        consumer = behind.start_consumer("-X", "session.timeout.ms=6000")  # the embedded broker waits as long again for who left
        consumer.waited_for(r"(state is back)")
        web = Web(behind)
        self.assertGreater(proxy.cut(), 6)
        began = time.monotonic()

        def left():
            return BACK_WITHIN_S - (time.monotonic() - began)
        truth = self.place.simulate(EVENTS, 5)
        wait_for(lambda: consumer.counted() == truth["sent"], "all events to be read on new connections", left())
        print(f"read after {time.monotonic() - began:.1f} s")
        due = kill_test.true_totals(truth["hospital"])
        wait_for(lambda: totals(shown(web)) == due, "all events to be shown", left())
        print(f"shown after {time.monotonic() - began:.1f} s")
        consumer.stop()
        self.assertEqual(totals(self.place.cells()), due)
        self.assertEqual(post(web), 202, "its connection was not used since the cut: nobody knew yet that it was dead")
        print(f"an event taken after {time.monotonic() - began:.1f} s")

    def place_behind(self, proxy):
        behind = Hospital(proxy.bootstrap, self.place.folder)
        behind.prefix = self.place.prefix
        self.addCleanup(behind.close)
        return behind


def totals(cells):
    return collections.Counter(kill_test.totals(cells, "hospital").get(None))


def shown(web):
    return map(json.dumps, web.get("/api/v1/cells?family=hospital&window=1d&limit=10000")["cells"])


def post(web):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    event = {"event_id": "e", "event_type": "checkin", "event_time": now, "patient_id": "p", "visit_id": "v", "department": "Surgery",
             "visit_type": "Emergency", "source": "test"}
    request = urllib.request.Request(f"http://127.0.0.1:{web.port}/events", data=json.dumps(event).encode(),
                                     headers={"X-API-Key": web.ingest_key, "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=BACK_WITHIN_S) as answer:
        return answer.status


if __name__ == "__main__":
    unittest.main()
