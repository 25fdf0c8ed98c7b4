"""A small fleet of real processes for tests, and the commands to drive it."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

SOURCE = pathlib.Path(os.environ.get("OFFRAMP_SOURCE_DIR",
                                     pathlib.Path(__file__).resolve().parents[2]))
BINARY = os.environ.get("OFFRAMP_BINARY", str(SOURCE / "build" / "offramp"))

FLEET = """\
version: 1
model: {{bundle: {bundle}}}
gateways:
  - {{name: gw0, http: "127.0.0.1:0", grpc: "127.0.0.1:0", tasks_per_s: 10}}
  - {{name: gw1, http: "127.0.0.1:0", grpc: "127.0.0.1:0", tasks_per_s: 10}}
nodes:
  - {{name: s1-a, stage: 1, listen: "127.0.0.1:0", gflops_per_s: {speed}}}
  - {{name: s1-b, stage: 1, listen: "127.0.0.1:0", gflops_per_s: {speed}}}
  - {{name: s2-a, stage: 2, listen: "127.0.0.1:0", gflops_per_s: {speed}}}
  - {{name: s2-b, stage: 2, listen: "127.0.0.1:0", gflops_per_s: {speed}}}
  - {{name: s3-a, stage: 3, listen: "127.0.0.1:0", gflops_per_s: {speed}}}
{extra}"""
NODES = ["s1-a", "s1-b", "s2-a", "s2-b", "s3-a"]
GATEWAYS = ["gw0", "gw1"]
# A task of the tiny bundle costs 1.92e-7 GFLOP at a stage: 10 ms at this speed.
SPEED = 1.92e-5


def wait_for(condition, seconds=30, what="condition"):
    """The first true value of `condition`, polled; fails the test after `seconds`. Pass fewer only
    where the time is what is tested: on a busy machine everything may take long."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def is_alive(pid):
    """Whether the process runs; a zombie does not."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


class FleetTest(unittest.TestCase):
    """Each test has a folder with `fleet.yaml`; whatever it started is gone at its end."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="offramp-test-"))
        self.fleet = self.folder / "fleet.yaml"
        self.write_fleet()
        # The state lies beside the fleet file, whatever this machine has.
        self.env = {k: v for k, v in os.environ.items()
                    if not k.startswith("OFFRAMP_") and k != "XDG_RUNTIME_DIR"}
        self.addCleanup(self._clean_up)

    def _clean_up(self):
        self.run_command("down", self.fleet, "--timeout", "2", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def write_fleet(self, speed=SPEED, extra="", bundle=SOURCE / "tests/data/tiny", change=None):
        text = FLEET.format(bundle=bundle, speed=speed, extra=extra)
        self.fleet.write_text(change(text) if change else text)

    @property
    def state_folder(self):
        return self.folder / ".offramp" / "fleet.yaml"

    def run_command(self, *words, check=True, timeout=150):
        done = subprocess.run([BINARY, *map(str, words)], env=self.env, timeout=timeout,
                              capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            self.fail(f"offramp {' '.join(map(str, words))}: exit code {done.returncode}\n"
                      f"{done.stdout}{done.stderr}")
        return done

    def start(self, *words):
        """A command in the background; ended with the test."""
        process = subprocess.Popen([BINARY, *map(str, words)], env=self.env, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        def end():
            if process.poll() is None:
                process.kill()
            process.communicate()

        self.addCleanup(end)
        return process

    def up(self, *words):
        return json.loads(self.run_command("up", self.fleet, "-d", "--json", *words).stdout)

    def status(self, timeout=2):
        """Every part's object by name. One that does not answer within `timeout` is silent, and shows
        no figures."""
        got = json.loads(self.run_command("status", self.fleet, "--json", "--timeout",
                                          timeout).stdout)
        return {part["name"]: part for part in got["gateways"] + got["nodes"]}

    def wait_ready(self, *names):
        """The status of a fleet once these parts, or all, are ready and answer."""
        def ready():
            status = self.status(timeout=10)
            return status if all(status[name]["state"] == "ready" for name in names or status) \
                else None

        return wait_for(ready, what="ready")

    def kill_all(self, pids):
        """Returns when they are gone: a signal only begins a process's end."""
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not any(map(is_alive, pids)), what="deaths")

    def fetch(self, address, path, data=None, timeout=30, headers=()):
        """HTTP status and body."""
        request = urllib.request.Request(f"http://{address}{path}", data=data, headers=dict(headers))
        try:
            with urllib.request.urlopen(request, timeout=timeout) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def infer(self, http, values=(1, 2, 3, 4, 5, 6, 7, 8), headers=(), **parameters):
        """One request over REST; the reply's object."""
        body = {"inputs": [{"name": "x", "shape": [1, 8], "datatype": "FP32",
                            "data": list(values)}], "parameters": parameters}
        code, text = self.fetch(http, "/v2/models/tiny/infer", json.dumps(body).encode(), 30,
                                headers)
        self.assertEqual(code, 200, text)
        return json.loads(text)
