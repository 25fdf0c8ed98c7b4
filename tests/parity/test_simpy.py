"""The simulator against an independent one in SimPy, on three scenarios: within three standard
errors of the difference of two independent runs."""

import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

DRIVER = os.environ["OFFRAMP_SCENARIO_DRIVER"]
MODEL = pathlib.Path(__file__).with_name("simpy_model.py")

STATION = """
version: 1
model:
  input_bytes: 20000
  stages:
    - {gflops: 2, output_bytes: 10000, exit: true}
    - {gflops: 3, output_bytes: 5000, exit: true}
    - {gflops: 5}
  exits: station.exits.csv
devices:
  - {name: a, tasks_per_s: 6}
  - {name: b, tasks_per_s: 9}
nodes:
  - {name: n1, stage: 1, gflops_per_s: 36}
  - {name: n2, stage: 1, gflops_per_s: 20}
  - {name: n3, stage: 2, gflops_per_s: 24}
  - {name: n4, stage: 2, gflops_per_s: 21}
  - {name: n5, stage: 3, gflops_per_s: 70}
links:
  - {from: a, to: n1, mbit_per_s: 3, latency_ms: 10}
  - {from: a, to: n2, mbit_per_s: 2, queue: true}
  - {from: b, to: n1, mbit_per_s: 3, queue: true}
  - {from: b, to: n2, mbit_per_s: 5}
  - {from: n1, to: n3, mbit_per_s: 4}
  - {from: n1, to: n4, mbit_per_s: 4}
  - {from: n2, to: n3, mbit_per_s: 4}
  - {from: n2, to: n4, mbit_per_s: 4}
  - {from: n3, to: n5, mbit_per_s: 1.5, queue: true}
  - {from: n4, to: n5, mbit_per_s: 10}
"""

DETERMINISTIC = """
service: deterministic
changes:
  - {at_s: 900, device: a, tasks_per_s: 8}
  - {at_s: 1200, node: n2, gflops_per_s: 26}
  - {at_s: 1800, node: n1, gflops_per_s: 30}
  - {at_s: 2400, link: [b, n2], mbit_per_s: 1}
  - {at_s: 2700, device: b, tasks_per_s: 7}
"""


def rows(count):
    """Confidences that depend on each other, with accuracy rising by stage."""
    lines = ["confidence_1,correct_1,confidence_2,correct_2,correct_3"]
    for i in range(count):
        ease = (i * 0.6180339887) % 1
        luck = (i * 0.7548776662) % 1
        later = min(0.999, 0.3 + 0.7 * ease * (0.8 + 0.2 * luck))
        lines.append(
            f"{ease:.4f},{int(luck < 0.4 + 0.5 * ease)},{later:.4f},"
            f"{int(luck < 0.5 + 0.45 * ease)},{int(luck < 0.93)}"
        )
    return "\n".join(lines) + "\n"


def output(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


class SimPyTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return str(pathlib.Path(self.folder.name) / name)

    def compare(self, path, tasks, threshold):
        ours = output([DRIVER, "simulate", path, "computing-first", str(4 * tasks), "1", threshold])
        theirs = output([sys.executable, str(MODEL), path, str(tasks), "2", threshold])
        self.agree(ours, theirs, tasks)

    def agree(self, ours, theirs, tasks):
        self.assertEqual(theirs["finished"], tasks)
        halves = [(r["mean_ci95"][1] - r["mean_ci95"][0]) / 2 for r in (ours, theirs)]
        allowed = 1.5 * math.hypot(*halves)
        self.assertLess(allowed, 0.1 * theirs["mean_delay_s"], "the runs are too short to tell")
        self.assertAlmostEqual(ours["mean_delay_s"], theirs["mean_delay_s"], delta=allowed)
        error = 3.5 * math.sqrt(0.25 / tasks)
        self.assertAlmostEqual(ours["accuracy"], theirs["accuracy"], delta=error)
        for stage, share in ours["exit_share"].items():
            self.assertAlmostEqual(share, theirs["exit_share"].get(stage, 0), delta=error)
        for node, load in ours["utilisation"].items():
            self.assertAlmostEqual(load, theirs["utilisation"][node], delta=0.02 + 0.02 * load)

    def write_station(self, more=""):
        pathlib.Path(self.path("station.exits.csv")).write_text(rows(1500))
        path = self.path("station.yaml")
        pathlib.Path(path).write_text(STATION + more)
        return path

    def test_links_with_and_without_queue_and_two_exits(self):
        self.compare(self.write_station(), 40000, "0.6")

    def test_deterministic_service_and_changes_of_rates_speeds_and_links(self):
        # Both runs must go through the same changes: the same number of tasks.
        path = self.write_station(DETERMINISTIC)
        ours = output([DRIVER, "simulate", path, "computing-first", "50000", "1", "0.6"])
        theirs = output([sys.executable, str(MODEL), path, "50000", "2", "0.6"])
        # The interval assumes a steady state, which a run with changes is not: 4 % it is.
        self.assertAlmostEqual(
            ours["mean_delay_s"], theirs["mean_delay_s"], delta=0.04 * theirs["mean_delay_s"]
        )
        for node, load in ours["utilisation"].items():
            self.assertAlmostEqual(load, theirs["utilisation"][node], delta=0.02)

    def test_a_generated_network(self):
        path = self.path("generated.yaml")
        subprocess.run(
            [DRIVER, "generate", path, "20", "12", "4", "exponential", "0.6", "1", "1000", "5"],
            check=True,
        )
        self.compare(path, 30000, "0.8")


if __name__ == "__main__":
    unittest.main(verbosity=1)
