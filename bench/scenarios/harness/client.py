"""Drives bench_client: closed loops, schedules with events, the bare TCP floor."""

import json
import pathlib
import subprocess
import tempfile
import time
from typing import List, NamedTuple, Sequence

import numpy as np

from harness import paths, processes


class Model(NamedTuple):
    """What a request asks for, and the rows that it may carry."""

    name: str
    input: str
    shape: Sequence[int]  # of one row
    samples: pathlib.Path  # raw FP32 rows


class Run(NamedTuple):
    """Every request of a schedule, one entry an array; times in seconds, `due` from the start."""

    start: float  # on the monotonic clock
    due: np.ndarray
    sent: np.ndarray
    delay: np.ndarray
    target: np.ndarray
    sample: np.ndarray
    outcome: np.ndarray  # "ok", "refused", "late", "failed"
    exit_stage: np.ndarray
    answer: np.ndarray  # class of the first row
    path: List[str]

    def ok(self):
        return self.outcome == "ok"

    def between(self, start, end):
        """A mask of the requests due in [start, end)."""
        return (self.due >= start) & (self.due < end)


def loop(model, target, pids, protocol="grpc", outstanding=1, seconds=2.0, rows=1,
         early_exit=True, warmup=0.3):
    """A closed loop; its figures, with the CPU time that `pids` took meanwhile."""
    command = ["loop", *_request(model, protocol, [target], rows, early_exit)]
    command += ["--outstanding", str(outstanding), "--seconds", str(seconds)]
    command += ["--warmup", str(warmup)]
    with _start(command) as client:
        _read(client, "started_s")
        before = processes.total_cpu_seconds(pids)
        _read(client, "ended_s")
        cpu_s = processes.total_cpu_seconds(pids) - before
        figures = _read(client, "answers")
        _finish(client)
    wrong = {name: n for name, n in figures["outcomes"].items() if name != "ok"}
    if not figures["answers"]:
        raise RuntimeError(f"nothing was answered in {seconds:g} s: {wrong} {figures['error']}")
    if wrong:
        raise RuntimeError(f"not every request was answered: {wrong} {figures['error']}")
    figures["cpu_s"] = cpu_s
    figures["cpu_per_answer_s"] = cpu_s / figures["answers"]
    return figures


def floor(hops=5, request_bytes=3072, reply_bytes=1024, seconds=1.0):
    """Round trips through a chain of `hops` processes that only copy bytes over loopback TCP."""
    command = ["floor", "--hops", str(hops), "--bytes", str(request_bytes)]
    command += ["--reply-bytes", str(reply_bytes), "--seconds", str(seconds)]
    with _start(command) as client:
        figures = _read(client, "p50_s")
        _finish(client)
    return figures


def play(model, targets, due, samples, events=(), which=None, protocol="grpc", deadline=30.0,
         early_exit=True, threads=1024):
    """An open loop over `targets`, and what happens meanwhile.

    due, samples, which: arrays, one entry a request; `which` is the target's index (default: in
    turn). events: (seconds from the start, function) pairs, ascending, run on this thread.
    """
    due = np.asarray(due, float)
    which = np.arange(len(due)) % len(targets) if which is None else np.asarray(which)
    with tempfile.TemporaryDirectory(prefix="offramp-bench-load-") as folder:
        schedule, records = pathlib.Path(folder) / "schedule", pathlib.Path(folder) / "records"
        lines = (f"{t:.6f} {w} {s}\n" for t, w, s in zip(due, which, samples))
        schedule.write_text("".join(lines), encoding="ascii")
        command = ["play", *_request(model, protocol, targets, 1, early_exit)]
        command += ["--schedule", str(schedule), "--records", str(records)]
        command += ["--deadline", str(deadline), "--threads", str(threads)]
        with _start(command) as client:
            start = _read(client, "started_s")["started_s"]
            for at, happen in events:
                time.sleep(max(0.0, start + at - time.monotonic()))
                happen()
            _finish(client)
        return _read_records(records, start)


def _request(model, protocol, targets, rows, early_exit):
    command = ["--protocol", protocol, "--model", model.name, "--input", model.input]
    command += ["--shape", ",".join(map(str, model.shape)), "--rows", str(rows)]
    command += ["--samples", str(model.samples)]
    for target in targets:
        command += ["--target", target]
    return command + ([] if early_exit else ["--no-early-exit"])


class _start:
    """The client as a process that does not outlive the block."""

    def __init__(self, arguments):
        self._arguments = arguments

    def __enter__(self):
        self._process = subprocess.Popen(
            [str(paths.CLIENT), *self._arguments], stdout=subprocess.PIPE, text=True
        )
        return self._process

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._process.stdout.close()


def _read(client, key):
    line = client.stdout.readline()
    if not line:
        raise RuntimeError(f"bench_client ended early, exit code {client.wait()}")
    figures = json.loads(line)
    if key not in figures:
        raise RuntimeError(f"bench_client printed {line!r}, expected {key}")
    return figures


def _finish(client):
    if client.wait() != 0:
        raise RuntimeError(f"bench_client failed, exit code {client.returncode}")


def _read_records(path, start):
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    columns = list(zip(*rows)) if rows else [()] * 10
    floats = [np.array(c, float) for c in columns[:3]]
    integers = {i: np.array(columns[i], int) for i in (3, 4, 7, 8)}
    return Run(start, *floats, integers[3], integers[4], np.array(columns[5], str),
               integers[7], integers[8], list(columns[9]))
