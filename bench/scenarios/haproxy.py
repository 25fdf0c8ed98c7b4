#!/usr/bin/env python3
"""HAProxy in front of whole-model replicas, beside an Offramp fleet on the same emulated machines.

Where a model fits every machine, people put a load balancer in front of one replica each and run
the whole model. Here eight machines of unequal speed do either: a gateway and a node with the whole
model each, behind HAProxy (leastconn; leastconn with weights by speed), or one stage each of the
same model behind one gateway. Same arrivals, same images, the same client over HTTP with binary
tensors. Three loads, as shares of what the machines together can do with the whole model; then the
fastest machine is killed in the middle of the middle load. The accuracy tells what early exits
cost.
"""

import concurrent.futures
import contextlib
import pathlib
import sys
import tempfile

import numpy as np

from harness import client, command_line, data, fleet, haproxy, paths, report, stats

# Machines by speed, in whole models a second, and the stage that each holds in the Offramp fleet:
# the work of a stage is its FLOPs times the share of tasks that reach it
# (models/fashion-mnist/REPORT.md).
MACHINES = (
    ("m1", 30, 4), ("m2", 20, 2), ("m3", 20, 3), ("m4", 15, 4),
    ("m5", 10, 2), ("m6", 8, 3), ("m7", 5, 1), ("m8", 4, 1),
)
LOADS = (0.5, 0.7, 0.85)
KILL_LOAD = 0.7
KILLED = "m1"
DEADLINE_S = 10.0
GATEWAY = {"name": "gw0", "http": "127.0.0.1:0", "grpc": "127.0.0.1:0"}


def whole_gflops():
    return fleet.bundle_of({"model": {"bundle": str(paths.whole_bundle())}})["stages"][0]["gflops"]


def offramp_spec():
    gflops = whole_gflops()
    return {
        "model": {"bundle": str(paths.FASHION_MNIST)},
        "objective": {"accuracy_weight_s": 3.0},  # the demo's
        "deadline_ms": int(DEADLINE_S * 1e3),
        "gateways": [GATEWAY],
        "nodes": [
            {"name": name, "stage": stage, "listen": "127.0.0.1:0", "gflops_per_s": speed * gflops}
            for name, speed, stage in MACHINES
        ],
    }


def replica_spec(name, speed):
    return {
        "model": {"bundle": str(paths.whole_bundle())},
        "policy": "least-outstanding",
        "thresholds": 2,
        "objective": {"accuracy_weight_s": 3.0},
        "deadline_ms": int(DEADLINE_S * 1e3),
        "gateways": [GATEWAY],
        "nodes": [{"name": name, "stage": 1, "listen": "127.0.0.1:0",
                   "gflops_per_s": speed * whole_gflops()}],
    }


class Offramp:
    """The fleet as one target that a machine can be killed under."""

    def __enter__(self):
        self._fleet = fleet.Fleet(offramp_spec())
        self._fleet.__enter__()
        return self

    def __exit__(self, *_):
        self._fleet.stop()

    def target(self):
        return self._fleet.http()[0]

    def kill(self):
        self._fleet.kill(KILLED)


class Replicas:
    """A whole-model replica a machine, and HAProxy in front of them."""

    def __init__(self, door):
        self._door = door

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
            self._fleets = {
                name: fleet.Fleet(replica_spec(name, speed)) for name, speed, _ in MACHINES
            }
            for one in self._fleets.values():
                stack.callback(one.stop)
            with concurrent.futures.ThreadPoolExecutor() as pool:
                list(pool.map(fleet.Fleet.__enter__, self._fleets.values()))
            servers = [(n, self._fleets[n].http()[0], speed) for n, speed, _ in MACHINES]
            self._proxy = stack.enter_context(haproxy.HaProxy(servers, folder))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def target(self):
        return self._proxy.addresses[self._door]

    def kill(self):
        """The machine dies: everything on it at once."""
        for part in (GATEWAY["name"], KILLED):
            self._fleets[KILLED].kill(part)


