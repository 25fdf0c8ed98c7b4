"""What is run: parts of a run, fleets, policies, thresholds, seeds. Values only."""

import copy
from typing import NamedTuple, Optional

import numpy as np

from harness import fleet

OURS = "dto-ee"
BASELINES = (
    "round-robin", "least-outstanding", "weighted-least-outstanding", "power-of-two", "peak-ewma",
    "computing-first", "bandwidth-first",
)
QUICK_BASELINES = (
    "round-robin", "least-outstanding", "weighted-least-outstanding", "peak-ewma",
)
# A baseline's curve of delay over accuracy has a point for each.
THRESHOLDS = ("0.5", "0.6", "0.7", "0.8", "0.9", "0.95", "tuned")
QUICK_THRESHOLDS = ("0.7", "0.8", "0.9", "tuned")
# Refused and late tasks count as this long.
DEADLINE_S = 4.0


class Part(NamedTuple):
    """A stretch of a run; `event` happens at its start and is undone at its end."""

    name: str
    seconds: float
    rate: float = 1.0            # times the run's rate
    event: Optional[str] = None  # "kill" or "slow"
    measured: bool = True


# As the demo has them; between two events the fleet gets time to calm down.
PARTS = (
    Part("warm-up", 3, measured=False),
    Part("quiet", 8),
    Part("surge", 5, rate=1.6),
    Part("calm", 2, measured=False),
    Part("kill", 6, event="kill"),
    Part("calm", 3, measured=False),
    Part("slow", 6, event="slow"),
)
MEASURED = tuple(p.name for p in PARTS if p.measured)
SLOWER = 4.0


class Case(NamedTuple):
    """One run."""

    fleet: str
    gateways: int
    seed: int
    policy: str
    thresholds: str  # as the fleet file has it; "-" for policies that set or ignore them

    def key(self):
        return "/".join(map(str, self))


def cases(fleets, gateways, seeds, policies, thresholds):
    """All runs, those of one seed, fleet and number of gateways side by side."""
    for seed in seeds:
        for name in fleets:
            for count in gateways:
                yield Case(name, count, seed, OURS, "-")
                for policy in policies:
                    if policy == "no-exit":
                        yield Case(name, count, seed, policy, "-")
                        continue
                    for threshold in thresholds:
                        yield Case(name, count, seed, policy, threshold)


def spec_of(case, rate):
    """The fleet file of a run."""
    base = fleet.demo() if case.fleet == "demo" else fresh(int(case.fleet.split("-")[1]))
    spec = copy.deepcopy(base)
    spec["policy"] = case.policy
    spec["deadline_ms"] = int(DEADLINE_S * 1e3)
    if case.thresholds != "-":
        tuned = case.thresholds == "tuned"
        spec["thresholds"] = case.thresholds if tuned else float(case.thresholds)
    gone = {g["name"] for g in spec["gateways"][case.gateways:]}
    spec["gateways"] = spec["gateways"][: case.gateways]
    spec["links"] = [link for link in spec["links"] if link["from"] not in gone]
    for gateway in spec["gateways"]:
        gateway["tasks_per_s"] = rate / case.gateways
    return spec


def fresh(seed):
    """A fleet nobody tuned anything on: the demo's shape, with speeds and links drawn anew.

    Each stage keeps the demo's total capacity within 15 %, so that the same rate fits; how it is
    spread over the replicas, and every link, comes from the seed.
    """
    random = np.random.default_rng(seed)
    spec = fleet.demo()
    for stage in sorted({node["stage"] for node in spec["nodes"]}):
        nodes = [node for node in spec["nodes"] if node["stage"] == stage]
        total = sum(node["gflops_per_s"] for node in nodes) * random.uniform(0.85, 1.15)
        shares = np.exp(random.normal(0, 0.7, len(nodes)))
        for node, share in zip(nodes, shares / shares.sum()):
            node["gflops_per_s"] = float(total * share)
    for link in spec["links"]:
        link["mbit_per_s"] = float(random.choice([50, 100, 150, 200]))
        link["latency_ms"] = float(random.choice([1, 2, 3, 5]))
    return spec


def victim(spec):
    """The node that events happen to: the fastest of stage 2."""
    second = [node for node in spec["nodes"] if node["stage"] == 2]
    return max(second, key=lambda node: node["gflops_per_s"])
