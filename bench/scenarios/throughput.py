#!/usr/bin/env python3
"""A whole fleet at this machine's real speed beside ONNX Runtime alone on the same cores.

One gateway and one node a stage, against one process that runs the same stages by bare ONNX Runtime
with as many threads as there are cores: `heavy` (about 5 ms a task), and the shipped vision model
in requests of 32 rows, with and without early exits (at 0.8 on both sides, so that both do the same
work). The fleet's side also pays for its client.
"""

import json
import subprocess
import sys

from harness import client, command_line, data, fleet, machine, paths, report, stats

GOAL_HEAVY, AIM_HEAVY = 0.80, 0.92
GOAL_VISION = 0.60
THRESHOLD = 0.8
NEVER = 2.0


def real_speed_fleet(bundle, threads=1):
    # A policy that leaves thresholds alone: both sides must do the same work.
    return {
        "model": {"bundle": str(bundle)},
        "policy": "weighted-least-outstanding",
        "thresholds": THRESHOLD,
        "objective": {"accuracy_weight_s": 1.0},
        "gateways": [{"name": "gw0", "http": "127.0.0.1:0", "grpc": "127.0.0.1:0"}],
        "nodes": [
            {"name": f"s{s}", "stage": s, "listen": "127.0.0.1:0", "threads": threads}
            for s in (1, 2, 3, 4)
        ],
    }


def bare(bundle, model, rows, threads, seconds, threshold):
    command = [str(paths.BARE), "--bundle", str(bundle), "--samples", str(model.samples)]
    command += ["--rows", str(rows), "--threads", str(threads), "--seconds", str(seconds)]
    command += ["--threshold", str(threshold)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


class Case:
    """One line of the table: a model in requests of some rows."""

    def __init__(self, name, title, bundle, model, rows, early_exit, outstanding, threads):
        self.name, self.title, self.bundle, self.model = name, title, bundle, model
        self.rows, self.early_exit, self.outstanding = rows, early_exit, outstanding
        self.threads = threads  # of each node's engine

    def measure(self, rounds, seconds):
        threads = min(machine.cores(), 4)
        found = []
        with fleet.Fleet(real_speed_fleet(self.bundle, self.threads)) as running:
            for number in range(rounds):
                command_line.say(f"throughput: {self.name}, round {number + 1} of {rounds}")
                threshold = THRESHOLD if self.early_exit else NEVER
                alone = bare(self.bundle, self.model, self.rows, threads, seconds, threshold)
                whole = client.loop(
                    self.model, running.grpc()[0], running.pids, "grpc", self.outstanding, seconds,
                    rows=self.rows, early_exit=self.early_exit,
                )
                found.append({"bare": alone, "fleet": whole})
        return found


def main():
    options = command_line.parse(__doc__)
    rounds = options.repeat or (5 if options.quick else 11)
    seconds = 2.0 if options.quick else 5.0
    vision, _ = data.fashion_mnist()
    heavy = data.noise("heavy", "x", 768)
    cases = [
        Case("heavy", "`heavy`, 1 row", paths.test_bundle("heavy"), heavy, 1, False, 16, 1),
        Case("vision", "fashion-mnist, 32 rows, every row to the last stage", paths.FASHION_MNIST,
             vision, 32, False, 8, 1),
        Case("vision-exits", "fashion-mnist, 32 rows, exits at 0.8", paths.FASHION_MNIST, vision,
             32, True, 8, 1),
    ]
    figure = report.Figure("throughput", "Throughput beside bare ONNX Runtime",
                           command_line.shown("throughput", options))
    rows = []
    for case in cases:
        found = case.measure(rounds, seconds)
        figure.data[case.name] = found
        alone = stats.median([one["bare"]["rows_per_s"] for one in found])
        whole = stats.median([one["fleet"]["per_s"] * case.rows for one in found])
        share = stats.median(
            [one["fleet"]["per_s"] * case.rows / one["bare"]["rows_per_s"] for one in found]
        )
        cpu = stats.median([one["fleet"]["cpu_per_answer_s"] / case.rows for one in found])
        bare_cpu = stats.median([one["bare"]["cpu_s"] / one["bare"]["rows"] for one in found])
        limit = GOAL_HEAVY if case.name == "heavy" else GOAL_VISION
        text = ">= 80 % (aim 92 %)" if case.name == "heavy" else ">= 60 %"
        figure.goal(case.title, text, report.percent(share), share, limit, smaller_is_better=False)
        rows.append((case.title, f"{alone:.0f}", f"{whole:.0f}",
                     f"{bare_cpu * 1e6:.0f} us", f"{cpu * 1e6:.0f} us",
                     _exits(found[-1]["bare"]["exits"]), _exits(found[-1]["fleet"]["exits"])))
    figure.sections.append(
        f"Rows per second, medians of {rounds} interleaved rounds; the ratio is the median of the "
        "rounds' ratios. The load runs on the same cores as the fleet.\n\n"
        + report.table(("", "bare", "fleet", "CPU a row, bare", "CPU a row, fleet",
                        "answered at stage, bare", "the same, fleet"), rows)
    )
    figure.finish()
    return 0


def _exits(exits):
    total = sum(exits.values()) or 1
    return " / ".join(f"{s}: {report.percent(n / total, 0)}" for s, n in sorted(exits.items()))


if __name__ == "__main__":
    sys.exit(main())
