"""`offramp plan` and `generate-scenario` as a user meets them: what they print, what they refuse."""

import json
import signal
import subprocess
import unittest

import yaml

from scenario_fixture import BINARY, SOURCE, ScenarioTest

QUICK = ("--restarts", "0")
POLICIES = ["dto-ee", "round-robin", "least-outstanding", "weighted-least-outstanding",
            "power-of-two", "peak-ewma", "computing-first", "bandwidth-first", "no-exit", "nash",
            "genetic", "optimum"]


def evaluate(scenario, rows, plan, weight):
    """The mean delay, accuracy and objective of `plan`, from the mathematics alone: M/M/1 nodes, links
    without queue, an exit at stage 2 (algorithm.md section 1)."""
    stages = scenario["model"]["stages"]
    nodes = {node["name"]: node for node in scenario["nodes"]}
    sent = {link["from"]: [] for link in scenario["links"]}
    for link in scenario["links"]:
        sent[link["from"]].append(link)
    total = sum(device["tasks_per_s"] for device in scenario["devices"])
    arrivals = dict.fromkeys(nodes, 0.0)
    in_system = right = 0.0
    for confidence, right_2, right_3 in rows:
        flow = {device["name"]: device["tasks_per_s"] / len(rows)
                for device in scenario["devices"]}
        flow.update(dict.fromkeys(nodes, 0.0))
        order = list(flow)
        for name in order:
            rate = flow[name]
            stage = nodes[name]["stage"] if name in nodes else 0
            if stage:
                arrivals[name] += rate
            if stage == 2 and confidence >= plan["thresholds"][name]:
                right += rate * right_2
                continue
            if stage == 3:
                right += rate * right_3
                continue
            size = scenario["model"]["input_bytes"] if not stage else \
                stages[stage - 1]["output_bytes"]
            for link in sent[name]:
                part = rate * plan["offloading"][name][link["to"]]
                flow[link["to"]] += part
                in_system += part * (8 * size / (link["mbit_per_s"] * 1e6) +
                                     link.get("latency_ms", 0) / 1e3)
    for name, rate in arrivals.items():
        use = rate * stages[nodes[name]["stage"] - 1]["gflops"] / nodes[name]["gflops_per_s"]
        in_system += use / (1 - use)
    delay, accuracy = in_system / total, right / total
    return delay, accuracy, delay - weight * accuracy


