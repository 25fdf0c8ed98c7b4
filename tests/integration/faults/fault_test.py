"""A fleet of two gateways and three stages of three unequal replicas, and how to ask its parts."""

import json
import os
import signal
import subprocess

from faults import processes
from fleet_fixture import BINARY, SOURCE, FleetTest, wait_for

BUNDLE = SOURCE / "tests/data/tiny"
TASK_GFLOP = 1.92e-7
# Under a sanitizer a node takes its time to start.
BACK_S = 60 if "OFFRAMP_SANITIZED" in os.environ else 10
NODES = [f"s{stage}-{letter}" for stage in (1, 2, 3) for letter in "abc"]


def fleet_text(task_seconds):
    """`task_seconds`: what the replicas a, b and c of each stage need for one task."""
    lines = ["version: 1", f"model: {{bundle: {BUNDLE}}}", "gateways:"]
    for name in ("gw0", "gw1"):
        lines.append(f'  - {{name: {name}, http: "127.0.0.1:0", grpc: "127.0.0.1:0"}}')
    lines.append("nodes:")
    for name in NODES:
        speed = TASK_GFLOP / task_seconds["abc".index(name[-1])]
        lines.append(f'  - {{name: {name}, stage: {name[1]}, listen: "127.0.0.1:0", '
                     f"gflops_per_s: {speed}}}")
    return "\n".join(lines) + "\n"


class FaultTest(FleetTest):
    @classmethod
    def setUpClass(cls):
        processes.adopt_orphans()

    def setUp(self):
        super().setUp()
        self.started = []

    def _clean_up(self):
        super()._clean_up()
        for process in self.started:
            process.poll()
        processes.bury_children()

    def up_with(self, *task_seconds):
        """Starts the fleet of fleet_text(task_seconds)."""
        self.fleet.write_text(fleet_text(task_seconds))
        self.running = self.up()
        return self.running

    def part(self, name):
        """As `up` printed it, or as the part itself wrote it when it came back."""
        return json.loads((self.state_folder / "parts" / f"{name}.json").read_text())

    def pid(self, name):
        return self.part(name)["pid"]

    def launch_node(self, name):
        """`offramp node` by hand; returns before it is ready."""
        # A pipe that nobody reads would stop the node once its log has filled it.
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen([BINARY, "node", str(self.fleet), "--name", name],
                                       env=self.env, stdout=log, stderr=log)
        self.started.append(process)  # its exit code is read through its pid
        return process.pid

    def start_node(self, name):
        """The same, and waits until it serves; its process id."""
        pid = self.launch_node(name)

        def ready():
            try:
                return self.pid(name) == pid
            except (OSError, ValueError):
                return False

        wait_for(ready, BACK_S, f"{name} back")
        return pid

    def kill(self, name):
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        self.assertEqual(processes.exit_code(pid), -signal.SIGKILL)

    def metric(self, name, metric, labels=""):
        """Sum over the samples of `metric` that have `labels` in their names."""
        code, text = self.fetch(self.part(name)["metrics"], "/metrics")
        self.assertEqual(code, 200)
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines()
                   if line.partition("{")[0].partition(" ")[0] == metric and labels in line)

    def part_status(self, name):
        return json.loads(self.fetch(self.part(name)["metrics"], "/status")[1])

    def assert_nothing_held(self, names=tuple(NODES), seconds=3):
        """No part has work, or bytes of work, that nobody waits for."""
        def held():
            found = {name: (self.part_status(name)["queue_length"],
                            self.metric(name, "offramp_held_bytes")) for name in names}
            for name in ("gw0", "gw1"):
                found[name] = (self.part_status(name)["queue_length"], 0)
            return {name: what for name, what in found.items() if what != (0, 0)}

        last = {}

        def free():
            last.clear()
            last.update(held())
            return not last

        try:
            wait_for(free, seconds, "nothing held")
        except AssertionError as error:
            raise AssertionError(f"{error}; (tasks, bytes) held: {last}") from None
