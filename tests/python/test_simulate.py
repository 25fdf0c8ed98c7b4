"""Simulations by the policies that come with offramp: the command's, to the last digit."""

import math
import os
import signal
import threading
import time
import unittest

import numpy as np
import offramp

from package_fixture import PackageTest


class Simulations(PackageTest):
    def test_to_dict_is_the_commands_json(self):
        for words, arguments in (
                (("--seconds", "60"), {"seconds": 60}),
                (("--policy", "peak-ewma", "--tasks", "700", "--seed", "3", "--thresholds", "tuned"),
                 {"policy": "peak-ewma", "tasks": 700, "seed": 3, "thresholds": "tuned"}),
                (("--seconds", "40", "--warmup", "0", "--min-accuracy", "0.88", "--admission"),
                 {"seconds": 40, "warmup_s": 0, "min_accuracy": 0.88, "admission": True})):
            with self.subTest(arguments):
                run = offramp.simulate(self.scenario, **arguments)
                self.assertEqual(run.to_dict(), self.command_json("simulate", self.path, *words))

    def test_attributes_fit_together(self):
        run = offramp.simulate(self.scenario, "computing-first", seconds=100)
        self.assertEqual(run.generated, run.finished + run.refused + run.lost)
        self.assertEqual(run.delay_quantile_s.shape, (101,))
        self.assertLess(run.mean_ci95_s[0], run.mean_delay_s)
        self.assertEqual(run.p50_s, run.delay_quantile_s[50])
        self.assertAlmostEqual(sum(run.exit_share.values()), 1)
        # Little's law, node by node.
        np.testing.assert_allclose(run.mean_in_system, run.arrival_rate_per_s * run.mean_sojourn_s,
                                   rtol=0.2)
        self.assertEqual(len(run.series.t_s), len(run.series.accuracy))

    def test_seconds_without_arrivals_are_nan_and_null(self):
        data = self.scenario.to_dict()
        for device in data["devices"]:
            device["tasks_per_s"] = 0.02
        run = offramp.simulate(offramp.Scenario.from_dict(data), "nash", seconds=60, warmup_s=0)
        self.assertTrue(math.isnan(run.series.delay_s[0]) or math.isnan(run.series.delay_s[-1]))
        self.assertIn(None, run.to_dict()["policies"]["nash"]["series"]["delay_s"])

    def test_a_strategy_to_start_with(self):
        start = offramp.Strategy.uniform(self.scenario, threshold=2)
        run = offramp.simulate(self.scenario, "nash", seconds=50, start=start)
        self.assertEqual(run.exit_share[3], 1)

    def test_progress_and_threads(self):
        shares = []
        runs = [None, None]

        def work(i):
            runs[i] = offramp.simulate(self.scenario, "round-robin", seconds=3000,
                                       progress=shares.append if i == 0 else None)
        threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(runs[0].to_dict(), runs[1].to_dict())
        self.assertTrue(shares and all(0 <= share <= 1 for share in shares))

    def test_ctrl_c_ends_it(self):
        timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        began = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            offramp.simulate(self.scenario, "round-robin", tasks=100_000_000)
        self.assertLess(time.monotonic() - began, 30)
        timer.join()

    def test_what_progress_raises_arrives(self):
        def fail(_):
            raise LookupError("enough")
        with self.assertRaisesRegex(LookupError, "enough"):
            offramp.simulate(self.scenario, "nash", seconds=5000, progress=fail)


class Refusals(PackageTest):
    def test_messages_are_the_commands(self):
        for words, arguments in ((("--tasks", "1e12"), {"tasks": 10**12}),
                                 (("--warmup", "900"), {"warmup_s": 900}),
                                 (("--seconds", "1e9"), {"seconds": 1e9})):
            with self.subTest(arguments):
                wanted = self.command_error("simulate", self.path, *words)
                with self.assertRaises(ValueError) as caught:
                    offramp.simulate(self.scenario, **arguments)
                # The command names options and quotes their text.
                self.assertEqual(str(caught.exception).replace("1000000000000", "'1e12'"),
                                 wanted.removeprefix("--"))

    def test_other_arguments(self):
        self.assert_refused(f"{self.path}: seconds: must be > 0 and at most 1e9", offramp.simulate,
                            self.scenario, seconds=math.nan)
        with self.assertRaisesRegex(ValueError, "policy: is 'peak', expected one of dto-ee"):
            offramp.simulate(self.scenario, "peak")
        with self.assertRaises(TypeError):
            offramp.simulate(self.scenario, 3)


if __name__ == "__main__":
    unittest.main()
