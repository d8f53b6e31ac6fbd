"""A log that is not the one that was counted: the consumer refuses it with the reason and the remedy, goes on only when it is told to
accept the loss, and says so."""

import unittest

import harness
from delete_records import delete_records, delete_topic
from harness import RealKafka


class WrongLog(RealKafka):
    def setUp(self):
        self.place = self.hospital()
        self.place.create_topics()
        self.place.simulate(2000, 3)
        self.place.consume()

    def refused(self, why):
        with self.assertRaisesRegex(AssertionError, rf"ended with 1:[\s\S]*{why}[\s\S]*wardpulse-replay[\s\S]*--accept-data-loss"):
            self.place.consume()

    def accepted(self, what):
        consumer = self.place.start_consumer("--until-end", "--accept-data-loss")
        consumer.finish()
        self.assertRegex(consumer.log(), f"error .*DATA LOSS ACCEPTED.*{what}")
        self.place.consume()  # and is the log from now on

    def ends(self, topic):
        found = [0] * harness.PARTITIONS
        for record in self.place.read(topic):
            found[record["partition"]] = record["offset"] + 1
        return found

    def test_records_that_were_never_read_and_are_gone(self):
        topic = f"{self.place.prefix}.encounters"
        read = self.ends("encounters")[2]
        self.place.simulate(2000, 4)
        end = self.ends("encounters")[2]
        self.assertGreater(end, read + 1)
        delete_records(self.place.bootstrap, topic, 2, end - 1)
        gone = f"{topic} partition 2: records {read}..{end - 2} were never read and are gone"
        self.refused(gone)
        self.accepted(gone)

    def test_a_topic_that_was_deleted_and_made_again(self):
        topic = f"{self.place.prefix}.checkins"
        delete_topic(self.place.bootstrap, topic)
        self.place.run("wardpulse-producer", "topics", "--partitions", harness.PARTITIONS)
        self.refused(rf"{topic} partition \d: the checkpoint goes on at offset \d+, but the log ends at 0")
        self.place.simulate(6000, 5)  # longer than it was
        self.refused(rf"{topic} partition \d: the record at offset \d+ is not the one that was consumed: the topic was recreated")
        self.accepted("the topic was recreated")


if __name__ == "__main__":
    unittest.main()
