#!/usr/bin/env python3
"""What a node costs while nothing happens, and whether it grows while something does.

The demo's fleet: CPU time and resident memory over 30 idle seconds, beside the model (the stage's
file); then the slope of resident memory under load.
"""

import pathlib
import sys
import threading
import time

import numpy as np

from harness import client, command_line, data, fleet, processes, report, stats

IDLE_S = 30.0
RATE = 100.0
SAMPLE_EVERY_S = 2.0
# Caches, arenas and connections fill first.
SETTLE_S = 30.0
GOAL_CPU, GOAL_RSS_BYTES = 0.015, 60e6


def model_bytes(spec, stage):
    files = fleet.bundle_of(spec)["stages"]
    return (pathlib.Path(spec["model"]["bundle"]) / files[stage - 1]["file"]).stat().st_size


def idle(running):
    """Per part: share of a core, resident bytes, threads, and the bytes of its stage's file."""
    time.sleep(2)
    parts = running.nodes + running.gateways
    before = {p["name"]: processes.cpu_seconds(p["pid"]) for p in parts}
    start = time.monotonic()
    time.sleep(IDLE_S)
    seconds = time.monotonic() - start
    found = {}
    for part in parts:
        stage = part.get("stage")
        found[part["name"]] = {
            "kind": "node" if stage else "gateway",
            "cpu": (processes.cpu_seconds(part["pid"]) - before[part["name"]]) / seconds,
            "rss_bytes": processes.rss_bytes(part["pid"]),
            "private_bytes": processes.private_bytes(part["pid"]),
            "threads": processes.threads(part["pid"]),
            "model_bytes": model_bytes(running.spec, stage) if stage else 0,
        }
    return found


def growth(running, minutes):
    """Resident memory of every part under load: times and values."""
    model, labels = data.fashion_mnist()
    random = np.random.default_rng(1)
    due = stats.poisson_arrivals(random, [(60 * minutes, RATE)])
    samples = random.integers(0, len(labels), len(due))
    parts = running.nodes + running.gateways
    times, values = [], {p["name"]: [] for p in parts}
    done = threading.Event()

    def watch():
        start = time.monotonic()
        while not done.wait(SAMPLE_EVERY_S):
            times.append(time.monotonic() - start)
            for part in parts:
                values[part["name"]].append(processes.rss_bytes(part["pid"]))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        run = client.play(model, running.grpc(), due, samples, deadline=10.0)
    finally:
        done.set()
        watcher.join()
    return times, values, run


def thirds(times, values):
    """Growth of all processes together, kB a minute, over each third of the settled time."""
    times = np.array(times)
    total = sum(np.array(series, float) for series in values.values())
    edges = np.linspace(SETTLE_S, times[-1], 4)
    found = []
    for start, end in zip(edges, edges[1:]):
        within = (times >= start) & (times <= end)
        found.append(stats.slope(times[within] / 60, total[within])[0])
    return ", ".join(f"{gradient / 1e3:+.0f}" for gradient in found)


def main():
    def add(parser):
        parser.add_argument("--minutes", type=float, help="of load (quick: 2, else 10)")

    options = command_line.parse(__doc__, add)
    minutes = options.minutes or (2 if options.quick else 10)
    command = command_line.shown("idle", options)
    command += f" --minutes {options.minutes:g}" if options.minutes else ""
    figure = report.Figure("idle", "Idle, and growth under load", command)
    with fleet.Fleet(fleet.demo()) as running:
        command_line.say(f"idle: {IDLE_S:.0f} s without load")
        quiet = idle(running)
        command_line.say(f"idle: {minutes:g} minutes under load")
        times, values, run = growth(running, minutes)
    nodes = [one for one in quiet.values() if one["kind"] == "node"]
    gateways = [one for one in quiet.values() if one["kind"] == "gateway"]

    def beside(one):
        return one["rss_bytes"] - one["model_bytes"]

    worst_cpu = max(one["cpu"] for one in nodes)
    worst_rss = max(beside(one) for one in nodes)
    figure.goal("CPU of an idle node, the busiest", "<= 1.5 % of a core",
                report.percent(worst_cpu, 2), worst_cpu, GOAL_CPU)
    figure.goal("resident memory of a node beside the model, the largest", "<= 60 MB",
                f"{worst_rss / 1e6:.1f} MB", worst_rss, GOAL_RSS_BYTES)
    kept = np.array(times) >= SETTLE_S
    slopes = {
        name: stats.slope(np.array(times)[kept] / 60, np.array(series)[kept])
        for name, series in values.items()
    }
    rows = [
        (kind, report.percent(stats.mean([o["cpu"] for o in ones]), 2),
         report.percent(max(o["cpu"] for o in ones), 2),
         f"{stats.mean([o['rss_bytes'] for o in ones]) / 1e6:.1f} MB",
         f"{max(beside(o) for o in ones) / 1e6:.1f} MB",
         f"{stats.mean([o['private_bytes'] for o in ones]) / 1e6:.1f} MB",
         max(o["threads"] for o in ones))
        for kind, ones in (("node", nodes), ("gateway", gateways))
    ]
    figure.sections.append(
        f"{IDLE_S:.0f} s without a request. Resident memory counts the pages of shared libraries "
        "(ONNX Runtime, gRPC) in every process, though the machine holds them once.\n\n"
        + report.table(("", "CPU, mean", "CPU, most", "resident, mean", "beside the model, most",
                        "backed by no file, mean", "threads"), rows)
    )
    steepest = max(slopes, key=lambda name: slopes[name][0])
    total = sum(slope for slope, _ in slopes.values())
    answered = int(run.ok().sum())
    figure.sections.append(
        f"Under {RATE:.0f} tasks/s for {minutes:g} minutes ({answered} answered, "
        f"{len(run.due) - answered} not), the first {SETTLE_S:.0f} s left out: resident memory "
        f"of all {len(slopes)} processes together {total / 1e3:+.0f} kB a minute; steepest "
        f"{steepest} {slopes[steepest][0] / 1e3:+.0f} +- {slopes[steepest][1] / 1e3:.0f} kB a "
        f"minute (95 %). All together by thirds of that time: {thirds(times, values)} kB a minute."
    )
    figure.data = {"idle": quiet, "times_s": times, "rss_bytes": values,
                   "slopes_bytes_per_min": slopes}
    figure.finish()
    return 0


if __name__ == "__main__":
    sys.exit(main())
