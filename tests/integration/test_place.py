"""`offramp plan --place`: from a machines file and a model to a fleet file that `plan` and `simulate`
read and `up` starts."""

import json
import pathlib
import signal
import subprocess
import time
import unittest

import yaml

from fleet_fixture import BINARY, SOURCE, FleetTest

MACHINES = """\
version: 1
machines:
  - {name: box-a, gflops_per_s: 1.2, memory_bytes: 5000000}
  - {name: box-b, gflops_per_s: 0.6, memory_bytes: 4000000}
  - {name: box-c, gflops_per_s: 0.3, memory_bytes: 1000000}
sources:
  - {name: gw0, machine: box-c, tasks_per_s: 40}
links:
  - {from: box-a, to: box-b, mbit_per_s: 300, latency_ms: 0.5}
  - {from: box-a, to: box-c, mbit_per_s: 100, latency_ms: 1}
  - {from: box-b, to: box-c, mbit_per_s: 100, latency_ms: 1}
objective: {accuracy_weight_s: 0.5}
"""
MODEL = SOURCE / "models" / "fashion-mnist"
# A whole model of 2.5 kB of weights; box-a alone cannot hold it.
SMALL_MACHINES = """\
version: 1
machines:
  - {name: box-a, gflops_per_s: 2e-3, memory_bytes: 32000}
  - {name: box-b, gflops_per_s: 2e-3, memory_bytes: 30000}
sources: [{name: gw0, machine: box-a, tasks_per_s: 1}]
links: [{from: box-a, to: box-b, mbit_per_s: 1000}]
"""


