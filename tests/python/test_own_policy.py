"""Policies of the user's: what they are shown, what their answers do, what their mistakes do."""

import _thread
import threading
import unittest

import offramp

from package_fixture import PackageTest


class First(offramp.Policy):
    """The first receiver that is available; nobody exits early."""

    def choose(self, task, receivers):
        return next(receiver for receiver in receivers if receiver.available)

    def threshold(self, task):
        return 2


class Recorder(First):
    """Keeps what it was shown."""

    def __init__(self):
        self.scenario = None
        self.tasks = []
        self.receivers = []

    def start(self, scenario):
        self.scenario = scenario

    def choose(self, task, receivers):
        self.tasks.append(task)
        self.receivers.append(receivers)
        return super().choose(task, receivers)


class Shown(PackageTest):
    def test_what_a_policy_is_shown(self):
        policy = Recorder()
        run = offramp.simulate(self.scenario, policy, seconds=20, warmup_s=0)
        self.assertIs(policy.scenario, self.scenario)
        # Two stages behind the first, each of which asks once more.
        self.assertEqual(len(policy.tasks), 3 * run.generated)
        task, receivers = policy.tasks[0], policy.receivers[0]
        self.assertEqual((task.number, task.stage), (0, 0))
        self.assertEqual(task.at, self.scenario.devices[task.part])
        self.assertEqual(task.now_s, task.arrival_s)
        self.assertTrue(0 <= task.draw < 1)
        self.assertEqual([receiver.name for receiver in receivers], ["s1-a", "s1-b", "s1-c"])
        self.assertEqual(receivers[1].tasks_per_s, 9)
        self.assertEqual((receivers[0].outstanding, receivers[0].latency_s), (0, 0))
        self.assertIn("s1-b", repr(receivers[1]))
        later = policy.receivers[-1]
        self.assertGreater(max(r.latency_s for r in later), 0)

    def test_what_it_keeps_stays_as_it_was(self):
        policy = Recorder()
        offramp.simulate(self.scenario, policy, seconds=20)
        self.assertEqual(len({(task.number, task.stage) for task in policy.tasks}),
                         len(policy.tasks))
        self.assertGreater(len({r[0].outstanding for r in policy.receivers}), 1)
        self.assertEqual(policy.receivers[0][0].outstanding, 0)

    def test_a_death_is_shown_and_costs_no_task(self):
        data = self.scenario.to_dict()
        data["changes"] = [{"at_s": 10, "node": "s1-a", "down": True},
                           {"at_s": 20, "node": "s1-a", "down": False}]
        policy = Recorder()
        run = offramp.simulate(offramp.Scenario.from_dict(data), policy, seconds=40, warmup_s=0)
        self.assertEqual(run.lost, 0)
        self.assertGreater(run.resent, 0)
        gone = [task.now_s for task, receivers in zip(policy.tasks, policy.receivers)
                if task.stage == 0 and not receivers[0].available]
        self.assertTrue(10 < min(gone) < 11 and 19 < max(gone) < 21)


class Answers(PackageTest):
    def test_results_are_the_same_by_seed_and_for_every_form_of_answer(self):
        class ByIndex(First):
            name = "First"

            def choose(self, task, receivers):
                return next(i for i, receiver in enumerate(receivers) if receiver.available)
        runs = [offramp.simulate(self.scenario, policy, seed=seed, seconds=60).to_dict()
                for policy in (First(), ByIndex()) for seed in (4, 5)]
        self.assertEqual(runs[0], runs[2])
        self.assertEqual(runs[1], runs[3])
        self.assertNotEqual(runs[0]["policies"], runs[1]["policies"])

    def test_shares_drawn_by_a_policy_give_what_the_same_shares_give(self):
        # Law of large numbers: a random split in Python against `start` of a policy with shares.
        class Split(offramp.Policy):
            def choose(self, task, receivers):
                return min(int(task.draw * len(receivers)), len(receivers) - 1)

            def threshold(self, task):
                return 0.8
        own = offramp.simulate(self.scenario, Split(), seconds=2000)
        fixed = offramp.simulate(self.scenario, "computing-first", seconds=2000,
                                 start=offramp.Strategy.uniform(self.scenario, 0.8))
        self.assertAlmostEqual(own.mean_delay_s / fixed.mean_delay_s, 1, delta=0.1)
        self.assertAlmostEqual(own.accuracy, fixed.accuracy, delta=0.01)
        for node, load in fixed.utilisation.items():
            self.assertAlmostEqual(own.utilisation[node], load, delta=0.03)

    def test_none_waits_until_a_node_comes_back(self):
        class Waits(First):
            def choose(self, task, receivers):
                return None if task.number == 7 else super().choose(task, receivers)
        run = offramp.simulate(self.scenario, Waits(), seconds=20, warmup_s=0)
        self.assertEqual(run.lost, 1)
        self.assertEqual(run.finished, run.generated - 1)

    def test_names(self):
        class Named(First):
            name = "mine"
        self.assertEqual(offramp.simulate(self.scenario, First(), seconds=5).policy, "First")
        self.assertEqual(list(offramp.simulate(self.scenario, Named(), seconds=5).to_dict()
                              ["policies"]), ["mine"])


class Mistakes(PackageTest):
    def refused(self, error, pattern, **methods):
        policy = type("Bad", (First,), methods)()
        with self.assertRaisesRegex(error, pattern):
            offramp.simulate(self.scenario, policy, seconds=3000)
        return policy

    def test_an_exception_ends_the_simulation_and_arrives(self):
        calls = []

        def choose(_, task, receivers):
            calls.append(task.number)
            if len(calls) == 100:
                raise LookupError("a mistake of mine")
            return 0
        self.refused(LookupError, "a mistake of mine", choose=choose)
        self.assertEqual(len(calls), 100)  # and nothing is asked after it

        def threshold(_, task):
            return {}[task.number]
        self.refused(KeyError, "", threshold=threshold)

        def start(_, scenario):
            raise RuntimeError("not today")
        self.refused(RuntimeError, "not today", start=start)

    def test_answers_that_make_no_sense(self):
        for answer in (3, -1, "s1-a", 1.5, object(), 10**30):
            self.refused(ValueError, r"choose\(\) returned .*, expected one of its \d receivers, an "
                                     r"index from 0 to \d, or None",
                         choose=lambda _, task, receivers, answer=answer: answer)
        for answer in (None, "high", float("nan"), -0.5):
            self.refused(ValueError, r"threshold\(\) returned .*, expected a number from 0",
                         threshold=lambda _, task, answer=answer: answer)

    def test_methods_that_are_missing(self):
        class Half(offramp.Policy):
            def choose(self, task, receivers):
                return 0
        with self.assertRaisesRegex(NotImplementedError, "Half has no method threshold"):
            offramp.simulate(self.scenario, Half(), seconds=10)

    def test_ctrl_c_ends_it(self):
        timer = threading.Timer(0.3, _thread.interrupt_main)
        timer.start()
        with self.assertRaises(KeyboardInterrupt):
            offramp.simulate(self.scenario, First(), tasks=50_000_000)
        timer.join()


if __name__ == "__main__":
    unittest.main()
