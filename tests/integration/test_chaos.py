"""A minute of kills, freezes, drains and restarts of random nodes, several at once, under open load
over REST, gRPC calls and gRPC streams: no accepted request is lost, none hangs or is answered twice,
every answer equals the model's, and afterwards everybody is well and holds nothing.

OFFRAMP_CHAOS_SECONDS and OFFRAMP_CHAOS_SEED change length and choice. OFFRAMP_CHAOS_TIMING=0 leaves
out how fast and how lean it all was, which a sanitizer decides.
"""

import collections
import os
import statistics
import time
import unittest

from faults.fault_test import BUNDLE, FaultTest
from faults.load import Load
from faults.processes import rss_bytes
from faults.reference import Reference
from faults.storm import Storm
from fleet_fixture import is_alive

SECONDS = float(os.environ.get("OFFRAMP_CHAOS_SECONDS", "60"))
SEED = int(os.environ.get("OFFRAMP_CHAOS_SEED", "1"))
TIMING = os.environ.get("OFFRAMP_CHAOS_TIMING", "1") != "0"
DEADLINE_SECONDS = 20
REQUESTS_PER_S = 16
MAX_REFUSED_SHARE = 0.05
MAX_GATEWAY_GROWTH_BYTES = 64 << 20


class Chaos(FaultTest):
    def check_records(self, records, reference):
        """Counts by outcome; fails for every promise that is broken."""
        outcomes, broken = collections.Counter(), []
        for record in records:
            what = f"{record.id} by {record.way}"
            if len(record.answers) != 1:
                broken.append(f"{what}: {len(record.answers)} answers")
                continue
            answer, seconds = record.answers[0], record.done_s - record.sent_s
            if seconds > DEADLINE_SECONDS + 1:
                broken.append(f"{what}: {seconds:.2f} s")
            if answer.error:
                outcomes["refused" if answer.overload else "lost"] += 1
                if not answer.overload:
                    broken.append(f"{what}: {answer.error} after {seconds:.2f} s")
                continue
            outcomes["answered"] += 1
            if answer.id != record.id or len(answer.exit_stages) != len(record.x):
                broken.append(f"{what}: the answer is {answer.id}'s")
            if not record.early_exit and set(answer.exit_stages) != {3}:
                broken.append(f"{what}: exits {answer.exit_stages} without early exit")
            if len(answer.path) != answer.exit_stages[0]:
                broken.append(f"{what}: path {answer.path}, exit {answer.exit_stages[0]}")
            try:
                reference.check(record.x, answer.exit_stages, answer.logits, answer.confidence)
            except AssertionError as error:
                broken.append(f"{what}: {error}")
        self.assertEqual(broken[:5], [], f"{len(broken)} in all; {dict(outcomes)}")
        return outcomes

    def test_no_accepted_request_is_lost(self):
        fleet = self.up_with(0.008, 0.012, 0.02)
        reference = Reference(BUNDLE)
        gateways = {g["name"]: g["pid"] for g in fleet["gateways"]}
        warm = Load(fleet["gateways"], REQUESTS_PER_S, SEED, DEADLINE_SECONDS)
        warm.start()
        time.sleep(2)
        self.check_records(warm.finish(), reference)
        rss_before = {name: rss_bytes(pid) for name, pid in gateways.items()}

        load = Load(fleet["gateways"], REQUESTS_PER_S, SEED + 1, DEADLINE_SECONDS)
        load.start()
        storm = Storm(self, fleet, SEED)
        try:
            storm.rage(SECONDS)
        finally:
            records = load.finish()
        self.assertEqual(storm.trouble, [])
        outcomes = self.check_records(records, reference)
        delays = sorted(r.done_s - r.sent_s for r in records)
        print(f"{dict(storm.counts)}; {dict(outcomes)}; delay: median "
              f"{statistics.median(delays):.3f} s, longest {delays[-1]:.2f} s")
        if TIMING:
            self.assertLessEqual(outcomes["refused"], MAX_REFUSED_SHARE * len(records))
        self.assertEqual(set(storm.drain_codes) - {0}, set())
        self.assertEqual({n: pid for n, pid in gateways.items() if not is_alive(pid)}, {})
        self.assertEqual({n: pid for n, pid in storm.pids.items() if not is_alive(pid)}, {})
        self.assert_nothing_held()

        quiet = Load(fleet["gateways"], REQUESTS_PER_S, SEED + 2, DEADLINE_SECONDS)
        quiet.start()
        time.sleep(3)
        records = quiet.finish()
        answered = self.check_records(records, reference)["answered"]
        if not TIMING:
            return
        self.assertEqual(answered, len(records))
        self.assertLess(statistics.median(r.done_s - r.sent_s for r in records), 1)
        for name, pid in gateways.items():
            self.assertLess(rss_bytes(pid) - rss_before[name], MAX_GATEWAY_GROWTH_BYTES, name)


if __name__ == "__main__":
    unittest.main()