SYSTEMS = {
    "Offramp": Offramp,
    "HAProxy leastconn": lambda: Replicas("leastconn"),
    "HAProxy weighted": lambda: Replicas("weighted"),
}


def load(system, model, labels, rate, seconds, seed, events=()):
    random = np.random.default_rng(seed)
    due = stats.poisson_arrivals(random, [(seconds, rate)])
    samples = random.integers(0, len(labels), len(due))
    run = client.play(model, [system.target()], due, samples, events, protocol="rest",
                      deadline=DEADLINE_S)
    return summary(run, labels, np.ones(len(due), bool))


def summary(run, labels, mask):
    """Delay over all requests, those without an answer at their deadline."""
    ok = run.ok() & mask
    delay = np.where(run.ok(), run.delay, DEADLINE_S)[mask]
    right = run.answer[ok] == labels[run.sample[ok]]
    return {
        "requests": int(mask.sum()),
        "lost": int((mask & ~run.ok()).sum()),
        "mean_s": stats.mean(delay),
        "p95_s": stats.percentile(delay, 95),
        "accuracy": stats.mean(right),
    }


def measure(rounds, seconds):
    model, labels = data.fashion_mnist()
    capacity = sum(speed for _, speed, _ in MACHINES)
    found = {name: [] for name in SYSTEMS}
    for number in range(rounds):
        for name, make in SYSTEMS.items():
            command_line.say(f"haproxy: round {number + 1} of {rounds}, {name}")
            one = {}
            with make() as system:
                load(system, model, labels, 20, 1.5, seed=999)  # connections, first rates
                for share in LOADS:
                    one[f"{share}"] = load(system, model, labels, share * capacity, seconds,
                                           seed=100 * number + int(100 * share))
                kill = [(seconds * 0.2, system.kill)]
                one["kill"] = load(system, model, labels, KILL_LOAD * capacity, 1.5 * seconds,
                                   seed=100 * number, events=kill)
            found[name].append(one)
    return found


def main():
    options = command_line.parse(__doc__)
    rounds = options.repeat or 5
    seconds = 4.0 if options.quick else 15.0
    figure = report.Figure("haproxy", "Beside HAProxy and whole-model replicas",
                           command_line.shown("haproxy", options))
    found = measure(rounds, seconds)
    figure.data = {"haproxy": haproxy.version(), "machines": MACHINES, "found": found}
    tabulate(figure, found, rounds)
    figure.finish()
    return 0


def tabulate(figure, found, rounds):
    rows = []
    for part in [*map(str, LOADS), "kill"]:
        title = f"kill at {KILL_LOAD:.0%} load" if part == "kill" else f"{float(part):.0%} load"
        for name in SYSTEMS:
            ones = [one[part] for one in found[name]]

            def middle(key, ones=ones):
                return stats.median([one[key] for one in ones])

            rows.append((title, name, report.ms(middle("mean_s")), report.ms(middle("p95_s")),
                         report.percent(_pooled(ones), 2),
                         f"{sum(one['lost'] for one in ones)} of "
                         f"{sum(one['requests'] for one in ones)}"))
    figure.sections.append(
        f"HAProxy {haproxy.version()}, health checks every 2 s, three failures, redispatch, as its "
        f"manual sets them; {len(MACHINES)} machines of {MACHINES[-1][1]} to {MACHINES[0][1]} "
        f"whole models a second. Medians of {rounds} interleaved rounds, accuracy over all of "
        f"them; requests without an answer count {DEADLINE_S:.0f} s.\n\n"
        + report.table(("", "", "mean", "p95", "accuracy", "without an answer"), rows)
    )


def _pooled(ones):
    """Accuracy over the answers of all rounds."""
    answers = [one["requests"] - one["lost"] for one in ones]
    return sum(one["accuracy"] * n for one, n in zip(ones, answers)) / sum(answers)


if __name__ == "__main__":
    sys.exit(main())
