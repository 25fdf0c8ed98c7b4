#!/usr/bin/env python3
"""The arithmetic of the scenarios: what turns records into the figures of docs/benchmarks.md."""

import math
import sys
import unittest

import numpy as np

import parity
import recovery
from harness import client, report, stats
from live import compare, matrix


def run_of(due, delay, outcome=None):
    """A client's run with these delays, everything answered unless said."""
    count = len(due)
    outcome = np.array(["ok"] * count if outcome is None else outcome)
    zeros = np.zeros(count, int)
    due = np.asarray(due, float)
    return client.Run(0.0, due, due, np.asarray(delay, float), zeros, zeros, outcome, zeros, zeros,
                      [""] * count)


class Parity(unittest.TestCase):
    def test_compares_the_middle_round_with_the_prediction(self):
        rounds = [{"delay_s": d, "exit_share": [s, 1 - s]} for d, s in
                  ((0.04, 0.5), (0.05, 0.6), (0.2, 0.9))]
        delay, exits = parity.differences(rounds, {"delay_s": 0.045, "exit_share": [0.58, 0.42]})
        self.assertAlmostEqual(delay, -0.1)
        self.assertAlmostEqual(exits, 0.02)


class EqualAccuracy(unittest.TestCase):
    def test_reads_between_two_points(self):
        delay, inside = compare.read_off([(0.90, 0.1), (0.92, 0.2)], 0.91)
        self.assertTrue(inside)
        self.assertAlmostEqual(delay, 0.15)

    def test_keeps_the_end_beyond_the_curve_and_says_so(self):
        self.assertEqual(compare.read_off([(0.90, 0.1), (0.92, 0.2)], 0.95), (0.2, False))
        self.assertEqual(compare.read_off([(0.90, 0.1), (0.92, 0.2)], 0.85), (0.1, False))

    def test_noise_cannot_make_more_accuracy_cheaper(self):
        # The points at 0.91 and 0.92 fall: both count as their mean.
        delay, _ = compare.read_off([(0.90, 0.1), (0.91, 0.3), (0.92, 0.2)], 0.91)
        self.assertAlmostEqual(delay, 0.25)

    def test_gain_is_taken_within_seed_fleet_and_gateways(self):
        def found(mean_s, accuracy):
            return {part: {"mean_s": mean_s, "accuracy": accuracy}
                    for part in (*matrix.MEASURED, "whole")}

        results = {}
        for seed, ours in ((1, 0.05), (2, 0.10)):
            results[matrix.Case("demo", 4, seed, "dto-ee", "-")] = found(ours, 0.91)
            results[matrix.Case("demo", 4, seed, "peak-ewma", "0.7")] = found(0.1, 0.90)
            results[matrix.Case("demo", 4, seed, "peak-ewma", "0.9")] = found(0.3, 0.92)
        values, outside = compare.gains(results, "peak-ewma", "quiet")
        self.assertEqual(outside, 0)
        self.assertAlmostEqual(values["demo", 4, 1], 0.75)
        self.assertAlmostEqual(values["demo", 4, 2], 0.5)


class Recovery(unittest.TestCase):
    def test_time_from_the_event_until_delay_is_near_its_new_level(self):
        due = np.arange(0, 20, 0.01)
        # Usual 50 ms, from 5 s on a second and a half of 300 ms, then a new level of 60 ms.
        delay = np.where(due < 5, 0.05, np.where(due < 6.5, 0.3, 0.06))
        after_s, steady_s = recovery.recovery_s(run_of(due, delay), 5.0, 15.0)
        self.assertAlmostEqual(steady_s, 0.06)
        self.assertAlmostEqual(after_s, 1.5, delta=0.11)

    def test_requests_without_an_answer_count_at_their_deadline(self):
        due = np.arange(0, 20, 0.01)
        outcome = np.where((due >= 5) & (due < 7), "failed", "ok")
        after_s, _ = recovery.recovery_s(run_of(due, np.full(len(due), 0.05), outcome), 5.0, 15.0)
        self.assertAlmostEqual(after_s, 2.0, delta=0.11)


class Numbers(unittest.TestCase):
    def test_arrivals_follow_the_rates(self):
        arrivals = stats.poisson_arrivals(np.random.default_rng(1), [(50, 20), (50, 100)])
        self.assertTrue((np.diff(arrivals) >= 0).all())
        self.assertAlmostEqual((arrivals < 50).sum(), 1000, delta=100)
        self.assertAlmostEqual((arrivals >= 50).sum(), 5000, delta=220)

    def test_slope_of_a_line_is_exact(self):
        gradient, half = stats.slope([0, 1, 2, 3], [5, 7, 9, 11])
        self.assertAlmostEqual(gradient, 2)
        self.assertAlmostEqual(half, 0)

    def test_interval_needs_two_values(self):
        self.assertTrue(math.isnan(stats.interval95([1.0])))
        self.assertAlmostEqual(stats.interval95([1.0, 3.0]), 12.71, places=2)

    def test_verdicts(self):
        self.assertEqual(report.verdict(1, 2), "met")
        self.assertEqual(report.verdict(3, 2), "**missed**")
        self.assertEqual(report.verdict(3, 2, smaller_is_better=False), "met")
        self.assertEqual(report.verdict(math.nan, 2), "not measured")


class Matrix(unittest.TestCase):
    def test_every_policy_sees_the_same_fleet(self):
        case = matrix.Case("fresh-1", 1, 3, "peak-ewma", "0.7")
        theirs = matrix.spec_of(case, 120)
        ours = matrix.spec_of(case._replace(policy="dto-ee", thresholds="-"), 120)
        self.assertEqual(theirs["nodes"], ours["nodes"])
        self.assertEqual(theirs["links"], ours["links"])
        self.assertEqual((theirs["policy"], theirs["thresholds"]), ("peak-ewma", 0.7))

    def test_one_gateway_keeps_the_rate_and_drops_the_others_links(self):
        spec = matrix.spec_of(matrix.Case("demo", 1, 1, "dto-ee", "-"), 120)
        self.assertEqual([g["tasks_per_s"] for g in spec["gateways"]], [120])
        self.assertEqual({l["from"] for l in spec["links"] if l["from"].startswith("gw")}, {"gw0"})

    def test_fresh_fleets_differ_and_keep_each_stages_capacity(self):
        demo, fresh = matrix.fleet.demo(), matrix.fresh(1)
        self.assertNotEqual(fresh["nodes"], matrix.fresh(2)["nodes"])
        self.assertEqual(fresh, matrix.fresh(1))
        for stage in (1, 2, 3, 4):
            totals = [sum(n["gflops_per_s"] for n in spec["nodes"] if n["stage"] == stage)
                      for spec in (demo, fresh)]
            self.assertAlmostEqual(totals[1] / totals[0], 1, delta=0.15)


if __name__ == "__main__":
    sys.exit(unittest.main())
