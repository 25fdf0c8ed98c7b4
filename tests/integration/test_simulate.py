"""`offramp simulate` as a user meets it: figures, files, reproducibility, Ctrl-C, bad input."""

import csv
import io
import json
import signal
import subprocess
import unittest

from scenario_fixture import BINARY, SOURCE, ScenarioTest

CHANGES = """\
changes:
  - {at_s: 20, node: es2-0, down: true}
  - {at_s: 30, node: es2-0, down: false}
  - {at_s: 40, device: ed1, tasks_per_s: 5}
  - {at_s: 45, node: es1-0, gflops_per_s: 9}
  - {at_s: 50, link: [ed0, es1-0], mbit_per_s: 10}
"""


class Simulate(ScenarioTest):
    def test_the_object_is_the_documented_one(self):
        got = self.json("simulate", self.scenario, "--seconds", 60, "--policy",
                        "dto-ee,round-robin")
        self.assertEqual(got["seed"], 1)
        self.assertEqual(list(got["policies"]), ["dto-ee", "round-robin"])
        arrivals = set()
        for result in got["policies"].values():
            tasks = result["tasks"]
            arrivals.add(tasks["generated"])
            self.assertEqual(tasks["generated"],
                             tasks["finished"] + tasks["refused"] + tasks["lost"])
            delay = result["delay_s"]
            self.assertLess(delay["p50"], delay["p95"])
            self.assertLess(delay["p95"], delay["p99"])
            low, high = delay["mean_ci95"]
            self.assertTrue(low <= delay["mean"] <= high)
            self.assertAlmostEqual(sum(result["exit_share"].values()), 1, delta=1e-9)
            self.assertEqual(set(result["exit_share"]), {"2", "3"})
            self.assertEqual(set(result["utilisation"]),
                             {"es1-0", "es1-1", "es2-0", "es2-1", "es3-0"})
            series = result["series"]
            self.assertEqual(set(series), {"t_s", "delay_s", "accuracy", "threshold"})
            self.assertEqual({len(values) for values in series.values()}, {len(series["t_s"])})
        self.assertEqual(len(arrivals), 1, "every policy sees the same arrivals")

    def test_the_same_seed_gives_the_same_bytes(self):
        self.write_scenario(CHANGES)
        words = ["simulate", self.scenario, "--seconds", 60, "--policy", "dto-ee,nash,peak-ewma",
                 "--seeds", 2, "--json"]
        one = self.run_command(*words, "--threads", 1).stdout
        self.assertEqual(one, self.run_command(*words, "--threads", 4).stdout)
        other = self.run_command("simulate", self.scenario, "--seconds", 60, "--seed", 2,
                                 "--policy", "nash", "--json").stdout
        self.assertEqual(json.loads(one)["runs"][1]["policies"]["nash"],
                         json.loads(other)["policies"]["nash"])

    def test_a_plan_predicts_its_simulation(self):
        predicted = self.json("plan", self.scenario, "--policy", "computing-first")["predicted"]
        got = self.json("simulate", self.scenario, "--policy", "computing-first", "--tasks", "1e5",
                        "--warmup", 100)
        result = got["policies"]["computing-first"]
        self.assertEqual(result["tasks"]["generated"], 100000)
        self.assertAlmostEqual(result["delay_s"]["mean"], predicted["mean_delay_s"],
                               delta=0.05 * predicted["mean_delay_s"])
        self.assertAlmostEqual(result["accuracy"], predicted["accuracy"], delta=0.01)

    def test_sweeps_and_seeds_as_csv(self):
        done = self.run_command("simulate", self.scenario, "--seconds", 30, "--policy",
                                "round-robin,power-of-two", "--sweep", "load=0.4:0.8:0.2", "--seeds",
                                2, "--csv")
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual(len(rows), 3 * 2 * 2)
        self.assertEqual([row["load"] for row in rows[::4]], ["0.4", "0.6", "0.8"])
        self.assertLess(int(rows[0]["generated"]), int(rows[-1]["generated"]))

    def test_the_report_is_one_file(self):
        self.write_scenario(CHANGES)
        done = self.run_command("simulate", self.scenario, "--seconds", 60, "--policy",
                                "dto-ee,nash", "--html", "report.html")
        self.assertIn("POLICY", done.stdout)
        html = (self.folder / "report.html").read_text()
        for text in ["es2-0 down", "es2-0 back", "quantiles_s", "topology"]:
            self.assertIn(text, html)
        for outside in ["src=", "href=", "@import"]:
            self.assertNotIn(outside, html)

    def test_a_fleet_file_is_simulated(self):
        got = self.json("simulate", SOURCE / "fleets/demo.yaml", "--seconds", 20)
        self.assertEqual(list(got["policies"]), ["dto-ee"])
        self.assertEqual(set(got["policies"]["dto-ee"]["exit_share"]), {"1", "2", "3", "4"})

    def test_ingredients_of_the_live_rule_can_be_left_out(self):
        simulate = ["simulate", "scenario.yaml", "--seconds", "20"]
        whole = self.json(*simulate)["policies"]["dto-ee"]
        less = self.json(*simulate, "--without", "externality,reports")["policies"]["dto-ee"]
        self.assertEqual(whole["tasks"], less["tasks"])
        self.assertNotEqual(whole["delay_s"]["mean"], less["delay_s"]["mean"])

    def test_a_measured_law_is_drawn_from(self):
        text = (self.folder / "scenario.yaml").read_text()
        (self.folder / "measured.yaml").write_text(
            text + "service: measured\nservice_histogram: {edges: [1, 1, 9, 9], weights: [7, 0, 1]}\n")
        simulate = ["--seconds", "60", "--policy", "computing-first"]
        plain = self.json("simulate", "scenario.yaml", *simulate)["policies"]["computing-first"]
        measured = self.json("simulate", "measured.yaml", *simulate)["policies"]["computing-first"]
        self.assertEqual(plain["tasks"]["generated"], measured["tasks"]["generated"])
        self.assertNotEqual(plain["delay_s"]["mean"], measured["delay_s"]["mean"])
        self.json("plan", "measured.yaml", "--policy", "computing-first", "--no-certificate")

    def test_ctrl_c_prints_what_is_done(self):
        process = subprocess.Popen([BINARY, "simulate", self.scenario, "--tasks", "9e7", "--warmup",
                                    "10", "--policy", "round-robin", "--json"], env=self.env, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        # The handler is there before the first task; a second is many tasks.
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn("interrupted", err)
        result = json.loads(out)["policies"]["round-robin"]
        self.assertTrue(result["interrupted"])
        self.assertGreater(result["tasks"]["finished"], 1000)

    def test_bad_input_is_one_line(self):
        simulate = ["simulate", self.scenario]
        self.assert_refused([*simulate, "--tasks", "1e12"], "--tasks: is '1e12', expected", "100000000")
        self.assert_refused([*simulate, "--seconds", "1e8"], "scenario.yaml: seconds")
        self.assert_refused([*simulate, "--policy", "nash,nope"], "--policy: is 'nope', expected")
        self.assert_refused([*simulate, "--sweep", "laod=1:2:1"], "did you mean 'load'?")
        self.assert_refused([*simulate, "--sweep", "load=1"], "expected key=from:to:step")
        self.assert_refused([*simulate, "--warmup", "900"], "warm")
        self.assert_refused([*simulate, "--without", "deficit"], "did you mean 'deficits'?")
        self.write_scenario(CHANGES + "  - {at_s: 1, node: es2-0, down: true}\n")
        self.assert_refused(simulate, "scenario.yaml:34: changes[5].at_s: is \"1\", expected at least")


if __name__ == "__main__":
    unittest.main()
