"""Plans and evaluations: the command's, to the last digit."""

import json
import threading
import unittest

import numpy as np
import offramp

from package_fixture import PackageTest


class Plans(PackageTest):
    def test_to_dict_is_the_commands_json(self):
        for words, arguments in (
                ((), {}),
                (("--policy", "nash", "--thresholds", "tuned"),
                 {"policy": "nash", "thresholds": "tuned"}),
                (("--policy", "peak-ewma", "--thresholds", "0.6", "--no-certificate"),
                 {"policy": "peak-ewma", "thresholds": 0.6, "certificate": False}),
                (("--held-out", "0.3", "--restarts", "1", "--seed", "4"),
                 {"held_out": 0.3, "restarts": 1, "seed": 4}),
                (("--min-accuracy", "0.85"), {"min_accuracy": 0.85})):
            with self.subTest(arguments):
                plan = offramp.plan(self.scenario, **arguments)
                self.assertEqual(plan.to_dict(), self.command_json("plan", self.path, *words))

    def test_attributes_say_the_same_by_name_and_by_array(self):
        plan = offramp.plan(self.scenario, restarts=0)
        self.assertEqual(plan.policy, "dto-ee")
        for link, share in zip(self.scenario.links, plan.strategy.shares):
            self.assertEqual(plan.offloading[link[0]][link[1]], share)
        self.assertEqual(set(plan.thresholds), set(self.scenario.nodes[:6]))
        self.assertTrue(np.isnan(plan.strategy.thresholds[6:]).all())
        self.assertEqual(len(plan.history["mean_delay_s"]), plan.rounds + 1)
        self.assertAlmostEqual(sum(plan.predicted.exit_share.values()), 1)
        self.assertAlmostEqual(plan.predicted.link_flow_per_s[:12].sum(), 14, places=4)
        self.assertAlmostEqual(plan.predicted.arrival_rate_per_s[:3].sum(), 14, places=4)
        self.assertGreaterEqual(plan.optimality_gap_s, 0)
        self.assertEqual(plan.optimality_gap_s, plan.certificate.gap_s)
        self.assertIn("dto-ee", plan.report)

    def test_progress_counts_rounds(self):
        rounds = []
        offramp.plan(self.scenario, rounds=5, restarts=0, progress=rounds.append)
        self.assertEqual(rounds, sorted(rounds))
        self.assertTrue(rounds)

    def test_what_progress_raises_arrives(self):
        def fail(_):
            raise LookupError("enough")
        with self.assertRaisesRegex(LookupError, "enough"):
            offramp.plan(self.scenario, progress=fail)

    def test_other_threads_run_meanwhile(self):
        done = threading.Event()
        seen = []

        def count():
            while not done.is_set():
                seen.append(None)
                done.wait(0.001)
        thread = threading.Thread(target=count)
        thread.start()
        offramp.plan(offramp.generate_scenario(2, rows=4000), restarts=1)
        done.set()
        thread.join()
        self.assertGreater(len(seen), 20)


class Evaluations(PackageTest):
    def test_a_plan_in_any_form_evaluates_to_its_prediction(self):
        plan = offramp.plan(self.scenario, restarts=0, certificate=False)
        for form in (plan, plan.strategy, plan.to_dict(), json.loads(json.dumps(plan.to_dict()))):
            again = offramp.evaluate(self.scenario, form)
            self.assertEqual(again.to_dict(), plan.predicted.to_dict())
            self.assertEqual(again.utilisation, plan.predicted.utilisation)

    def test_one_node_a_stage_is_a_tandem_of_queues(self):
        # M/M/1 each: 1 / (mu - lambda), plus the transfers of 1000 bytes at 8 Mbit/s: 1 ms.
        data = {"version": 1, "model": {"input_bytes": 1000, "stages": [
                    {"gflops": 1, "output_bytes": 1000}, {"gflops": 2}]},
                "devices": [{"name": "d", "tasks_per_s": 3}],
                "nodes": [{"name": "a", "stage": 1, "gflops_per_s": 5},
                          {"name": "b", "stage": 2, "gflops_per_s": 8}],
                "links": [{"from": "d", "to": "a", "mbit_per_s": 8},
                          {"from": "a", "to": "b", "mbit_per_s": 8}]}
        scenario = offramp.Scenario.from_dict(data)
        prediction = offramp.evaluate(scenario, offramp.Strategy.uniform(scenario))
        self.assertAlmostEqual(prediction.mean_delay_s, 1 / (5 - 3) + 1 / (4 - 3) + 0.002)
        self.assertIsNone(scenario.profile)

    def test_arrays_may_be_changed_and_are_checked(self):
        strategy = offramp.Strategy.uniform(self.scenario)
        strategy.shares[:3] = [1, 0, 0]
        prediction = offramp.evaluate(self.scenario, strategy)
        self.assertEqual(prediction.link_flow_per_s[1], 0)
        strategy.shares[0] = 0.5
        self.assert_refused("strategy: node 'gate': shares must be >= 0 and sum to 1",
                            offramp.evaluate, self.scenario, strategy)
        strategy.shares = np.ones(3)
        self.assert_refused("strategy: has 3 shares and 8 thresholds, expected 27 (links) and 8 "
                            "(nodes)", offramp.evaluate, self.scenario, strategy)

    def test_a_mapping_that_does_not_fit(self):
        plan = offramp.Strategy.uniform(self.scenario).to_dict()
        plan["thresholds"].pop("s2-c")
        self.assert_refused("thresholds: lacks 's2-c', expected every node with an exit",
                            offramp.evaluate, self.scenario, plan)
        self.assert_refused("offloading: is missing, expected a mapping", offramp.evaluate,
                            self.scenario, {})
        plan["offloading"]["gate"]["s3-a"] = 0.1
        self.assert_refused("offloading: no link goes from 'gate' to 's3-a'", offramp.evaluate,
                            self.scenario, plan)


class Refusals(PackageTest):
    def test_messages_are_the_commands(self):
        for words, arguments in (
                (("--policy", "nsh"), {"policy": "nsh"}),
                (("--rounds", "0"), {"rounds": 0}),
                (("--thresholds", "-1"), {"thresholds": -1}),
                (("--min-accuracy", "0.99"), {"min_accuracy": 0.99})):
            with self.subTest(arguments):
                wanted = self.command_error("plan", self.path, *words)
                with self.assertRaises(ValueError) as caught:
                    offramp.plan(self.scenario, **arguments)
                # The command names options, quotes their text, and the file of an objective.
                self.assertEqual(str(caught.exception).replace("'", ""),
                                 wanted.removeprefix("--").replace("'", ""))

    def test_other_arguments(self):
        self.assert_refused("thresholds: is 'high', expected a number from 0 (above 1: never exit) "
                            "or 'tuned'", offramp.plan, self.scenario, thresholds="high")
        self.assert_refused("objective: expected one of accuracy_weight_s, min_accuracy, "
                            "max_mean_delay_s", offramp.plan, self.scenario, min_accuracy=0.5,
                            max_mean_delay_s=1)
        self.assert_refused(f"{self.path}: objective: min_accuracy must be >= 0 and <= 1",
                            offramp.plan, self.scenario, min_accuracy=3)
        with self.assertRaises(ValueError):
            offramp.plan(self.scenario, held_out=1.5)


if __name__ == "__main__":
    unittest.main()
