"""`offramp reproduce --quick`: every experiment of the paper, in less than a minute on a free machine."""

import signal
import subprocess
import sys
import unittest

from scenario_fixture import BINARY, SOURCE, ScenarioTest


class Reproduce(ScenarioTest):
    def test_quick_prints_every_experiment(self):
        done = self.run_command("reproduce", "--quick", "--profile",
                                SOURCE / "models/fashion-mnist/exits.csv", "--html", "r.html",
                                timeout=400)
        for title in ["The paper's claims", "Arrival rate", "Over time", "Heterogeneity",
                      "Accuracy weight", "Coupling", "Convergence",
                      "Ingredients of the live rule"]:
            self.assertIn(title, done.stdout)
        self.assertIn("| 21-41 % |", done.stdout)
        rows = [line for line in done.stdout.splitlines() if line.startswith("| dto-ee |")]
        self.assertEqual(len(rows), 6)
        self.assertEqual(done.stdout.count("At the accuracy of dto-ee: mean delay"), 5)
        self.assertIn("| without externality |", done.stdout)
        self.assertIn("Over time", (self.folder / "r.html").read_text())

    def test_some_experiments_alone(self):
        done = self.run_command("reproduce", "--quick", "--only", "convergence", "--profile",
                                SOURCE / "models/fashion-mnist/exits.csv")
        self.assertIn("Convergence", done.stdout)
        self.assertNotIn("Arrival rate", done.stdout)
        self.assertNotIn("claims", done.stdout)

    def test_ctrl_c_prints_what_was_complete(self):
        process = subprocess.Popen([BINARY, "reproduce", "--quick", "--seconds", "50000", "--profile",
                                    SOURCE / "models/fashion-mnist/exits.csv"], env=self.env,
                                   text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn("Interrupted: what was complete by then.", out)
        self.assertIn("interrupted", err)

    def test_the_models_are_what_the_script_computes(self):
        printed = subprocess.run([sys.executable, "-B", SOURCE / "models/paper_shapes.py"],
                                 check=True, capture_output=True, text=True).stdout
        self.assertEqual((SOURCE / "offramp/cli/reproduce/paper_models.inc").read_text(), printed,
                         "run: models/paper_shapes.py > offramp/cli/reproduce/paper_models.inc")

    def test_the_scenario_can_be_planned_by_hand(self):
        self.run_command("reproduce", "--model", "bert-large", "--write-scenario", "bert.yaml",
                         "--profile", SOURCE / "models/fashion-mnist/exits.csv")
        plan = self.json("plan", "bert.yaml", "--policy", "computing-first", "--no-certificate")
        self.assertEqual(len(plan["offloading"]), 50 + len(plan["thresholds"]))

    def test_a_profile_of_another_shape_is_refused(self):
        self.assert_refused(["reproduce", "--quick", "--profile", self.folder / "exits.csv"],
                            "exits.csv:1: the header")


if __name__ == "__main__":
    unittest.main()