class Place(FleetTest):
    def setUp(self):
        super().setUp()
        self.fleet.unlink()
        self.machines = self.folder / "machines.yaml"
        self.machines.write_text(MACHINES)

    def offramp(self, *words):
        return self.run_command(*words, check=False)

    def place(self, *arguments):
        return self.run_command("plan", "--place", self.machines, *arguments)

    def refused(self, text, *arguments):
        before = sorted(self.folder.iterdir())
        done = self.offramp("plan", *arguments)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertIn(text, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertEqual(sorted(self.folder.iterdir()), before)

    def test_the_fleet_serves(self):
        done = self.place(MODEL, "-o", self.fleet)
        for word in ["box-a", "mean delay", "limits", "gap", "one machine", "by memory",
                     "one replica each"]:
            self.assertIn(word, done.stdout)
        fleet = yaml.safe_load(self.fleet.read_text())
        speed, memory = {}, {}
        bundle = yaml.safe_load((MODEL / "bundle.yaml").read_text())
        for node in fleet["nodes"]:
            speed[node["machine"]] = speed.get(node["machine"], 0) + node["gflops_per_s"]
            memory[node["machine"]] = (memory.get(node["machine"], 0)
                                       + bundle["stages"][node["stage"] - 1]["memory_bytes"])
        for machine in yaml.safe_load(MACHINES)["machines"]:
            self.assertLessEqual(speed.get(machine["name"], 0), machine["gflops_per_s"] * 1.000001)
            self.assertLessEqual(memory.get(machine["name"], 0), machine["memory_bytes"])

        self.run_command("plan", self.fleet, "--no-certificate", "--json")
        self.run_command("simulate", self.fleet, "--seconds", 30, "--json")
        gateway = self.up()["gateways"][0]["http"]
        body = {"inputs": [{"name": "image", "datatype": "FP32", "shape": [1, 1, 28, 28],
                            "data": [0.5] * 784}]}
        code, text = self.fetch(gateway, "/v2/models/fashion-mnist/infer", json.dumps(body).encode())
        self.assertEqual(code, 200, text)
        self.assertEqual(len(json.loads(text)["outputs"][0]["data"]), 10)

    def test_figures_agree_with_plan(self):
        placed = json.loads(self.place(MODEL, "-o", self.fleet, "--json").stdout)
        planned = json.loads(self.run_command("plan", self.fleet, "--no-certificate", "--json").stdout)
        alone = placed["predicted"]["objective_s"] - placed["predicted"]["link_wait_s"]
        self.assertAlmostEqual(alone, planned["predicted"]["objective_s"],
                               delta=0.02 * planned["predicted"]["mean_delay_s"])
        for rule in placed["rules"]:
            if not rule.get("problem") and not rule["overloaded"]:
                self.assertLessEqual(placed["predicted"]["objective_s"],
                                     rule["objective_s"] + 1e-9)
        self.assertLessEqual(placed["lower_bound_s"], placed["predicted"]["objective_s"])

    def test_standard_output_is_the_fleet_file(self):
        self.machines.write_text(MACHINES + f"model: {{bundle: {MODEL}}}\n")
        first = self.run_command("plan", self.machines, "--place", "--min-accuracy", 0.9)
        fleet = yaml.safe_load(first.stdout)
        self.assertEqual(fleet["objective"], {"min_accuracy": 0.9})
        self.assertIn("mean delay", first.stderr)
        again = self.run_command("plan", "--place", "--model", MODEL, self.machines,
                                 "--min-accuracy", 0.9)
        self.assertEqual(again.stdout, first.stdout, "the same seed, the same fleet")

    def test_an_onnx_model_is_cut(self):
        subprocess.run(["/usr/bin/python3", "-B", str(SOURCE / "tests/integration/split/graphs.py"),
                        str(self.folder)], check=True, capture_output=True)
        model = self.folder / "convolutions.onnx"
        self.machines.write_text(SMALL_MACHINES)
        placed = json.loads(self.place(model, "--stages-max", 2, "-o", self.fleet,
                                       "--json").stdout)
        fleet = yaml.safe_load(self.fleet.read_text())
        self.assertEqual(fleet["model"]["bundle"], "fleet.bundle", "relative to the fleet file")
        bundle = yaml.safe_load((self.folder / "fleet.bundle" / "bundle.yaml").read_text())
        self.assertEqual(len(bundle["stages"]), len(placed["cuts"]) + 1)
        self.assertEqual({node["stage"] for node in fleet["nodes"]},
                         set(range(1, len(bundle["stages"]) + 1)))
        self.run_command("plan", self.fleet, "--no-certificate")
        self.refused("is there already", "--place", self.machines, model, "-o", self.fleet)
        self.refused("expected -o FLEET", "--place", self.machines, model)

    def test_what_cannot_be_done_is_said(self):
        self.machines.write_text(MACHINES.replace("5000000", "900000").replace("4000000", "900000"))
        self.refused("stage 4 needs 3.306 MB", "--place", self.machines, MODEL, "-o", self.fleet)
        self.machines.write_text(MACHINES.replace("tasks_per_s: 40", "tasks_per_s: 90000"))
        self.refused("GFLOP/s are missing", "--place", self.machines, MODEL, "-o", self.fleet)
        self.machines.write_text(MACHINES.replace("machine: box-c", "machine: box-d"))
        self.refused("did you mean \"box-", "--place", self.machines, MODEL, "-o", self.fleet)
        self.machines.write_text(MACHINES)
        self.refused("expected a machines file", "--place", MODEL)
        self.refused("says nothing of a model", "--place", self.machines)
        self.refused("no such", "--place", self.machines, self.folder / "nowhere.onnx", "-o",
                     self.fleet)
        self.refused("goes with --place only", self.machines, MODEL)

    def test_interrupted_it_writes_nothing(self):
        running = subprocess.Popen([BINARY, "plan", "--place", str(self.machines), str(MODEL), "-o",
                                    str(self.fleet)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        time.sleep(0.3)
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)
        if running.returncode != 0:  # else it was done before the signal came
            self.assertEqual(running.returncode, 1, errors)
            self.assertFalse(self.fleet.exists())


if __name__ == "__main__":
    unittest.main()
