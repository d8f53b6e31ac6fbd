"""Simulated logs with duplicates, disorder and late records through the real broker and consumers, against the reference."""

import unittest

from harness import RealKafka

DISTURBED = ("--duplicate-share", "0.03", "--out-of-order-share", "0.1", "--out-of-order-by", "20m", "--late-share", "0.02")


class Oracle(RealKafka):
    def test_equal_to_the_last_cell(self):
        for seed, events, late_by, zone in ((1, 3000, "50h", "UTC"), (2, 12000, "7h", "Europe/Stockholm"), (3, 6000, "6d", "Asia/Kathmandu")):
            with self.subTest(seed=seed):
                hospital = self.hospital()
                hospital.simulate(events, seed, *DISTURBED, "--late-by", late_by, "--rate", "0.02")
                hospital.consume("--timezone", zone, instances=2)
                expected = self.assert_agrees_with_reference(hospital, timezone=zone)
                outcomes = {outcome: sum(counts[outcome] for counts in expected.summary().values()) for outcome in ("applied", "duplicate")}
                self.assertGreater(outcomes["duplicate"], 0)

    def test_the_number_of_workers_does_not_matter(self):
        hospital = self.hospital()
        hospital.simulate(8000, 4, *DISTURBED, "--rate", "0.05")
        hospital.consume("--tasks", "3", "--grace", "1h=1h,1d=2d")
        self.assert_agrees_with_reference(hospital, grace="1h=1h,1d=2d")

    def test_what_is_consumed_in_pieces_is_the_same(self):
        hospital = self.hospital()
        for seed in range(5, 9):
            hospital.simulate(1500, seed, *DISTURBED, "--rate", "0.05")
            hospital.consume("--checkpoint-interval", "100ms", instances=seed % 2 + 1)
        self.assert_agrees_with_reference(hospital)


if __name__ == "__main__":
    unittest.main()
