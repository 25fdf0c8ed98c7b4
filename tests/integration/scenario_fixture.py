"""Scenario files for tests of `plan` and `simulate`, and an evaluation of plans of our own."""

import csv
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("OFFRAMP_SOURCE_DIR",
                                     pathlib.Path(__file__).resolve().parents[2]))
BINARY = os.environ.get("OFFRAMP_BINARY", str(SOURCE / "build" / "offramp"))

SCENARIO = """\
version: 1
model:
  input_bytes: 100000
  stages:
    - {gflops: 1.0, output_bytes: 200000, memory_bytes: 18000000}
    - {gflops: 2.0, output_bytes: 50000, exit: true}
    - {gflops: 4.0}
  exits: exits.csv
devices:
  - {name: ed0, tasks_per_s: 6}
  - {name: ed1, tasks_per_s: 3}
nodes:
  - {name: es1-0, stage: 1, gflops_per_s: 12}
  - {name: es1-1, stage: 1, gflops_per_s: 8}
  - {name: es2-0, stage: 2, gflops_per_s: 24}
  - {name: es2-1, stage: 2, gflops_per_s: 12}
  - {name: es3-0, stage: 3, gflops_per_s: 30}
links:
  - {from: ed0, to: es1-0, mbit_per_s: 40, latency_ms: 2}
  - {from: ed0, to: es1-1, mbit_per_s: 80}
  - {from: ed1, to: es1-1, mbit_per_s: 40}
  - {from: es1-0, to: es2-0, mbit_per_s: 60, latency_ms: 1}
  - {from: es1-0, to: es2-1, mbit_per_s: 90}
  - {from: es1-1, to: es2-0, mbit_per_s: 60}
  - {from: es1-1, to: es2-1, mbit_per_s: 30, latency_ms: 4}
  - {from: es2-0, to: es3-0, mbit_per_s: 50}
  - {from: es2-1, to: es3-0, mbit_per_s: 50}
"""


class ScenarioTest(unittest.TestCase):
    """Each test has a folder with `scenario.yaml` and its profile of 400 calibrated rows."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="offramp-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.scenario = self.folder / "scenario.yaml"
        self.write_scenario()
        rng = random.Random(7)
        self.rows = []
        for _ in range(400):
            confidence = round(rng.uniform(0.3, 1), 4)
            self.rows.append((confidence, int(rng.random() < confidence), int(rng.random() < 0.95)))
        with (self.folder / "exits.csv").open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["confidence_2", "correct_2", "correct_3"])
            writer.writerows(self.rows)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("OFFRAMP_")}

    def write_scenario(self, more="", change=None):
        text = SCENARIO + more
        self.scenario.write_text(change(text) if change else text)

    def run_command(self, *words, check=True, timeout=120, **options):
        done = subprocess.run([BINARY, *map(str, words)], env=self.env, timeout=timeout,
                              capture_output=True, text=True, check=False, cwd=self.folder,
                              **options)
        if check and done.returncode != 0:
            self.fail(f"offramp {' '.join(map(str, words))}: exit code {done.returncode}\n"
                      f"{done.stdout}{done.stderr}")
        return done

    def json(self, *words):
        return json.loads(self.run_command(*words, "--json").stdout)

    def assert_refused(self, words, *parts):
        """Exit code 2, one line on standard error with all `parts`, nothing on standard output."""
        done = self.run_command(*words, check=False)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("offramp: "), done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)
