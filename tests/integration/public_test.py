#!/usr/bin/env python3
"""What anybody may see, on real Apache Kafka: neither a restart of the web server nor a replay shows anything anew."""

import json
import unittest

from harness import RealKafka, wait_for

EVENTS = 20_000
LEAST_MORE = 11
HOURS = "/api/v1/cells?family=hospital&window=1h"


class PublicView(RealKafka):
    def setUp(self):
        self.town = self.hospital()
        self.town.create_topics()
        self.town.simulate(EVENTS, 71, "--rate", "0.1", "--late-share", "0.02")
        self.town.consume()

    def replay(self, command, *options):
        self.town.run("wardpulse-replay", command, "--generation", "again", *options)

    def published(self):
        return [(record["key"], json.loads(record["value"])) for record in self.town.read("public")]

    @staticmethod
    def shown(get):
        rows = get("/public/metrics/summary")["departments"]
        return [{**row, "patients": None if row["patients"] == "<11" else row["patients"]} for row in rows]

    def test_what_was_shown_stays(self):
        with self.town.web() as get:
            wait_for(lambda: self.shown(get), "rows of the public view")
        first = self.published()  # all of it: the server has delivered what it had under way
        self.assertEqual(len(dict(first)), len(first))
        self.assertGreater(sum(row["patients"] is None for _, row in first), 20)  # hidden
        self.assertGreater(sum(row["patients"] is not None for _, row in first), 20)

        with self.town.web() as get:
            expected = [row for _, row in sorted(first, key=lambda of: of[0])]
            wait_for(lambda: self.shown(get) == expected, "the same view after a restart", 30)
            # Hours take in what was too late for them, so counts behind the view grow.
            self.replay("run", "--metrics-listen", "127.0.0.1:0", "--grace", "1h=20d")
            before = get(HOURS)["cells"]
            self.replay("promote", "--yes")
            wait_for(lambda: get(HOURS)["generation"] == "again", "the promoted generation", 30)
            self.assertNotEqual([cell["values"] for cell in get(HOURS)["cells"]], [cell["values"] for cell in before])
        newest = {}
        for key, row in self.published():
            if key in newest:
                self.assertGreaterEqual(row["patients"] or 0, (newest[key]["patients"] or 0) + LEAST_MORE, key)
            newest[key] = row
        self.assertEqual(newest.keys(), dict(first).keys())


if __name__ == "__main__":
    unittest.main()
