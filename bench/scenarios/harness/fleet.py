"""A fleet of its own folder, port and state, that is stopped for certain.

    with Fleet({"model": {...}, "gateways": [...], "nodes": [...]}) as fleet:
        fleet.kill("s2-a")
"""

import copy
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import yaml

from harness import machine, paths, processes

_UP_TIMEOUT_S = 60
_DOWN_TIMEOUT_S = 30


class FleetError(RuntimeError):
    """The fleet could not be started, or lost a part that nobody killed."""


def load(path):
    """A fleet file as values, with its bundle's path made absolute."""
    path = pathlib.Path(path)
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    spec["model"]["bundle"] = str((path.parent / spec["model"]["bundle"]).resolve())
    return spec


def demo(**changes):
    """fleets/demo.yaml with top-level keys replaced."""
    return {**load(paths.DEMO_FLEET), **changes}


def bundle_of(spec):
    text = (pathlib.Path(spec["model"]["bundle"]) / "bundle.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


class Fleet:
    """One running fleet. Its parts' names are those of the file."""

    def __init__(self, spec, overrides=()):
        self.spec = copy.deepcopy(spec)
        self._overrides = list(overrides)
        self._folder = None
        self._parts = {}       # name -> what `up` printed of it
        self._known = []       # (pid, start) of everything that ever ran
        self._by_hand = []     # processes started by restart()

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def part(self, name):
        return self._parts[name]

    @property
    def gateways(self):
        return [p for p in self._parts.values() if "grpc" in p]

    @property
    def nodes(self):
        return [p for p in self._parts.values() if "grpc" not in p]

    @property
    def pids(self):
        return [p["pid"] for p in self._parts.values()]

    def grpc(self):
        return [g["grpc"] for g in self.gateways]

    def http(self):
        return [g["http"] for g in self.gateways]

    def kill(self, name):
        """kill -9; the monotonic time of it."""
        machine.OtherWork.add_own(processes.cpu_seconds(self._parts[name]["pid"]))
        return self._signal(name, signal.SIGKILL)

    def freeze(self, name):
        return self._signal(name, signal.SIGSTOP)

    def thaw(self, name):
        return self._signal(name, signal.SIGCONT)

    def restart(self, name):
        """Starts a part again whose process is gone, as an operator would by hand."""
        command = "gateway" if "grpc" in self._parts[name] else "node"
        log = open(self._folder / f"{name}.again.log", "ab")
        with log:
            process = subprocess.Popen(
                [str(paths.OFFRAMP), command, str(self.file), "--name", name],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._by_hand.append(process)
        self._known.append((process.pid, processes.start_ticks(process.pid)))
        self._wait_ready(name, process)

    def set_speed(self, name, gflops_per_s):
        """Makes an emulated machine faster or slower; the monotonic time of it."""
        self._ask(name, f"/speed?gflops_per_s={gflops_per_s!r}", data=b"")
        return time.monotonic()

    def part_status(self, name):
        """What one part says of itself, now."""
        return json.loads(self._ask(name, "/status"))

    def status(self):
        done = self._run("status", str(self.file), "--json")
        return json.loads(done.stdout)

    def stop(self):
        """Leaves no process and no file behind, however far the start came."""
        if self._folder is None:
            return
        for name in list(self._parts):
            self._signal(name, signal.SIGCONT, missing_ok=True)
        machine.OtherWork.add_own(processes.total_cpu_seconds(self.pids))
        try:
            self._run("down", str(self.file), check=False, timeout_s=_DOWN_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            pass
        for pid, start in self._known:
            if start is not None and processes.start_ticks(pid) == start:
                _kill_quietly(pid)
        for process in self._by_hand:
            process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder, self._parts, self._by_hand = None, {}, []

    def logs(self, lines=5):
        """The last lines that every part printed, for error messages."""
        text = []
        for log in sorted(self._folder.rglob("*.log")):
            tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
            text += [f"{log.name}: {line}" for line in tail]
        return "\n".join(text)

    def _start(self):
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="offramp-bench-"))
        self.file = self._folder / "fleet.yaml"
        spec = {"version": 1, **self.spec}
        self.file.write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
        done = self._run("up", str(self.file), "-d", "--json", *self._overrides, check=False)
        if done.returncode != 0:
            raise FleetError(f"offramp up: exit code {done.returncode}\n{done.stderr}")
        up = json.loads(done.stdout)
        for part in up["gateways"] + up["nodes"]:
            self._parts[part["name"]] = part
            self._known.append((part["pid"], processes.start_ticks(part["pid"])))

    def _wait_ready(self, name, process):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise FleetError(f"{name} ended at once\n{self.logs()}")
            for part in self._listed():
                if part["name"] == name and part.get("pid") == process.pid:
                    self._parts[name] = {**self._parts[name], **part}
                    return
            time.sleep(0.05)
        raise FleetError(f"{name} was not ready within 10 s\n{self.logs()}")

    def _listed(self):
        status = self.status()
        return [p for p in status["gateways"] + status["nodes"] if p.get("state") == "ready"]

    def _signal(self, name, number, missing_ok=False):
        try:
            os.kill(self._parts[name]["pid"], number)
        except ProcessLookupError:
            if not missing_ok:
                raise FleetError(f"{name} is not there any more\n{self.logs()}") from None
        return time.monotonic()

    def _ask(self, name, target, data=None):
        url = f"http://{self._parts[name]['metrics']}{target}"
        try:
            with urllib.request.urlopen(url, data=data, timeout=5) as response:
                return response.read()
        except urllib.error.URLError as error:
            raise FleetError(f"{name}{target}: {error}") from None

    def _environment(self):
        # A state folder of its own: two benches, or a fleet of the user's, never meet.
        return {**os.environ, "XDG_RUNTIME_DIR": str(self._folder)}

    def _run(self, *arguments, check=True, timeout_s=_UP_TIMEOUT_S):
        return subprocess.run(
            [str(paths.OFFRAMP), *arguments],
            env=self._environment(),
            check=check,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )


def _kill_quietly(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
