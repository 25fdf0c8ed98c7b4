#!/usr/bin/env python3
"""Whether `offramp simulate FLEET` says what the fleet then does.

The demo's own file, once as real processes under Poisson load and once simulated, at three loads:
mean delay and where tasks leave. Both see arrivals and images of their own; the simulation runs on
the rows of the shipped exit profile, the fleet on images that are not among them.
"""

import json
import subprocess
import sys

import numpy as np

from harness import client, command_line, data, fleet, paths, report, stats

LOADS = (0.5, 0.75, 1.0)  # times the rates of the file
SETTLE_S = 15.0           # a fleet that has just started has measured nothing
GOAL_DELAY, GOAL_EXIT = 0.10, 0.03
SIMULATED_SEEDS = 5
STAGES = (1, 2, 3, 4)


def rate_of(spec):
    return sum(gateway["tasks_per_s"] for gateway in spec["gateways"])


def measured(running, model, labels, rate, seconds, seed):
    """One stretch of the real fleet, or None if it was empty."""
    random = np.random.default_rng([seed, 50])
    due = stats.poisson_arrivals(random, [(SETTLE_S + seconds, rate)])
    samples = random.integers(0, len(labels), len(due))
    which = random.integers(0, len(running.gateways), len(due))
    run = client.play(model, running.grpc(), due, samples, which=which)
    counted = run.between(SETTLE_S, SETTLE_S + seconds)
    ok = counted & run.ok()
    right = run.answer[ok] == labels[run.sample[ok]]
    return {
        "delay_s": stats.mean(run.delay[ok]),
        "accuracy": stats.mean(right),
        "exit_share": [stats.mean(run.exit_stage[ok] == stage) for stage in STAGES],
        "tasks": int(counted.sum()),
        "lost": int(counted.sum() - ok.sum()),
        "late_s": stats.percentile(run.sent[counted] - run.due[counted], 99),
    }


def simulated(file, loads):
    """What `offramp simulate` says, by load."""
    command = [str(paths.OFFRAMP), "simulate", str(file), "--json", "--seconds", "120",
               "--warmup", "20", "--seeds", str(SIMULATED_SEEDS)]
    found = {}
    for load in loads:
        sweep = ["--sweep", f"load={load:g}:{load:g}:1"]
        done = subprocess.run(command + sweep, check=True, capture_output=True, text=True)
        runs = [run["policies"]["dto-ee"] for run in json.loads(done.stdout)["points"][0]["runs"]]
        found[load] = {
            "delay_s": stats.mean([run["delay_s"]["mean"] for run in runs]),
            "accuracy": stats.mean([run["accuracy"] for run in runs]),
            "exit_share": [stats.mean([run["exit_share"].get(str(stage), 0.0) for run in runs])
                           for stage in STAGES],
        }
    return found


def middle(rounds, key):
    return np.median([one[key] for one in rounds], axis=0)


def differences(rounds, prediction):
    """How far the prediction lies from what was measured: of the delay, and the worst exit's."""
    delay = float(middle(rounds, "delay_s"))
    exits = np.abs(middle(rounds, "exit_share") - np.array(prediction["exit_share"]))
    return prediction["delay_s"] / delay - 1, float(exits.max())


def shares(values):
    return " / ".join(f"{100 * value:.1f}" for value in values)


def main():
    options = command_line.parse(__doc__)
    count = options.repeat or 5
    seconds = 20.0 if options.quick else 60.0
    model, labels = data.fashion_mnist()
    figure = report.Figure("parity", "Simulated and real", command_line.shown("parity", options))
    spec = fleet.demo()
    rounds = {load: [] for load in LOADS}
    with fleet.Fleet(spec) as running:
        predicted = simulated(running.file, LOADS)
        for number in range(count):
            for load in LOADS:
                command_line.say(f"parity: round {number + 1} of {count}, load {load:g}")
                rounds[load].append(
                    measured(running, model, labels, load * rate_of(spec), seconds, number + 1))

    rows = []
    for load in LOADS:
        off, exits = differences(rounds[load], predicted[load])
        rate = load * rate_of(spec)
        figure.goal(f"{rate:.0f} tasks/s: simulated delay beside measured", "within 10 %",
                    f"{100 * off:+.1f} %", abs(off), GOAL_DELAY)
        figure.goal(f"{rate:.0f} tasks/s: exit that differs most", "within 3 points",
                    f"{100 * exits:.1f} points", exits, GOAL_EXIT)
        for name, one in (("measured", {key: middle(rounds[load], key) for key in predicted[load]}),
                          ("simulated", predicted[load])):
            rows.append((f"{rate:.0f}", name, report.ms(one["delay_s"]),
                         report.percent(one["accuracy"]), shares(one["exit_share"])))
    late = max(one["late_s"] for ones in rounds.values() for one in ones)
    lost = sum(one["lost"] for ones in rounds.values() for one in ones)
    figure.sections.append(
        f"Demo fleet; measured: medians of {count} rounds of {seconds:.0f} s each, after "
        f"{SETTLE_S:.0f} s that do not count; the load generator was at most {report.ms(late)} late "
        f"(99th percentile), {lost} requests had no answer. Simulated: means of {SIMULATED_SEEDS} "
        "seeds.\n\n"
        + report.table(("tasks/s", "", "mean delay", "accuracy", "exits by stage (%)"), rows)
    )
    figure.data = {"measured": rounds, "simulated": predicted}
    figure.finish()
    return 0


if __name__ == "__main__":
    sys.exit(main())
