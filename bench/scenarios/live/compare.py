"""Delay at equal accuracy, and the tables."""

import math

import numpy as np

from harness import report, stats
from live import matrix

_PARTS = (*matrix.MEASURED, "whole")
# What a baseline counts as in the goals.
_PLAIN = ("round-robin", "least-outstanding", "power-of-two", "computing-first", "bandwidth-first")
# (part, policies, gain at least, text)
GOALS = (
    *((part, _PLAIN, 0.21, ">= 21 % below") for part in _PARTS),
    ("quiet", ("weighted-least-outstanding",), 0.0, "below"),
    ("quiet", ("peak-ewma",), 0.0, "not above (aim 10 % below)"),
    ("kill", matrix.BASELINES, 0.40, ">= 40 % below"),
    ("slow", matrix.BASELINES, 0.12, ">= 12 % below"),
)


def read_off(curve, accuracy):
    """A baseline's delay at `accuracy`, and whether its curve reaches that far.

    curve: (accuracy, delay) points, one a threshold. Linear between points, after the delays were
    made to rise with accuracy (points are noisy); beyond the curve's ends its end stands.
    """
    points = sorted((a, d) for a, d in curve if not math.isnan(a))
    if not points:
        return math.nan, False
    accuracies = [a for a, _ in points]
    delays = _rising([d for _, d in points])
    inside = accuracies[0] <= accuracy <= accuracies[-1]
    return float(np.interp(accuracy, accuracies, delays)), inside


def _rising(values):
    """The nearest non-decreasing sequence (pool adjacent violators)."""
    blocks = []  # (mean, count)
    for value in values:
        blocks.append((value, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, m), (b, n) = blocks[-2:]
            blocks[-2:] = [((a * m + b * n) / (m + n), m + n)]
    return [mean for mean, count in blocks for _ in range(count)]


def gains(results, policy, part):
    """Per seed, fleet and number of gateways: 1 - our delay / the policy's at our accuracy."""
    groups = {}
    for case, found in results.items():
        groups.setdefault((case.fleet, case.gateways, case.seed), {})[case] = found[part]
    values, outside = {}, 0
    for key, group in groups.items():
        ours = [f for case, f in group.items() if case.policy == matrix.OURS]
        curve = [(f["accuracy"], f["mean_s"]) for case, f in group.items() if case.policy == policy]
        if not ours or not curve:
            continue
        theirs, inside = read_off(curve, ours[0]["accuracy"])
        values[key] = 1 - ours[0]["mean_s"] / theirs
        outside += not inside
    return values, outside


def gain_tables(results, figure):
    """Adds the comparison at equal accuracy: goals, and a table for each number of gateways."""
    policies = [p for p in matrix.BASELINES if any(case.policy == p for case in results)]
    for count in sorted({case.gateways for case in results}):
        chosen = {case: f for case, f in results.items() if case.gateways == count}
        rows = []
        for policy in policies:
            row = [policy]
            for part in _PARTS:
                values, outside = gains(chosen, policy, part)
                row.append(_gain(list(values.values())) + (f" [{outside}]" if outside else ""))
            rows.append(row)
        figure.sections.append(
            f"{_gateways(count)}: how far our mean delay lies below each policy's at our accuracy, "
            "read off its curve over thresholds; +- is the 95 % interval over seeds and fleets, "
            "[n] how often our accuracy lay beyond its curve, whose end then stands.\n\n"
            + report.table(("", *_PARTS), rows)
        )
    _kill_by_fleet(results, policies, figure)
    for part, names, limit, text in GOALS:
        for policy in [p for p in names if p in policies]:
            values, _ = gains(results, policy, part)
            mean = stats.mean(list(values.values()))
            figure.goal(f"{part}: {policy}", text, _gain(list(values.values())), mean, limit,
                        smaller_is_better=False)


def _kill_by_fleet(results, policies, figure):
    """The same for the kill alone: what it saturates depends on the fleet."""
    names = sorted({case.fleet for case in results})
    by_fleet = {name: {c: f for c, f in results.items() if c.fleet == name} for name in names}
    rows = [[policy, *(_gain(list(gains(by_fleet[name], policy, "kill")[0].values()))
                       for name in names)] for policy in policies]
    cost = {name: stats.mean([f["kill"]["mean_s"] / f["quiet"]["mean_s"]
                              for c, f in by_fleet[name].items()
                              if c.policy == "least-outstanding" and c.thresholds == "tuned"]
                             or [float("nan")])
            for name in names}
    rows.append(["least outstanding, tuned: kill / quiet",
                 *(f"{cost[name]:.1f} x" for name in names)])
    figure.sections.append(
        "After the kill, by fleet. The last row says how much the death costs a policy that only "
        "routes: many times the quiet delay where it saturates the stage.\n\n"
        + report.table(("", *names), rows))


def plain_tables(results, figure, shown):
    """Adds what each policy did, at the thresholds `shown`, means over seeds and fleets."""
    for count in sorted({case.gateways for case in results}):
        rows = []
        for policy, thresholds in _columns(results):
            if thresholds not in ("-", *shown):
                continue
            ones = [f for case, f in results.items()
                    if (case.policy, case.thresholds, case.gateways) == (policy, thresholds, count)]
            row = [policy, thresholds]
            for part in _PARTS:
                row.append(f"{report.ms(stats.mean([o[part]['mean_s'] for o in ones]), 0)} / "
                           f"{report.ms(stats.mean([o[part]['p95_s'] for o in ones]), 0)} / "
                           f"{report.percent(stats.mean([o[part]['accuracy'] for o in ones]))}")
            row += [sum(o["whole"][key] for o in ones) for key in ("refused", "late", "failed")]
            rows.append(row)
        figure.sections.append(
            f"{_gateways(count)}: mean delay / p95 / accuracy of the answers.\n\n"
            + report.table(("policy", "thresholds", *_PARTS, "refused", "late", "failed"), rows)
        )


def _columns(results):
    """(policy, thresholds) pairs in the order in which they were run."""
    return list(dict.fromkeys((case.policy, case.thresholds) for case in results))


def _gateways(count):
    return "One gateway" if count == 1 else f"{count} gateways"


def _gain(values):
    if not values:
        return "-"
    half = stats.interval95(values)
    text = f"{stats.mean(values) * 100:+.0f} %"
    return text if math.isnan(half) else f"{text} +- {half * 100:.0f}"
