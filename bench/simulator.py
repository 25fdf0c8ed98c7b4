#!/usr/bin/env python3
"""The simulator's speed and memory, beside SimPy and SimGrid on the same scenario file: what
`make bench-simulator` runs.

CPU seconds of one process on one core, without reading the file; medians of interleaved rounds.
The peers (tests/parity/simpy_model.py, bench/simulator/simgrid_model.cc) play the same file with
shares by capacity, and must agree on the mean delay within their intervals.
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE / "scenarios"))

from harness import report, stats  # noqa: E402

BUILD = pathlib.Path(os.environ.get("OFFRAMP_BINARY", ROOT / "build" / "offramp")).resolve().parent
DRIVER = BUILD / "tests" / "parity" / "scenario_driver"
SIMGRID = BUILD / "bench" / "simulator" / "simgrid_model"
SIMPY = ROOT / "tests" / "parity" / "simpy_model.py"
PEER_TASKS = 100_000
THRESHOLD = "0.8"


def build_tools():
    if not (BUILD / "build.ninja").exists():
        sys.exit(f"{BUILD} is no build folder: run `make build`, or set OFFRAMP_BINARY")
    for target in ("scenario_driver", "simgrid_model"):
        done = subprocess.run(
            ["ninja", "--quiet", "-C", str(BUILD), target], capture_output=True, text=True
        )
        if done.returncode != 0 and target == "scenario_driver":
            sys.exit(f"ninja {target} failed:\n{done.stdout}{done.stderr}")


def run(*command):
    done = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.DEVNULL)
    return json.loads(done.stdout)


def agree(one, other):
    """How far two means are apart, in 95 % half widths of their difference."""
    halves = [(r["mean_ci95"][1] - r["mean_ci95"][0]) / 2 for r in (one, other)]
    return abs(one["mean_delay_s"] - other["mean_delay_s"]) / math.hypot(*halves)


def peers(figure, path, rounds):
    commands = {
        "offramp": (DRIVER, "simulate", path, "computing-first", PEER_TASKS, "{seed}", THRESHOLD),
        "SimPy": (sys.executable, SIMPY, path, PEER_TASKS, "{seed}", THRESHOLD),
    }
    if SIMGRID.exists():
        commands["SimGrid"] = (SIMGRID, path, PEER_TASKS, "{seed}", THRESHOLD)
    found = {name: [] for name in commands}
    for seed in range(1, rounds + 1):
        for name, command in commands.items():
            print(f"simulator: round {seed} of {rounds}, {name}", file=sys.stderr, flush=True)
            found[name].append(run(*(str(part).format(seed=seed) for part in command)))
    figure.data["peers"] = found
    ours = stats.median([r["cpu_s"] for r in found["offramp"]])
    rows = []
    for name, results in found.items():
        cpu_s = stats.median([r["cpu_s"] for r in results])
        mean_s = stats.mean([r["mean_delay_s"] for r in results])
        half_s = stats.interval95([r["mean_delay_s"] for r in results])
        rows.append((name, f"{cpu_s:.3f} s", f"{PEER_TASKS / cpu_s:,.0f}", f"{cpu_s / ours:.1f}",
                     f"{mean_s * 1e3:.1f} +- {half_s * 1e3:.1f} ms"))
    figure.sections.append(
        f"The same scenario file (50 devices, 18 nodes in 4 stages, exponential service), "
        f"{PEER_TASKS:,} tasks, medians of {rounds} rounds:\n\n"
        + report.table(("simulator", "CPU", "tasks/s", "times ours", "mean delay"), rows)
    )
    for name, goal in (("SimPy", 20), ("SimGrid", 3)):
        if name not in found:
            figure.sections.append(f"{name} is not installed: not measured.")
            continue
        factor = stats.median([r["cpu_s"] for r in found[name]]) / ours
        figure.goal(f"times faster than {name}", f">= {goal}", f"{factor:.1f}", factor, goal,
                    smaller_is_better=False)
        apart = stats.median([agree(a, b) for a, b in zip(found["offramp"], found[name])])
        figure.goal(f"mean delays apart, {name}", "within the interval",
                    f"{apart:.2f} half widths", apart, 1)


def speed(figure, path, rounds):
    fixed = [run(DRIVER, "simulate", path, "computing-first", 1_000_000, s, THRESHOLD)
             for s in range(1, rounds + 1)]
    cpu_s = stats.median([r["cpu_s"] for r in fixed])
    figure.data["fixed"] = fixed
    figure.goal("a million tasks, fixed shares, one core", "<= 3 s", f"{cpu_s:.2f} s", cpu_s, 3)
    events = stats.median([r["events"] / r["cpu_s"] for r in fixed])
    rows = [("fixed shares", f"{events / 1e6:.1f}", f"{1e6 / cpu_s:,.0f}")]
    for policy in ("weighted-least-outstanding", "peak-ewma"):
        one = run(DRIVER, "simulate", path, policy, 1_000_000, 1, THRESHOLD)
        figure.data[policy] = one
        rows.append((policy, f"{one['events'] / one['cpu_s'] / 1e6:.1f}",
                     f"{1e6 / one['cpu_s']:,.0f}"))
    print("simulator: adaptive DTO-EE", file=sys.stderr, flush=True)
    adaptive = run(DRIVER, "simulate", path, "dto-ee", 300_000, 1, THRESHOLD)
    figure.data["adaptive"] = adaptive
    figure.goal("300,000 tasks, adaptive DTO-EE, one core", "<= 60 s",
                f"{adaptive['cpu_s']:.1f} s", adaptive["cpu_s"], 60)
    rows.append(("dto-ee (its plan included)",
                 f"{adaptive['events'] / adaptive['cpu_s'] / 1e6:.2f}",
                 f"{300_000 / adaptive['cpu_s']:,.0f}"))
    figure.sections.append(
        "The same network, by policy (dto-ee: "
        f"{adaptive['simulated_s']:.0f} simulated seconds of rounds every 100 ms at all 68 parts):"
        "\n\n" + report.table(("policy", "million events/s", "tasks/s"), rows)
    )


def memory(figure):
    rows = []
    for policy in ("computing-first", "weighted-least-outstanding"):
        print(f"simulator: 100,000 nodes, {policy}", file=sys.stderr, flush=True)
        one = run(DRIVER, "made", policy, 1_000_000, 50_000, 100_000, 1500)
        figure.data["nodes-" + policy] = one
        figure.goal(f"100,000 nodes in memory, {policy}", "<= 4096 MiB",
                    f"{one['rss_mb']:.0f} MiB", one["rss_mb"], 4096)
        rows.append((policy, f"{one['cpu_s']:.1f} s", f"{one['rss_mb']:.0f} MiB"))
    figure.sections.append(
        "50,000 devices and 100,000 nodes, a million tasks, the start included:\n\n"
        + report.table(("policy", "CPU", "resident at most"), rows)
    )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="rounds (5)")
    parser.add_argument("--document", action="store_true", help="into docs/benchmarks.md too")
    options = parser.parse_args()
    build_tools()
    figure = report.Figure("simulator", "The simulator", "make bench-simulator")
    path = HERE / "out" / "simulator" / "paper.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [str(DRIVER), "generate", str(path), "50", "18", "4", "exponential", "0.7", "1", "1500",
         "1"],
        check=True,
    )
    peers(figure, path, options.repeat)
    speed(figure, path, options.repeat)
    memory(figure)
    figure.finish()
    if options.document:
        report.update_document(ROOT / "docs" / "benchmarks.md")


if __name__ == "__main__":
    main()