class Plan(ScenarioTest):
    def test_ctrl_c_prints_the_best_plan_until_then(self):
        # Hundreds of thousands of rounds, if it were let.
        process = subprocess.Popen([BINARY, "plan", self.scenario, "--restarts", "1000", "--json"],
                                   env=self.env, text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 1)
        self.assertIn("interrupted", err)
        plan = json.loads(out)
        self.assertEqual(plan["stop"], "stopped")
        self.assertAlmostEqual(sum(plan["offloading"]["ed0"].values()), 1)

    def test_the_prediction_is_what_the_mathematics_says(self):
        self.write_scenario("objective: {accuracy_weight_s: 2.0}\n")
        scenario = yaml.safe_load(self.scenario.read_text())
        for policy in ["dto-ee", "computing-first"]:
            plan = self.json("plan", self.scenario, "--policy", policy, *QUICK)
            delay, accuracy, objective = evaluate(scenario, self.rows, plan, 2.0)
            predicted = plan["predicted"]
            self.assertAlmostEqual(predicted["mean_delay_s"], delay, delta=1e-4 * delay)
            self.assertAlmostEqual(predicted["accuracy"], accuracy, delta=1e-5)
            self.assertAlmostEqual(predicted["objective_s"], objective, delta=1e-4)

    def test_every_policy_keeps_to_the_format(self):
        objective = {}
        for policy in POLICIES:
            plan = self.json("plan", self.scenario, "--policy", policy, *QUICK)
            self.assertEqual(plan["policy"], policy)
            self.assertEqual(set(plan["offloading"]),
                             {"ed0", "ed1", "es1-0", "es1-1", "es2-0", "es2-1"})
            for shares in plan["offloading"].values():
                self.assertAlmostEqual(sum(shares.values()), 1, delta=1e-6)
            self.assertEqual(set(plan["thresholds"]), {"es2-0", "es2-1"})
            self.assertIn("optimality_gap_s", plan)
            objective[policy] = plan["predicted"]["objective_s"]
        self.assertLessEqual(objective["dto-ee"], min(objective.values()) + 1e-3)

    def test_history_begins_cold_and_belongs_to_the_rounds(self):
        plan = self.json("plan", self.scenario, "--rounds", 25, *QUICK)
        self.assertEqual([entry["round"] for entry in plan["history"]],
                         list(range(plan["rounds"] + 1)))
        self.assertLessEqual(plan["rounds"], 25)
        self.assertGreaterEqual(plan["optimality_gap_s"], 0)

    def test_options_win_over_the_file(self):
        self.write_scenario("objective: {accuracy_weight_s: 0}\nthresholds: 0.6\n")
        eager = self.json("plan", self.scenario, *QUICK)
        careful = self.json("plan", self.scenario, "--accuracy-weight", 50, *QUICK)
        self.assertGreater(careful["predicted"]["accuracy"], eager["predicted"]["accuracy"])
        fixed = self.json("plan", self.scenario, "--policy", "round-robin")
        self.assertEqual(set(fixed["thresholds"].values()), {0.6})
        fixed = self.json("plan", self.scenario, "--policy", "round-robin", "--thresholds", "0.5")
        self.assertEqual(set(fixed["thresholds"].values()), {0.5})

    def test_a_floor_is_met_and_one_out_of_reach_is_refused(self):
        plan = self.json("plan", self.scenario, "--min-accuracy", 0.85, *QUICK)
        self.assertGreaterEqual(plan["predicted"]["accuracy"], 0.85 - 1e-3)
        self.assert_refused(["plan", self.scenario, "--min-accuracy", "0.999", *QUICK],
                            "scenario.yaml: objective: ", "0.999")

    def test_what_if_prints_before_and_after(self):
        both = self.json("plan", self.scenario, "--what-if", "node es2-1 down", "--what-if",
                         "device ed0 tasks_per_s=3", *QUICK)
        self.assertIn("es2-1", both["before"]["thresholds"])
        self.assertNotIn("es2-1", both["after"]["thresholds"])
        table = self.run_command("plan", self.scenario, "--what-if", "node es2-1 down", *QUICK)
        self.assertIn("BEFORE", table.stdout)
        self.assertIn("es2-1 utilisation", table.stdout)

    def test_tables_charts_and_reports(self):
        done = self.run_command("plan", self.scenario, "--history", "--html", "p.html", *QUICK)
        self.assertIn("nodes cost most", done.stdout)
        self.assertIn("mean delay by round", done.stdout)
        self.assertNotIn("\x1b", done.stdout)
        html = (self.folder / "p.html").read_text()
        self.assertIn("es3-0", html)
        self.assertNotIn("http-equiv", html)

    def test_a_fleet_file_is_planned_and_compared_with_what_it_does(self):
        fleet = SOURCE / "fleets/demo.yaml"
        plan = self.json("plan", fleet, "--no-certificate", *QUICK)
        self.assertEqual(len(plan["thresholds"]), 8)
        self.assertIsNone(plan["optimality_gap_s"])
        status = {"gateways": [{"name": f"gw{i}", "arrival_rate_tasks_per_s": 20 + i,
                                "offloading": plan["offloading"][f"gw{i}"]} for i in range(4)],
                  "nodes": []}
        (self.folder / "status.json").write_text(json.dumps(status))
        live = self.json("plan", fleet, "--status", "status.json", "--no-certificate", *QUICK)
        self.assertGreater(live["live"]["above_plan_s"], 0)
        self.assertEqual(set(live["live"]["thresholds"].values()), {2})

    def test_bad_input_is_one_line(self):
        plan = ["plan", self.scenario]
        self.assert_refused(["plan", "none.yaml"], "none.yaml: there is no such file")
        self.assert_refused([*plan, "--policy", "nahs"], "did you mean 'nash'?")
        self.assert_refused([*plan, "--rounds", "1e9"], "--rounds: is '1e9', expected a whole")
        self.assert_refused([*plan, "--thresholds", "x"], "--thresholds: is 'x', expected a number")
        self.assert_refused([*plan, "--what-if", "node es9 down"], "there is no node 'es9'")
        self.assert_refused(["plan", SOURCE / "fleets/real-speed.yaml"], "has no gflops_per_s")
        self.write_scenario("servise: exponential\n")
        self.assert_refused(plan, "scenario.yaml:28: unknown key", 'did you mean "service"?')
        self.write_scenario(change=lambda text: text.replace("stage: 3", "stage: 2"))
        self.assert_refused(plan, "scenario.yaml:13: nodes: stage 3 has no node")
        self.write_scenario()
        (self.folder / "exits.csv").write_text("confidence_1,correct_1,correct_3\n0.5,1,1\n")
        self.assert_refused(plan, 'exits.csv:1: the header has "confidence_1", expected')
        (self.folder / "exits.csv").write_text("confidence_2,correct_2,correct_3\n1.5,1,1\n")
        self.assert_refused(plan, "exits.csv:2: confidence_2: is \"1.5\", expected a number from 0")


class Generate(ScenarioTest):
    def test_the_same_options_give_the_same_files(self):
        for name in ["a", "b"]:
            self.run_command("generate-scenario", f"{name}.yaml", "--seed", 3, "--devices", 12,
                             "--nodes", 7, "--stages", 3, "--exits", 2, "--rows", 50)
        first = (self.folder / "a.yaml").read_text()
        self.assertEqual(first.replace("a.exits", "b.exits"), (self.folder / "b.yaml").read_text())
        self.assertEqual((self.folder / "a.exits.csv").read_bytes(),
                         (self.folder / "b.exits.csv").read_bytes())
        self.assertEqual(len(yaml.safe_load(first)["devices"]), 12)
        self.json("plan", "a.yaml", *QUICK)

    def test_files_are_not_overwritten_by_accident(self):
        self.assert_refused(["generate-scenario", self.scenario], "is there already")
        self.assert_refused(["generate-scenario", "x.yaml", "--load", "1.5"], "load")


if __name__ == "__main__":
    unittest.main()
